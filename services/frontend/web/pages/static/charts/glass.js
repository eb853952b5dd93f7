// The pane over the charts: it turns gestures into times, and shows the cursor and what is picked.
//
// Click: the cursor. Drag: zoom to what was picked. Shift and drag, or one finger: move. Wheel or two
// fingers: zoom towards them. Double click: closer; with Shift: farther.

import { MARGIN } from "./traces.js";
import { between, scaled, shifted } from "./zoom.js";

/** @typedef {import("../time/system.js").Window} Window */
/**
 * @typedef {object} Gestures
 * @property {() => Window} window - that is shown
 * @property {number} end - of the run
 * @property {(window: Window) => void} zoom
 * @property {(t: number) => void} point
 */

const MOVED = 5; // pixels, beyond which it is no click
const WHEEL = 0.0022; // of the logarithm of the window, a pixel of the wheel
const LINE = 16; // pixels of the wheel in a line
const CLOSER = 0.25;

export class Glass {
  /** @param {HTMLElement} pane @param {Gestures} gestures */
  constructor(pane, gestures) {
    this.pane = pane;
    this.gestures = gestures;
    this.line = /** @type {HTMLElement} */ (pane.querySelector(".cursor"));
    this.picked = /** @type {HTMLElement} */ (pane.querySelector(".picked"));
    /** @type {Map<number, number>} */
    this.pointers = new Map();
    /** @type {{ x: number, window: Window, moves: boolean, went: boolean } | null} */
    this.drag = null;
    this.hovered = /** @type {number | null} */ (null);
    pane.addEventListener("pointerdown", (event) => this.down(event));
    pane.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"])
      pane.addEventListener(name, (event) => this.up(/** @type {PointerEvent} */ (event)));
    pane.addEventListener("pointerleave", () => (this.hovered = null));
    pane.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    pane.addEventListener("dblclick", (event) => this.closer(event));
  }

  /** Show the cursor at a time, or hide it where that is not shown. @param {number} t */
  cursor(t) {
    const [t0, t1] = this.gestures.window();
    this.line.hidden = !(t >= t0 && t <= t1);
    const share = t1 > t0 ? (t - t0) / (t1 - t0) : 0;
    this.line.style.transform = `translateX(${(share * this.width).toFixed(2)}px)`;
  }

  get width() {
    return Math.max(1, this.pane.clientWidth - MARGIN.l - MARGIN.r);
  }

  /** Where in the axis of time an event is, in pixels. @param {MouseEvent} event */
  at(event) {
    const x = event.clientX - this.pane.getBoundingClientRect().left - MARGIN.l;
    return Math.min(this.width, Math.max(0, x));
  }

  /** @param {number} x @param {Window} [window] */
  time(x, [t0, t1] = this.gestures.window()) {
    return t0 + (x / this.width) * (t1 - t0);
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button > 1) return;
    const x = this.at(event);
    this.pointers.set(event.pointerId, x);
    this.pane.setPointerCapture(event.pointerId);
    const moves = event.pointerType === "touch" || event.shiftKey || event.button === 1;
    this.drag = this.pointers.size === 1 ? { x, window: this.gestures.window(), moves, went: false } : null;
    if (this.pointers.size === 2) this.pinched = { window: this.gestures.window(), ...this.span() };
    this.picked.hidden = true;
  }

  /** The middle and the distance of two fingers. */
  span() {
    const [a, b] = [...this.pointers.values()];
    return { middle: (a + b) / 2, distance: Math.max(20, Math.abs(a - b)) };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const x = this.at(event);
    this.hovered = event.pointerType === "touch" ? null : this.time(x);
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, x);
    if (this.pointers.size === 2) return this.pinch();
    const drag = this.drag;
    if (!drag) return;
    drag.went ||= Math.abs(x - drag.x) > MOVED;
    if (!drag.went) return;
    if (drag.moves) {
      const [t0, t1] = drag.window;
      this.gestures.zoom(shifted(drag.window, ((drag.x - x) / this.width) * (t1 - t0), this.gestures.end));
    } else this.pick(drag.x, x);
  }

  pinch() {
    const before = this.pinched;
    if (!before) return;
    const { middle, distance } = this.span();
    const { end } = this.gestures;
    const zoomed = scaled(before.window, this.time(before.middle, before.window), before.distance / distance, end);
    const moved = ((before.middle - middle) / this.width) * (zoomed[1] - zoomed[0]);
    this.gestures.zoom(shifted(zoomed, moved, end));
  }

  /** @param {number} from @param {number} to */
  pick(from, to) {
    this.picked.hidden = false;
    this.picked.style.transform = `translateX(${Math.min(from, to)}px)`;
    this.picked.style.width = `${Math.abs(to - from)}px`;
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.pinched = undefined;
    const drag = this.drag;
    this.drag = null;
    this.picked.hidden = true;
    if (!drag || event.type === "pointercancel") return;
    const x = this.at(event);
    if (!drag.went) this.gestures.point(this.time(x));
    else if (!drag.moves) this.gestures.zoom(between(this.time(drag.x), this.time(x), this.gestures.end));
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const { gestures } = this;
    const window = gestures.window();
    const pixels = event.deltaMode === 1 ? LINE : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX * pixels) / this.width) * (window[1] - window[0]);
      return gestures.zoom(shifted(window, by, gestures.end));
    }
    const turned = Math.max(-200, Math.min(200, event.deltaY * pixels));
    gestures.zoom(scaled(window, this.time(this.at(event)), Math.exp(turned * WHEEL), gestures.end));
  }

  /** @param {MouseEvent} event */
  closer(event) {
    const { gestures } = this;
    const factor = event.shiftKey ? 1 / CLOSER : CLOSER;
    gestures.zoom(scaled(gestures.window(), this.time(this.at(event)), factor, gestures.end));
  }
}
