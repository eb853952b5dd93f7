// What the reader of a run looks at: one value, in the page's address, that all figures follow.
//
// - A figure never keeps its own copy: it calls `set`, and draws when it is told.
// - What is the default is not in the address. What an address says that can't be read is ignored.
// - `set` remembers what was before, so that Back undoes it; many changes of one gesture are one.

/**
 * @typedef {object} ViewState
 * @property {readonly [number, number] | null} window - the time that is shown; null: as the page opens
 * @property {number | null} cursor - the time of the cursor; null: the end of the window
 * @property {string} about - the agent at the origin of the orbit view, `primary` for each agent's
 *   own, `inertial` for none
 * @property {"xy" | "xz" | "yz" | "3d"} plane - what the orbit view projects to
 * @property {readonly [number, number]} turn - in 3d: azimuth and elevation, in degrees
 * @property {readonly [number, number, number] | null} extent - in the orbit view's plane: the centre
 *   and the width; null: what fits
 * @property {readonly string[] | null} shown - the agents that are drawn; null: the page's choice
 * @property {readonly string[] | null} rows - the quantities over time that are drawn; null: the
 *   page's choice
 * @property {string | null} of - the agent whose values are read out; null: the first of the charts
 * @property {number} speed - of the playback: at 1 a window takes 20 seconds
 */

/** @type {Readonly<ViewState>} */
export const INITIAL = Object.freeze(/** @type {ViewState} */ ({
  window: null,
  cursor: null,
  about: "primary",
  plane: "xy",
  turn: [30, 30],
  extent: null,
  shown: null,
  rows: null,
  of: null,
  speed: 1,
}));

/** The speeds of the playback that there are. */
export const SPEEDS = [0.125, 0.25, 0.5, 1, 2, 4, 8];

/** The parameters of the address that say it. */
export const NAMES = ["window", "at", "about", "plane", "turn", "extent", "show", "rows", "of", "speed"];

const REST_MS = 300; // a browser refuses an address that changes at every frame
const PAUSE_MS = 700; // a reader who rests so long has ended a gesture, which is one step of undo
const GESTURE_MS = 2_000; // and one who does not rest, so long after its beginning
const REMEMBERED = 100;

export class View {
  /** @param {URLSearchParams} query @param {(query: URLSearchParams) => void} write */
  constructor(query, write) {
    this.state = Object.freeze({ ...INITIAL, ...read(query) });
    /** @type {Readonly<ViewState>[]} */
    this.past = [];
    /** @type {Set<(state: Readonly<ViewState>, before: Readonly<ViewState>) => void>} */
    this.followers = new Set();
    this.write = write;
    this.timer = 0;
    this.changedAt = -Infinity;
    this.begunAt = -Infinity;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  /**
   * Change what is looked at. With `undoable` false (a cursor that plays) Back does not stop there.
   * @param {Partial<ViewState>} change @param {{ undoable?: boolean }} [how]
   */
  set(change, { undoable = true } = {}) {
    const names = /** @type {(keyof ViewState)[]} */ (Object.keys(change));
    if (!differs({ ...this.state, ...change }, this.state, ...names)) return;
    const before = this.state;
    const now = performance.now();
    if (undoable) {
      if (now - this.changedAt > PAUSE_MS || now - this.begunAt > GESTURE_MS) {
        this.past = [...this.past, before].slice(-REMEMBERED);
        this.begunAt = now;
      }
      this.changedAt = now;
    }
    this.become(Object.freeze({ ...before, ...change }));
  }

  /** Go back to what was looked at before; the cursor stays where it is. */
  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.changedAt = -Infinity;
    this.become(Object.freeze({ ...before, cursor: this.state.cursor }));
  }

  /**
   * Call back after each change; returns what ends that.
   * @param {(state: Readonly<ViewState>, before: Readonly<ViewState>) => void} follower
   */
  follow(follower) {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** @param {Readonly<ViewState>} state */
  become(state) {
    const before = this.state;
    this.state = state;
    for (const follower of this.followers) follower(state, before);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(written(state)), REST_MS);
  }
}

/**
 * Whether any of these is not what it was. @param {Readonly<ViewState>} state
 * @param {Readonly<ViewState>} before @param {...keyof ViewState} names
 */
export const differs = (state, before, ...names) => names.some((name) => !same(state[name], before[name]));

/** @param {unknown} a @param {unknown} b */
export const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * Read what an address says. @param {URLSearchParams} query @returns {Partial<ViewState>}
 */
export function read(query) {
  /** @type {Partial<ViewState>} */
  const state = {};
  const window = numbers(query.get("window"), 2);
  if (window && window[0] < window[1]) state.window = [window[0], window[1]];
  const cursor = numbers(query.get("at"), 1);
  if (cursor) state.cursor = cursor[0];
  const about = query.get("about");
  if (about) state.about = about;
  const plane = query.get("plane");
  if (plane === "xy" || plane === "xz" || plane === "yz" || plane === "3d") state.plane = plane;
  const turn = numbers(query.get("turn"), 2);
  if (turn) state.turn = [turn[0], turn[1]];
  const extent = numbers(query.get("extent"), 3);
  if (extent && extent[2] > 0) state.extent = [extent[0], extent[1], extent[2]];
  const shown = query.getAll("show");
  if (shown.length) state.shown = shown.filter((name) => name !== "");
  const rows = query.get("rows");
  if (rows) state.rows = rows.split(",");
  const of = query.get("of");
  if (of) state.of = of;
  const speed = numbers(query.get("speed"), 1);
  if (speed && SPEEDS.includes(speed[0])) state.speed = speed[0];
  return state;
}

/** What an address says of a state. @param {Readonly<ViewState>} state */
export function written(state) {
  const query = new URLSearchParams();
  if (state.window) query.set("window", state.window.join(","));
  if (state.cursor !== null) query.set("at", String(state.cursor));
  if (state.about !== INITIAL.about) query.set("about", state.about);
  if (state.plane !== INITIAL.plane) query.set("plane", state.plane);
  if (!same(state.turn, INITIAL.turn)) query.set("turn", state.turn.join(","));
  if (state.extent) query.set("extent", state.extent.join(","));
  for (const name of state.shown ?? []) query.append("show", name);
  if (state.shown?.length === 0) query.append("show", "");
  if (state.rows) query.set("rows", state.rows.join(","));
  if (state.of !== null) query.set("of", state.of);
  if (state.speed !== INITIAL.speed) query.set("speed", String(state.speed));
  return query;
}

/** @param {string | null} text @param {number} length */
function numbers(text, length) {
  const values = (text ?? "").split(",").map((one) => (one.trim() ? Number(one) : NaN));
  return values.length === length && values.every(Number.isFinite) ? values : null;
}
