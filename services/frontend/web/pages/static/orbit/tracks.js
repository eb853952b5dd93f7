// The states of a run's bodies, as the server samples them: fetched, and read without being copied.

/**
 * @typedef {object} Body
 * @property {string} name
 * @property {number} mu
 * @property {string | null} primary - the name of what it orbits
 * @property {number | null} about - the track of what it orbits
 * @property {number} gravity - the gravitational parameter of that orbit
 * @property {number | null} escape - about when its energy rises above zero for good
 *
 * @typedef {object} Head
 * @property {{ t0: number, t1: number }} window
 * @property {{ t0: number, t1: number }} span - of the whole run
 * @property {number} steps
 * @property {number} level - a sample is there after each 2**level steps
 * @property {number} samples
 * @property {number} tracks
 * @property {2 | 3} dimensions
 * @property {boolean} own_clocks - whether each track has times of its own
 * @property {number | null} bound_until - when the last of all bodies escapes
 * @property {Body[]} bodies - those of the first tracks
 */

const ALIGNMENT = 8;
const BOUND = 0.9; // a bound phase that is less than this of the run is what is worth seeing

/** Samples of a window of time, in the inertial frame; `bodies` are the first tracks. */
export class Tracks {
  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    const length = new DataView(bytes).getUint32(0, true);
    /** @type {Head} */
    this.head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
    const { samples, tracks, dimensions, own_clocks } = this.head;
    const start = Math.ceil((4 + length) / ALIGNMENT) * ALIGNMENT;
    const clocks = own_clocks ? tracks : 1;
    this.clock = new Float64Array(bytes, start, clocks * samples);
    const places = start + this.clock.byteLength;
    this.places = new Float64Array(bytes, places, tracks * dimensions * samples);
    const speeds = places + this.places.byteLength;
    this.speeds = new Float32Array(bytes, speeds, tracks * dimensions * samples);
    this.zeros = new Float64Array(samples);
  }

  /** The times of a track. @param {number} track */
  times(track) {
    const row = this.head.own_clocks ? track : 0;
    return this.clock.subarray(row * this.head.samples, (row + 1) * this.head.samples);
  }

  /** One coordinate of a track: 0 is x. @param {number} track @param {number} axis */
  place(track, axis) {
    return axis < this.head.dimensions ? this.#row(this.places, track, axis) : this.zeros;
  }

  /** One component of a track's velocity. @param {number} track @param {number} axis */
  speed(track, axis) {
    return axis < this.head.dimensions ? this.#row(this.speeds, track, axis) : this.zeros;
  }

  /** The track of a body by its name, or -1. @param {string} name */
  trackOf(name) {
    return this.head.bodies.findIndex((body) => body.name === name);
  }

  /**
   * @template {Float64Array | Float32Array} A
   * @param {A} all @param {number} track @param {number} axis @returns {A}
   */
  #row(all, track, axis) {
    const { samples, dimensions } = this.head;
    const at = (track * dimensions + axis) * samples;
    return /** @type {A} */ (all.subarray(at, at + samples));
  }
}

/**
 * The window of the bound phase of a run that spends the most part escaped; null of any other.
 * @param {Head} head @returns {[number, number] | null}
 */
export const boundPhase = ({ bound_until: until, span }) =>
  until !== null && until < BOUND * span.t1 ? [0, until] : null;

/**
 * Ask the server for a window of time (null: the whole run).
 * @param {string} url with or without a query @param {readonly [number, number] | null} window @param {number} points
 * @param {readonly string[] | null} names @param {AbortSignal} signal
 */
export async function load(url, window, points, names, signal) {
  const query = new URLSearchParams({ points: String(points) });
  if (window) {
    query.set("t0", String(window[0]));
    query.set("t1", String(window[1]));
  }
  for (const name of names ?? []) query.append("agent", name);
  const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}${query}`, { signal });
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
  return new Tracks(await answer.arrayBuffer());
}
