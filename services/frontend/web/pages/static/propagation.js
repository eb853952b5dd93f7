// The page of one propagation: follows it while it is under way, draws it when it is there.

import { draw } from "./figures.js";
import { follow } from "./live.js";

/** Do what the page's state asks for. */
function begin() {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  if (main.dataset.status === "complete") draw(main);
  else if (main.dataset.events && main.querySelector(".stages")) follow(main, renew);
}

/** Put the server's newest answer in the place of what is shown; the page itself stays. */
async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status >= 500) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = document.importNode(/** @type {HTMLElement} */ (page.getElementById("main")), true);
    document.getElementById("main")?.replaceWith(fresh);
    document.title = page.title;
    // An order has come to its steps: this is the page of that propagation now.
    if (answer.redirected) history.replaceState(null, "", answer.url);
    const words = document.getElementById("announcement");
    if (words) words.textContent = page.querySelector("main h2")?.textContent ?? page.title;
    begin();
  } catch {
    setTimeout(renew, 3000); // the server is away; what is shown stays until it is back
  }
}

begin();
