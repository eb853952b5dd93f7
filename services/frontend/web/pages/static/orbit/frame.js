// Bodies in a frame of reference: inertial, each about its primary, or all about one of them.

/** @typedef {import("./tracks.js").Tracks} Tracks @typedef {import("./tracks.js").Body} Body */

/**
 * @typedef {object} Moving - a body's samples in a frame, of a window of time
 * @property {Body} body
 * @property {number} track
 * @property {Float64Array} t
 * @property {Float64Array[]} place - x, y, z
 * @property {Float64Array[]} speed
 * @property {Uint8Array} joined - whether the curve from a sample to the next is true to the path
 * @property {boolean} rests - whether it is at the origin all the time
 *
 * @typedef {{ t: number, place: number[], speed: number[] }} State
 */

const CENTRE = "barycentre"; // as a primary: that of all other bodies
const BENT = 0.12; // of the way: an arc of 1.2 radians, which a cubic follows to a hundredth
const SHORT = 0.7; // of the way: a chord is shorter only of more than half an orbit

/**
 * The bodies in a frame, each cut to the window.
 * @param {Tracks} tracks @param {string} about @returns {Moving[]}
 */
export function framed(tracks, about) {
  return tracks.head.bodies.map((body, track) => inFrame(tracks, track, originOf(tracks, track, about)));
}

/**
 * What a body is drawn about: a track, or null for the inertial frame. With `primary` a body that
 * orbits nothing is the origin itself, unless nobody orbits an agent.
 * @param {Tracks} tracks @param {number} track @param {string} about @returns {number | null}
 */
export function originOf(tracks, track, about) {
  const { bodies } = tracks.head;
  if (about === "primary") {
    if (!hasPrimary(bodies)) return null;
    return bodies[track].about ?? track;
  }
  const origin = about === "inertial" ? -1 : tracks.trackOf(about);
  return origin < 0 ? null : origin;
}

/** Whether any body orbits another, and not the barycentre of all others. @param {Body[]} bodies */
export function hasPrimary(bodies) {
  const names = new Set(bodies.map(({ name }) => name));
  return bodies.some(({ primary, about }) => about !== null && (about >= bodies.length ? primary !== CENTRE : names.has(primary ?? "")));
}

/**
 * A track about another, or in the inertial frame. @param {Tracks} tracks @param {number} track
 * @param {number | null} origin @returns {Moving}
 */
export function inFrame(tracks, track, origin) {
  const t = tracks.times(track);
  const axes = [0, 1, 2];
  const rests = origin === track;
  const there = range(t, tracks.head.window);
  let place = axes.map((axis) => Float64Array.from(tracks.place(track, axis).subarray(...there)));
  let speed = axes.map((axis) => Float64Array.from(tracks.speed(track, axis).subarray(...there)));
  const own = Float64Array.from(t.subarray(...there));
  if (origin !== null) {
    const other = tracks.times(origin).subarray(...there);
    for (const axis of axes) subtract(place[axis], speed[axis], own, tracks, origin, axis, other, there[0]);
  }
  const joined = joints(own, place, speed, tracks.head.level);
  const moving = { body: tracks.head.bodies[track], track, t: own, place, speed, joined, rests };
  cut(moving, tracks.head.window);
  return moving;
}

/**
 * The samples of a window, with one beyond each edge.
 * @param {Float64Array} t @param {{ t0: number, t1: number }} window @returns {[number, number]}
 */
function range(t, { t0, t1 }) {
  const first = Math.max(0, after(t, t0) - 1);
  return [first, Math.min(t.length, after(t, t1) + 1)];
}

/**
 * Subtract another's motion. Their clocks may differ by up to a step, which would show as jitter.
 * @param {Float64Array} place @param {Float64Array} speed @param {Float64Array} t @param {Tracks} tracks
 * @param {number} origin @param {number} axis @param {Float64Array} clock @param {number} first
 */
