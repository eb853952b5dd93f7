// The first page: keeps the lists fresh while something is under way and somebody looks.

const LOOK_AGAIN_MS = 2000;

async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("lists");
      if (fresh) document.getElementById("lists")?.replaceWith(document.importNode(fresh, true));
    } catch {
      // the server is away; what is shown stays, and the next look may find it back
    }
  }
  schedule();
}

function schedule() {
  if (document.querySelector("[data-busy]")) setTimeout(refresh, LOOK_AGAIN_MS);
}

schedule();
