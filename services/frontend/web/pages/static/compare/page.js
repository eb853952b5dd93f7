// The page of two ensembles: draws their bands over one another, and the difference of survival.

import { CHART_CONFIG, loaded, themeOf } from "../shared/charts.js";
import { onScheme } from "../shared/colours.js";
import { bandRows, difference, differenceLayout, differenceRows, fans, isWide, kindOf, survivals } from "./contrast.js";
import { sentenceOf } from "../ensemble/density.js";
import { fanLayout, QUANTITIES, survivalLayout } from "../ensemble/fans.js";
import { fill } from "../ensemble/rows.js";
import { reasonOf } from "../shared/text.js";

/**
 * @typedef {import("./contrast.js").Comparison} Comparison
 * @typedef {import("../ensemble/fans.js").Quantity} Quantity
 */

class Pair {
  /** @param {HTMLElement} main @param {Comparison} view */
  constructor(main, view) {
    const { length = "", time = "", energy = "" } = main.dataset;
    this.main = main;
    this.view = view;
    this.units = { length, time, energy };
    this.agents = /** @type {HTMLSelectElement} */ (main.querySelector('[name="shown-agent"]'));
    const names = Object.keys(view.agents);
    this.agents.replaceChildren(...names.map((name) => new Option(name, name)));
    /** @type {HTMLElement} */ (this.agents.closest("label")).hidden = names.length < 2;
    this.agents.addEventListener("change", () => this.paint());
    this.boxes = /** @type {HTMLInputElement[]} */ ([...main.querySelectorAll("[data-log]")]);
    for (const box of this.boxes) {
      box.checked = names.some((name) => isWide(view, name, box.dataset.log ?? ""));
      box.addEventListener("change", () => this.paint());
    }
    for (const one of main.querySelectorAll("details[data-rows]")) one.addEventListener("toggle", () => this.list());
    onScheme(() => this.paint());
  }

  async paint() {
    const { view, main } = this;
    part(main, "figures").hidden = false;
    const name = this.agents.value;
    const theme = themeOf(document.documentElement);
    const steps = view.grid.a.at(-1) ?? 0;
    part(main, "kind").textContent = kindOf(view, name);
    await Promise.all([
      this.plot("survival", survivals(view, name, theme), survivalLayout(theme, steps)),
      this.plot("difference", difference(view, name, theme), differenceLayout(theme, steps)),
      ...Object.keys(QUANTITIES).map((key) => {
        const quantity = /** @type {Quantity} */ (key);
        const isLog = this.boxes.find((one) => one.dataset.log === key)?.checked ?? false;
        return this.plot(key, fans(view, name, key, theme), fanLayout(theme, steps, this.units, quantity, isLog));
      }),
    ]);
    this.list();
  }

  /** @param {string} figure @param {object[]} traces @param {object} layout */
  async plot(figure, traces, layout) {
    const place = part(this.main, figure);
    await window.Plotly.react(place, traces, layout, CHART_CONFIG);
    place.dataset.drawn = "yes";
  }

  /** Fill the tables of data that are open. */
  list() {
    for (const one of /** @type {NodeListOf<HTMLDetailsElement>} */ (this.main.querySelectorAll("details[data-rows]"))) {
      if (!one.open) continue;
      const of = one.dataset.rows ?? "";
      const name = this.agents.value;
      const rows = of === "difference" ? differenceRows(this.view, name) : bandRows(this.view, name, of);
      fill(/** @type {HTMLElement} */ (one.querySelector("tbody")), rows);
    }
  }
}

/** @param {HTMLElement} main @param {string} name */
const part = (main, name) => /** @type {HTMLElement} */ (main.querySelector(`[data-figure="${name}"]`));

async function begin() {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  try {
    const answer = await fetch(main.dataset.document ?? "");
    if (!answer.ok) throw new Error(await sentenceOf(answer));
    const pair = new Pair(main, await answer.json());
    await loaded();
    await pair.paint();
  } catch (error) {
    const problem = part(main, "problem");
    problem.textContent = `Not drawn: ${reasonOf(error)}`;
    problem.hidden = false;
  }
}

begin();
