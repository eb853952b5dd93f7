// The values at the cursor: ranges of the charts while it moves, those of the step when it rests.

import { possible } from "../charts/rows.js";
import { timeText } from "../charts/words.js";
import { count, figure, reasonOf, wasGivenUp } from "../shared/text.js";
import { charted, cursorOf, windowOf } from "./system.js";
import { valuesAt } from "./values.js";

/** @typedef {import("../view/state.js").View} View */
/** @typedef {import("./system.js").System} System */
/** @typedef {import("./values.js").Values} Values */
/** @typedef {import("./neighbourhood.js").Neighbourhood} Neighbourhood */

const REST_MS = 160;
const EACH_MS = 90; // text that changes faster can't be read
const SAID_MS = 900; // at rest, before a screen reader is told
const EXACT = 9; // digits

/** @type {Record<string, { name: string, symbol: string, unit: keyof System["units"] | "" }>} */
const NAMES = {
  x: { name: "Inertial position", symbol: "x", unit: "length" },
  y: { name: "Inertial position", symbol: "y", unit: "length" },
  z: { name: "Inertial position", symbol: "z", unit: "length" },
  r: { name: "Distance", symbol: "r", unit: "length" },
  v: { name: "Relative speed", symbol: "v", unit: "speed" },
  e: { name: "Specific energy", symbol: "ε", unit: "energy" },
  h: { name: "Angular momentum", symbol: "h", unit: "momentum" },
  a: { name: "Semi-major axis", symbol: "a", unit: "length" },
  ecc: { name: "Eccentricity", symbol: "e", unit: "" },
};

export class Readouts {
  /**
   * @param {HTMLElement} place @param {View} view @param {System} system
   * @param {Neighbourhood} near @param {() => import("../charts/source.js").Series | null} series
   */
  constructor(place, view, system, near, series) {
    Object.assign(this, { view, system, near, series });
    this.view = view;
    this.system = system;
    this.near = near;
    this.series = series;
    const part = (/** @type {string} */ name) => /** @type {any} */ (place.querySelector(`[data-player="${name}"]`));
    this.list = /** @type {HTMLElement} */ (part("values"));
    this.note = /** @type {HTMLElement} */ (part("note"));
    this.voice = /** @type {HTMLElement} */ (part("said"));
    this.whom = /** @type {HTMLElement} */ (part("whom"));
    this.of = /** @type {HTMLSelectElement} */ (part("of"));
    /** @type {Map<string, HTMLElement>} */
    this.places = new Map();
    this.shownAt = -Infinity;
    this.timer = 0;
    this.later = 0;
    this.speaking = 0;
    this.playing = false;
    this.of.addEventListener("change", () => view.set({ of: this.of.value }, { undoable: false }));
    this.choices();
    this.lay();
  }

  /** The number of the agent that is read out. */
  get index() {
    const agents = charted(this.view.state, this.system);
    const chosen = this.system.names.indexOf(this.view.state.of ?? "");
    return agents.includes(chosen) ? chosen : (agents[0] ?? 0);
  }

  choices() {
    const agents = charted(this.view.state, this.system);
    this.whom.hidden = agents.length < 2;
    const names = agents.map((a) => this.system.names[a]);
    if ([...this.of.options].map(({ value }) => value).join("\n") !== names.join("\n"))
      this.of.replaceChildren(...names.map((name) => new Option(name, name)));
    this.of.value = this.system.names[this.index];
  }

  /** Have a place for each value. */
  lay() {
    const keys = possible(this.system).map(({ key }) => /** @type {string} */ (key));
    const there = Object.keys(NAMES).filter((key) => keys.includes(key) || (key === "v" && keys.includes("r")));
    const { units } = this.system;
    this.row("t", "Time", "t", units.time);
    this.row("step", "Steps", "n", "");
    for (const key of there) this.row(key, NAMES[key].name, NAMES[key].symbol, NAMES[key].unit && units[NAMES[key].unit]);
  }

  /** @param {string} key @param {string} name @param {string} symbol @param {string} unit */
  row(key, name, symbol, unit) {
    const group = document.createElement("div");
    const term = group.appendChild(document.createElement("dt"));
    term.textContent = `${name} ${symbol}`;
    const value = group.appendChild(document.createElement("dd"));
    const number = value.appendChild(document.createElement("span"));
    number.dataset.value = key;
    number.textContent = "–";
    if (unit) value.append(` ${unit}`);
    this.list.append(group);
    this.places.set(key, number);
  }

  /** Show what is known at the cursor, and ask for more when it rests. */
  update() {
    const wait = EACH_MS - (performance.now() - this.shownAt);
    clearTimeout(this.later);
    if (wait > 0 && this.playing) this.later = setTimeout(() => this.show(), wait);
    else this.show();
    clearTimeout(this.timer);
    clearTimeout(this.speaking);
    this.near.stop();
    if (!this.playing) this.timer = setTimeout(() => this.rest(), REST_MS);
  }

  show() {
    this.shownAt = performance.now();
    const t = cursorOf(this.view.state, this.system);
    const { index } = this;
    const series = this.series();
    this.write(this.near.find(index, t) ?? this.drawnAt(series, index, t), t);
  }

  /** The values of the charts at a time. @param {import("../charts/source.js").Series | null} series @param {number} index @param {number} t */
  drawnAt(series, index, t) {
    const { names, steps } = this.system;
    return series && valuesAt(series, names[index], t, steps);
  }

  /** @param {Values | null} values @param {number} t */
  write(values, t) {
    const [t0, t1] = windowOf(this.view.state, this.system);
    this.put("t", timeText(t, (t1 - t0) / 1000));
    this.put("step", values ? count(values.step) : "–");
    for (const key of Object.keys(NAMES)) this.put(key, text(values?.ranges[key] ?? null, values?.exact ?? false));
    this.note.textContent = !values
      ? "\u00a0"
      : values.exact
        ? `The state at t = ${timeText(values.t, (t1 - t0) / 1000)}, as computed.`
        : `Ranges over ${count(this.series() ? 2 ** (this.series()?.level ?? 0) : 0)} steps; exact when the cursor rests.`;
  }

  /** @param {string} key @param {string} words */
  put(key, words) {
    const place = this.places.get(key);
    if (place && place.textContent !== words) place.textContent = words;
  }

  /** The exact values, as the model computed them. */
  async rest() {
    const t = cursorOf(this.view.state, this.system);
    try {
      const known = this.near.find(this.index, t) ?? this.drawnAt(this.series(), this.index, t);
      const exact = known?.exact;
      if (!exact && !(await this.near.look(this.index, t))) return;
    } catch (error) {
      if (!wasGivenUp(error)) this.note.textContent = `Not known exactly: ${reasonOf(error)}`;
      return;
    }
    this.show();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.say(), SAID_MS);
  }

  say() {
    const words = ["t", "r", "e", "a", "ecc", "x", "y"].filter((key) => this.places.has(key)).slice(0, 5);
    this.voice.textContent = words.map((key) => `${NAMES[key]?.name ?? "Time"} ${this.places.get(key)?.textContent}`).join(", ");
  }
}

/** @param {import("./values.js").Range} range @param {boolean} exact */
function text(range, exact) {
  if (!range) return "–";
  if (exact || range[0] === range[1]) return figure(range[0], EXACT);
  const [low, high] = range.map((value) => figure(value, 4));
  return low === high ? low : `${low} to ${high}`;
}