function subtract(place, speed, t, tracks, origin, axis, clock, first) {
  const its = tracks.place(origin, axis);
  const rate = tracks.speed(origin, axis);
  for (let i = 0; i < t.length; i++) {
    place[i] -= its[first + i] + rate[first + i] * (t[i] - clock[i]);
    speed[i] -= rate[first + i];
  }
}

/**
 * Whether the way from each sample to the next is what the velocities at both say: more than an
 * orbit between them is not, whatever the chord.
 * @param {Float64Array} t @param {Float64Array[]} place @param {Float64Array[]} speed @param {number} level
 */
function joints(t, place, speed, level) {
  const joined = new Uint8Array(t.length);
  const [x, y, z] = place;
  const [vx, vy, vz] = speed;
  for (let i = 0; i + 1 < t.length; i++) {
    const half = (t[i + 1] - t[i]) / 2;
    const way = half * (Math.hypot(vx[i], vy[i], vz[i]) + Math.hypot(vx[i + 1], vy[i + 1], vz[i + 1]));
    const off = Math.hypot(
      x[i + 1] - x[i] - half * (vx[i] + vx[i + 1]),
      y[i + 1] - y[i] - half * (vy[i] + vy[i + 1]),
      z[i + 1] - z[i] - half * (vz[i] + vz[i + 1]),
    );
    const chord = Math.hypot(x[i + 1] - x[i], y[i + 1] - y[i], z[i + 1] - z[i]);
    joined[i] = level === 0 || (off <= BENT * way && chord >= SHORT * way) ? 1 : 0;
  }
  return joined;
}

/** Let a body's curve begin and end with the window. @param {Moving} moving @param {{ t0: number, t1: number }} window */
function cut(moving, { t0, t1 }) {
  const last = moving.t.length - 1;
  if (last < 1) return;
  const start = moving.t[0] < t0 && moving.joined[0] ? stateAt(moving, t0) : null;
  const end = moving.t[last] > t1 && moving.joined[last - 1] ? stateAt(moving, t1) : null;
  if (start) put(moving, 0, start);
  if (end) put(moving, last, end);
}

/** @param {Moving} moving @param {number} i @param {State} state */
function put(moving, i, { t, place, speed }) {
  moving.t[i] = t;
  for (let axis = 0; axis < 3; axis++) {
    moving.place[axis][i] = place[axis];
    moving.speed[axis][i] = speed[axis];
  }
}

/** How many times are at most `t`. @param {Float64Array} times @param {number} t */
export function after(times, t) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A body's state at a time: on the cubic through two samples, or that of the sample before where
 * more than an arc lies between them.
 * @param {Moving} moving @param {number} time @returns {State}
 */
export function stateAt({ t, place, speed, joined }, time) {
  const i = Math.min(t.length - 1, Math.max(0, after(t, time) - 1));
  const h = i + 1 < t.length ? t[i + 1] - t[i] : 0;
  const s = h > 0 ? Math.min(1, Math.max(0, (time - t[i]) / h)) : 0;
  if (!joined[i] || s === 0) return sample(t, place, speed, i);
  const state = { t: t[i] + s * h, place: [0, 0, 0], speed: [0, 0, 0] };
  for (let axis = 0; axis < 3; axis++) {
    const [p, q] = [place[axis][i], place[axis][i + 1]];
    const [v, w] = [speed[axis][i] * h, speed[axis][i + 1] * h];
    state.place[axis] = p + s * (v + s * (3 * (q - p) - 2 * v - w + s * (2 * (p - q) + v + w)));
    state.speed[axis] = speed[axis][i] + s * (speed[axis][i + 1] - speed[axis][i]);
  }
  return state;
}

/** @param {Float64Array} t @param {Float64Array[]} place @param {Float64Array[]} speed @param {number} i @returns {State} */
const sample = (t, place, speed, i) => ({
  t: t[i],
  place: place.map((column) => column[i]),
  speed: speed.map((column) => column[i]),
});
