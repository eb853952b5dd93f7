// The cursor as it plays: forwards or backwards through the window, frame by frame.
//
// Where motion is to be reduced it goes in steps, twice a second, and nothing plays by itself.

import { SPEEDS } from "../view/state.js";
import { cursorOf, windowOf } from "./system.js";

/** @typedef {import("../view/state.js").View} View */
/** @typedef {import("./system.js").System} System */

const WINDOW_MS = 20_000; // at speed 1
const STEP_MS = 500; // where motion is to be reduced
const LONGEST_MS = 100; // of a frame: a page that was hidden does not jump

export class Playback {
  /** @param {View} view @param {System} system @param {(direction: -1 | 0 | 1) => void} changed */
  constructor(view, system, changed) {
    this.view = view;
    this.system = system;
    this.changed = changed;
    this.direction = /** @type {-1 | 0 | 1} */ (0);
    this.frame = 0;
    this.timer = 0;
    this.last = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** Play in a direction, or pause if it plays so. @param {-1 | 1} direction */
  toggle(direction) {
    this.direction === direction ? this.pause() : this.play(direction);
  }

  /** @param {-1 | 1} direction */
  play(direction) {
    this.halt();
    const [t0, t1] = windowOf(this.view.state, this.system);
    const at = cursorOf(this.view.state, this.system);
    const isOver = direction > 0 ? at >= t1 : at <= t0;
    if (isOver || at < t0 || at > t1) this.put(direction > 0 ? t0 : t1);
    this.direction = direction;
    this.changed(direction);
    if (this.calm.matches) this.timer = setInterval(() => this.advance(STEP_MS), STEP_MS);
    else {
      this.last = performance.now();
      this.frame = requestAnimationFrame((now) => this.tick(now));
    }
  }

  pause() {
    if (!this.direction) return;
    this.halt();
    this.direction = 0;
    this.changed(0);
  }

  halt() {
    cancelAnimationFrame(this.frame);
    clearInterval(this.timer);
  }

  /** @param {number} now */
  tick(now) {
    const passed = Math.min(LONGEST_MS, Math.max(0, now - this.last));
    this.last = now;
    this.frame = requestAnimationFrame((next) => this.tick(next));
    this.advance(passed);
  }

  /** @param {number} ms */
  advance(ms) {
    const [t0, t1] = windowOf(this.view.state, this.system);
    const by = (ms / WINDOW_MS) * this.view.state.speed * (t1 - t0) * this.direction;
    const next = cursorOf(this.view.state, this.system) + by;
    this.put(Math.min(t1, Math.max(t0, next)));
    if (this.direction > 0 ? next >= t1 : next <= t0) this.pause();
  }

  /** @param {number} cursor */
  put(cursor) {
    this.view.set({ cursor }, { undoable: false });
  }

  /** Faster or slower. @param {1 | -1} by */
  shift(by) {
    const place = SPEEDS.indexOf(this.view.state.speed) + by;
    const speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))];
    this.view.set({ speed }, { undoable: false });
  }
}
