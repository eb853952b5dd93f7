// The page of one propagation: follows it while it is under way, draws it when it is there.

import { Charts } from "../charts/figures.js";
import { Source } from "../charts/source.js";
import { OrbitView } from "../orbit/orbit_view.js";
import { Player } from "../time/player.js";
import { systemOf } from "../time/system.js";
import { NAMES, View } from "../view/state.js";
import { follow } from "./live.js";

const view = new View(new URLSearchParams(location.search), remember);

/** Do what the page's state asks for. */
function begin() {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  if (main.dataset.status === "complete") show(main);
  else if (main.dataset.events && main.querySelector(".stages")) follow(main, renew);
}

/** Show a result: the figures follow the view, and so does the player. @param {HTMLElement} main */
function show(main) {
  if (main.querySelector("[data-orbit=figure]")) new OrbitView(main, view);
  const system = systemOf(main);
  const source = new Source(main.dataset.series ?? "");
  const charts = new Charts(main, view, system, source);
  new Player(main, view, system, source, charts);
}

/** Have the page's address say what is looked at, beside what else it says. @param {URLSearchParams} query */
function remember(query) {
  const address = new URL(location.href);
  for (const name of NAMES) address.searchParams.delete(name);
  for (const [name, value] of query) address.searchParams.append(name, value);
  history.replaceState(history.state, "", address);
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
