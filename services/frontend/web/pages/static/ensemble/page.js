// The page of an ensemble: follows it while it is under way, and draws what there is, ever sharper.

import { Population } from "./population.js";
import { follow } from "../run/live.js";

/** Do what the page's state asks for. */
async function begin() {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const population = new Population(main);
  if (main.dataset.status === "complete") await population.show();
  else if (main.dataset.status !== "absent") {
    if (main.querySelector(".stages")) follow(main, () => renew(main, population), () => population.look());
    if (Number(main.dataset.done)) await population.look();
  }
}

/**
 * Put the server's newest words in the place of those that are shown. The figures stay, and are
 * drawn once more, so that nobody who reads one loses it.
 * @param {HTMLElement} main @param {Population} population
 */
async function renew(main, population) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status >= 500) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = /** @type {HTMLElement} */ (page.getElementById("main"));
    for (const part of main.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.getAttribute("data-part")}"]`);
      if (other) part.replaceWith(document.importNode(other, true));
    }
    main.dataset.status = fresh.dataset.status;
    document.title = page.title;
    const words = document.getElementById("announcement");
    if (words) words.textContent = fresh.querySelector("[data-part=standing] h2")?.textContent ?? page.title;
    if (fresh.dataset.status === "complete") await population.show();
    else if (fresh.querySelector(".stages")) follow(main, () => renew(main, population), () => population.look());
  } catch {
    setTimeout(() => renew(main, population), 3000); // the server is away; what is shown stays
  }
}

begin();
