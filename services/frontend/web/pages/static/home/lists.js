// Keeps the lists of the first page fresh while something is under way and somebody looks.

const LOOK_AGAIN_MS = 2000;

/** @param {string} address of the lists alone */
export function keepFresh(address) {
  const schedule = () => {
    if (document.querySelector("[data-busy]")) setTimeout(look, LOOK_AGAIN_MS);
  };
  async function look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" } });
        if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch {
        // the server is away; what is shown stays, and the next look may find it back
      }
    }
    schedule();
  }
  schedule();
}

/** Replace the lists that have changed; the focus stays on its link. @param {Document} fresh */
function replace(fresh) {
  const active = document.activeElement;
  const focused = active instanceof HTMLAnchorElement ? active.getAttribute("href") : null;
  for (const id of ["under-way", "recent"]) {
    const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
    if (!old || !next || old.innerHTML === next.innerHTML) continue;
    const hadFocus = old.contains(active);
    old.replaceWith(document.importNode(next, true));
    if (hadFocus) linkTo(id, focused)?.focus();
  }
}

/** @param {string} id @param {string | null} href */
function linkTo(id, href) {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(`#${id} a`));
  return [...links].find((link) => link.getAttribute("href") === href);
}
