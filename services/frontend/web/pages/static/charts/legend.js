// Which quantities and which agents are drawn: chips that are pressed, and a list that is searched.

import { charted, MOST } from "../time/system.js";
import { drawn, possible } from "./rows.js";
import { count } from "../shared/text.js";

/** @typedef {import("../view/state.js").View} View */
/** @typedef {import("../time/system.js").System} System */

const LISTED = 60; // agents in the list at once; more are searched
const FEW = 40; // agents, of whom hiding one leaves the others

export class Legend {
  /**
   * @param {HTMLElement} main @param {View} view @param {System} system
   * @param {(index: number) => string} colour
   */
  constructor(main, view, system, colour) {
    this.view = view;
    this.system = system;
    this.colour = colour;
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (main.querySelector(`[data-charts="${name}"]`));
    this.rows = part("rows");
    this.chips = part("legend");
    this.chooser = part("chooser");
    this.search = /** @type {HTMLInputElement} */ (this.chooser.querySelector("input"));
    this.found = /** @type {HTMLElement} */ (this.chooser.querySelector(".found"));
    this.told = /** @type {HTMLElement} */ (this.chooser.querySelector(".help"));
    this.chooser.hidden = system.names.length <= MOST;
    this.search.addEventListener("input", () => this.list());
    this.chooser.addEventListener("toggle", () => this.list());
    this.show();
  }

  show() {
    const { state } = this.view;
    const chosen = drawn(state.rows, this.system).map(({ key }) => key);
    this.fill(this.rows, possible(this.system), ({ key, name, symbol }) => ({
      words: `${name} ${symbol}`,
      pressed: chosen.includes(key),
      press: () => this.turnRow(key, chosen),
    }));
    this.fill(this.chips, this.mentioned(), (index) => ({
      words: this.system.names[index],
      pressed: this.isShown(index),
      press: () => this.turn(index),
      colour: this.colour(index),
    }));
    const mentioned = this.mentioned();
    // One that is shown needs no name here: the orbit's legend has them all.
    this.chips.hidden = mentioned.length < 2 && mentioned.every((index) => this.isShown(index));
    this.list();
  }

  /** The agents with a chip: all of a few that charts can show, else those that they do. */
  mentioned() {
    const everybody = { ...this.view.state, shown: null };
    return charted(this.system.names.length <= MOST ? everybody : this.view.state, this.system);
  }

  /** @param {number} index */
  isShown(index) {
    const { shown } = this.view.state;
    return shown === null || shown.includes(this.system.names[index]);
  }

  /**
   * Have a button for each value, the same ones as before where they are: focus stays.
   * @template T @param {HTMLElement} place @param {T[]} values
   * @param {(value: T) => { words: string, pressed: boolean, press: () => void, colour?: string }} of
   */
  fill(place, values, of) {
    const old = [...place.querySelectorAll("button")];
    for (const surplus of old.slice(values.length)) surplus.remove();
    for (const [i, value] of values.entries()) {
      const { words, pressed, press, colour } = of(value);
      const button = old[i] ?? place.appendChild(Object.assign(document.createElement("button"), { type: "button", className: "chip" }));
      if (button.textContent !== words) button.textContent = words;
      button.setAttribute("aria-pressed", String(pressed));
      if (colour) button.style.setProperty("--chip", colour);
      button.onclick = press;
    }
  }

  /** @param {string} key @param {string[]} chosen */
  turnRow(key, chosen) {
    const rows = chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key];
    if (rows.length) this.view.set({ rows });
  }

  /** Show an agent, or hide it, in all figures. @param {number} index */
  turn(index) {
    const { names } = this.system;
    const name = names[index];
    const shown = this.view.state.shown ?? (names.length <= FEW ? names : charted(this.view.state, this.system).map((a) => names[a]));
    const next = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
    this.view.set({ shown: next.length === names.length ? null : next });
  }

  /** The agents that are searched for, to be chosen. */
  list() {
    if (this.chooser.hidden || !(/** @type {HTMLDetailsElement} */ (this.chooser).open)) return;
    const { names } = this.system;
    const words = this.search.value.trim().toLowerCase();
    const found = [...names.keys()].filter((a) => names[a].toLowerCase().includes(words));
    const inCharts = new Set(charted(this.view.state, this.system));
    this.fill(this.found, found.slice(0, LISTED), (index) => ({
      words: names[index],
      pressed: inCharts.has(index),
      press: () => this.choose(index, inCharts),
    }));
    const more = found.length - LISTED;
    this.told.textContent =
      `${inCharts.size} of ${count(names.length)} agents are in the charts, at most ${MOST}.` +
      (more > 0 ? ` ${count(more)} more match: type more of the name.` : "");
  }

  /** Have an agent in the charts, or not. @param {number} index @param {Set<number>} inCharts */
  choose(index, inCharts) {
    const next = new Set(inCharts);
    if (!next.delete(index)) next.add(index);
    if (next.size > MOST) {
      this.told.textContent = `Charts show at most ${MOST} agents: remove one first.`;
      return;
    }
    this.view.set({ shown: [...next].sort((a, b) => a - b).map((a) => this.system.names[a]) });
  }
}
