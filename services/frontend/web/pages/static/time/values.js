// What an agent's quantities are at a time, from a series: exact where each bin is a step, else ranges.
// Bins hold states where steps start; the one after the last step is told beside them.

/** @typedef {import("../charts/source.js").Series} Series */
/** @typedef {import("../charts/source.js").AgentSeries} AgentSeries */
/** @typedef {readonly [number, number] | null} Range */

/**
 * @typedef {object} Values
 * @property {boolean} exact
 * @property {number} t - of the state that holds at the time
 * @property {number} step - how many steps come before it
 * @property {Record<string, Range>} ranges
 */

const ORBITAL = /** @type {const} */ (["r", "e", "h", "a", "ecc"]);
const AXES = /** @type {const} */ (["x", "y", "z"]);

/**
 * The values at a time; null where the series has no step of the agent there.
 * @param {Series} series @param {string} name @param {number} time @param {number} steps - of the run
 * @returns {Values | null}
 */
export function valuesAt(series, name, time, steps) {
  const agent = series.agents.find((one) => one.name === name);
  if (!agent) return null;
  if (time >= agent.last.t) return lastOf(agent, steps);
  if (!isWithin(series, agent, time)) return null;
  const at = binAt(agent, time);
  if (at < 0) return null;
  /** @type {Record<string, Range>} */
  const ranges = {};
  for (const key of ORBITAL) ranges[key] = rangeOf(agent[key], at);
  for (const [axis, key] of AXES.entries())
    ranges[key] = series.exact ? before(agent, key, axis, at) : rangeOf(agent[key], at);
  ranges.v = speed(ranges.e, ranges.r, agent.gravity);
  return { exact: series.exact, t: agent.t0[at], step: series.first + at * 2 ** series.level, ranges };
}

/** The values after the last step of all. @param {AgentSeries} agent @param {number} steps @returns {Values} */
function lastOf({ last, gravity }, steps) {
  /** @type {Record<string, Range>} */
  const ranges = {};
  for (const key of [...ORBITAL, ...AXES]) {
    const value = last[key] ?? null;
    ranges[key] = value === null ? null : [value, value];
  }
  ranges.v = speed(ranges.e, ranges.r, gravity);
  return { exact: true, t: last.t, step: steps, ranges };
}

/**
 * Whether a series says what an agent is at a time: also beyond its own clock, to the window's end.
 * @param {Series} series @param {AgentSeries} agent @param {number} time
 */
export const isWithin = ({ window }, { t0, t1 }, time) =>
  t0.length > 0 && time >= t0[0] && time <= Math.max(window.t1, t1[t1.length - 1]);

/**
 * The last bin with a step that begins at the time or before. @param {AgentSeries} agent
 * @param {number} time
 */
export function binAt(agent, time) {
  let low = 0;
  let high = agent.t0.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (agent.t0[middle] <= time) low = middle + 1;
    else high = middle;
  }
  const steps = stepsOf(agent);
  for (let i = low - 1; i >= 0; i--) if (steps[i] !== null) return i;
  return -1;
}

/** Not null where the agent steps. @param {AgentSeries} agent */
const stepsOf = (agent) => (agent.r ?? agent.x)?.min ?? [];

/** @param {import("../charts/source.js").Band | undefined} band @param {number} at @returns {Range} */
function rangeOf(band, at) {
  const low = band?.min[at] ?? null;
  const high = band?.max[at] ?? null;
  return low === null || high === null ? null : [low, high];
}

/** Where the step before led. @param {AgentSeries} agent @param {"x" | "y" | "z"} key @param {number} axis @param {number} at @returns {Range} */
function before(agent, key, axis, at) {
  const band = agent[key];
  if (!band) return null;
  for (let i = at - 1; i >= 0; i--) if (band.min[i] !== null) return rangeOf(band, i);
  const start = agent.start[axis] ?? null;
  return start === null ? null : [start, start];
}

/**
 * The speed relative to the primary: v = sqrt(2 (e + mu/r)).
 * @param {Range} energy @param {Range} r @param {number} mu @returns {Range}
 */
function speed(energy, r, mu) {
  if (!energy || !r) return null;
  const of = (/** @type {number} */ e, /** @type {number} */ distance) => Math.sqrt(Math.max(0, 2 * (e + mu / distance)));
  const range = /** @type {[number, number]} */ ([of(energy[0], r[1]), of(energy[1], r[0])]);
  return range.every(Number.isFinite) ? range : null;
}

/** The times at which an agent's steps start and end, rising. @param {AgentSeries} agent */
export function timesOf(agent) {
  const steps = stepsOf(agent);
  const times = [...agent.t0.keys()].filter((i) => steps[i] !== null).flatMap((i) => [agent.t0[i], agent.t1[i]]);
  return [...new Set(times)];
}
