// The player: the bar under the orbit, its keys, and the values at the cursor.

import { possible } from "../charts/rows.js";
import { timeText } from "../charts/words.js";
import { differs } from "../view/state.js";
import * as keys from "./keys.js";
import { Neighbourhood } from "./neighbourhood.js";
import { Playback } from "./playback.js";
import { Readouts } from "./readouts.js";
import { cursorOf, windowOf } from "./system.js";

/** @typedef {import("../view/state.js").View} View */
/** @typedef {import("./system.js").System} System */
/** @typedef {import("../charts/figures.js").Charts} Charts */
/** @typedef {import("../charts/source.js").Source} Source */

const LARGE = 1 / 20; // of the window

export class Player {
  /** @param {HTMLElement} main @param {View} view @param {System} system @param {Source} source @param {Charts} charts */
  constructor(main, view, system, source, charts) {
    this.bar = /** @type {HTMLElement} */ (main.querySelector(".player"));
    this.view = view;
    this.system = system;
    this.charts = charts;
    const all = [...possible(system).map(({ key }) => key)];
    this.near = new Neighbourhood(source, system, all);
    this.readouts = new Readouts(this.bar, view, system, this.near, () => charts.series);
    this.playback = new Playback(view, system, (direction) => this.played(direction));
    this.scrub = /** @type {HTMLInputElement} */ (this.part("scrub"));
    this.speed = /** @type {HTMLSelectElement} */ (this.part("speed"));
    this.help = /** @type {HTMLDialogElement} */ (this.bar.querySelector("dialog"));
    this.wire();
    view.follow((state, before) => this.follow(state, before));
    charts.listen(() => this.readouts.update());
    this.show();
    this.readouts.update();
  }

  /** @param {string} name */
  part(name) {
    return /** @type {any} */ (this.bar.querySelector(`[data-player="${name}"]`));
  }

  wire() {
    const { playback } = this;
    const actions = {
      play: () => playback.direction ? playback.pause() : playback.play(1),
      reverse: () => playback.toggle(-1),
      back: () => this.step(-1),
      forth: () => this.step(1),
      start: () => this.jump(0),
      end: () => this.jump(1),
      help: () => this.help.showModal(),
    };
    for (const [name, act] of Object.entries(actions)) this.part(name).addEventListener("click", act);
    this.speed.addEventListener("change", () => this.view.set({ speed: Number(this.speed.value) }, { undoable: false }));
    this.scrub.addEventListener("input", () => this.scrubbed());
    const on = this.part("keys");
    on.checked = keys.areOn();
    on.addEventListener("change", () => keys.turn(on.checked));
    const ends = new AbortController();
    keys.listen(this.keys(actions, ends), ends.signal);
  }

  /** @param {Record<string, () => void>} actions @param {AbortController} ends @returns {keys.Actions} */
  keys(actions, ends) {
    const here = (/** @type {(event: KeyboardEvent) => void} */ act) => (/** @type {KeyboardEvent} */ event) => {
      if (this.bar.isConnected) act(event);
      else ends.abort(); // another run's page has taken the place
    };
    const arrow = (/** @type {1 | -1} */ by) => here((event) => (event.shiftKey ? this.move(by * LARGE) : this.step(by)));
    const { charts, playback, view, system } = this;
    return {
      Space: here(actions.play),
      ArrowLeft: arrow(-1),
      ArrowRight: arrow(1),
      Home: here(actions.start),
      End: here(actions.end),
      r: here(actions.reverse),
      "[": here(() => playback.shift(-1)),
      "]": here(() => playback.shift(1)),
      "+": here(() => charts.zoom(0.5)),
      "=": here(() => charts.zoom(0.5)),
      "-": here(() => charts.zoom(2)),
      "−": here(() => charts.zoom(2)),
      0: here(() => view.set({ window: [0, system.end] })),
      "Alt+Z": here(() => view.undo()),
      "?": here(actions.help),
    };
  }

  /** @param {-1 | 0 | 1} direction */
  played(direction) {
    this.bar.dataset.playing = String(direction);
    this.part("play").setAttribute("aria-label", direction ? "Pause" : "Play");
    this.part("reverse").setAttribute("aria-pressed", String(direction < 0));
    this.readouts.playing = direction !== 0;
    this.readouts.update();
  }

  /** @param {import("../view/state.js").ViewState} state @param {import("../view/state.js").ViewState} before */
  follow(state, before) {
    if (!this.bar.isConnected) return this.playback.pause();
    if (state.shown !== before.shown || state.of !== before.of) this.readouts.choices();
    this.show();
    if (differs(state, before, "cursor", "window", "shown", "of")) this.readouts.update();
  }

  /** Have the bar say where the cursor is. */
  show() {
    const { state } = this.view;
    const [t0, t1] = windowOf(state, this.system);
    const at = cursorOf(state, this.system);
    const max = Number(this.scrub.max);
    this.scrub.value = String(Math.round(((at - t0) / (t1 - t0 || 1)) * max));
    const now = timeText(at, (t1 - t0) / 100);
    const unit = this.system.units.time ? ` ${this.system.units.time}` : "";
    this.scrub.setAttribute("aria-valuetext", `t = ${now}${unit}`);
    this.part("from").textContent = timeText(t0, t1 - t0);
    this.part("to").textContent = timeText(t1, t1 - t0);
    this.part("now").textContent = `t = ${now}${unit}`;
    this.scrub.style.setProperty("--played", `${(100 * Number(this.scrub.value)) / max}%`);
    this.speed.value = String(state.speed);
  }

  scrubbed() {
    this.playback.pause();
    this.jump(Number(this.scrub.value) / Number(this.scrub.max));
  }

  /** To a part of the window, from 0 to 1. @param {number} share */
  jump(share) {
    const [t0, t1] = windowOf(this.view.state, this.system);
    this.put(share >= 1 ? t1 : t0 + share * (t1 - t0));
  }

  /** By a part of the window. @param {number} share */
  move(share) {
    const [t0, t1] = windowOf(this.view.state, this.system);
    this.put(cursorOf(this.view.state, this.system) + share * (t1 - t0));
  }

  /** To the agent's next state, or the one before. @param {1 | -1} direction */
  async step(direction) {
    this.playback.pause();
    const { index } = this.readouts;
    const at = cursorOf(this.view.state, this.system);
    let next = this.near.beside(index, at, direction);
    if (next === null) {
      try {
        await this.near.look(index, at);
      } catch {
        return; // another step took its place
      }
      next = this.near.beside(index, at, direction);
    }
    if (next !== null) this.put(next);
  }

  /** @param {number} t */
  put(t) {
    this.view.set({ cursor: Math.min(this.system.end, Math.max(0, t)) }, { undoable: false });
  }
}
