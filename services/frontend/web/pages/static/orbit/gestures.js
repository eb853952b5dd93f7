// Pointer, wheel, touch and keys on the figure, told as a few moves.

/**
 * @typedef {object} Moves
 * @property {(factor: number, x: number, y: number) => void} zoom - about a pixel
 * @property {(dx: number, dy: number) => void} pan - by pixels
 * @property {(dx: number, dy: number) => void} turn - by pixels, in space
 * @property {() => boolean} turns - whether dragging turns
 * @property {(box: [number, number, number, number]) => void} box - zoom to left, top, right, bottom
 * @property {(box: [number, number, number, number] | null) => void} draft - a box being drawn
 * @property {() => boolean} boxes - whether dragging draws a box
 * @property {(x: number, y: number) => void} pick
 * @property {() => void} fit
 * @property {() => void} undo
 * @property {() => void} rest - the gesture has ended
 */

const WHEEL = 0.0016; // a notch of 100 zooms by 1.17
const STEP = 1.6; // of a key, or a double click
const MOVED_PX = 4;
const SMALLEST_PX = 8;
const KEY_PX = 60;
const BOUND = new Set(["+", "=", "-", "_", "0", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Backspace"]);

/** Follow what is done on an element. @param {HTMLElement} element @param {Moves} moves */
export function gestures(element, moves) {
  new Pointers(element, moves);
  element.addEventListener("wheel", (event) => wheel(event, element, moves), { passive: false });
  element.addEventListener("keydown", (event) => key(event, element, moves));
  element.addEventListener("dblclick", (event) => {
    moves.zoom(event.shiftKey ? 1 / (STEP * STEP) : STEP * STEP, event.offsetX, event.offsetY);
    moves.rest();
  });
}

/** @param {WheelEvent} event @param {HTMLElement} element @param {Moves} moves */
function wheel(event, element, moves) {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 30 : 1;
  const way = Math.max(-400, Math.min(400, event.deltaY * lines));
  moves.zoom(Math.exp(-way * WHEEL * (event.ctrlKey ? 4 : 1)), event.offsetX, event.offsetY);
  moves.rest();
}

/** @param {KeyboardEvent} event @param {HTMLElement} element @param {Moves} moves */
function key(event, element, moves) {
  if (!BOUND.has(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation(); // the page's own keys step the cursor
  const [x, y] = [element.clientWidth / 2, element.clientHeight / 2];
  const towards = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (towards) {
    const [dx, dy] = towards.map((one) => one * KEY_PX);
    if (moves.turns() && !event.shiftKey) moves.turn(-dx, -dy);
    else moves.pan(dx, dy);
  } else if (event.key === "0") moves.fit();
  else if (event.key === "Backspace") moves.undo();
  else moves.zoom(event.key === "+" || event.key === "=" ? STEP : 1 / STEP, x, y);
  moves.rest();
}

/** One or two fingers, or a mouse. */
class Pointers {
  /** @param {HTMLElement} element @param {Moves} moves */
  constructor(element, moves) {
    this.element = element;
    this.moves = moves;
    /** @type {Map<number, { x: number, y: number }>} */
    this.down = new Map();
    this.moved = 0;
    this.start = { x: 0, y: 0 };
    this.isBox = false;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#release(event));
    element.addEventListener("pointercancel", (event) => this.#release(event, false));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button > 1) return;
    this.element.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.down.size === 1) {
      this.moved = 0;
      this.start = { x: event.offsetX, y: event.offsetY };
      this.isBox = event.shiftKey || this.moves.boxes();
    } else if (this.isBox) {
      this.isBox = false;
      this.moves.draft(null);
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    const now = { x: event.offsetX, y: event.offsetY };
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.down.size === 1 && this.moved < MOVED_PX) return;
    if (this.down.size === 2) this.#pinch(event.pointerId, before, now);
    else if (this.isBox) this.moves.draft(boxOf(this.start, now));
    else if (this.moves.turns() && event.buttons !== 4) this.moves.turn(dx, dy);
    else this.moves.pan(dx, dy);
    this.down.set(event.pointerId, now);
  }

  /** @param {number} id @param {{ x: number, y: number }} before @param {{ x: number, y: number }} now */
  #pinch(id, before, now) {
    const other = [...this.down].find(([each]) => each !== id)?.[1];
    if (!other) return;
    const [was, is] = [before, now].map(({ x, y }) => Math.hypot(x - other.x, y - other.y));
    if (was > 0 && is > 0) this.moves.zoom(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
    this.moves.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  /** @param {PointerEvent} event @param {boolean} [isDone] */
  #release(event, isDone = true) {
    if (!this.down.delete(event.pointerId) || this.down.size) return;
    const now = { x: event.offsetX, y: event.offsetY };
    if (this.isBox) {
      const box = boxOf(this.start, now);
      this.moves.draft(null);
      if (isDone && box[2] - box[0] > SMALLEST_PX && box[3] - box[1] > SMALLEST_PX) this.moves.box(box);
    } else if (isDone && this.moved < MOVED_PX) this.moves.pick(now.x, now.y);
    this.isBox = false;
    this.moves.rest();
  }
}

/** @param {{ x: number, y: number }} a @param {{ x: number, y: number }} b @returns {[number, number, number, number]} */
const boxOf = (a, b) => [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
