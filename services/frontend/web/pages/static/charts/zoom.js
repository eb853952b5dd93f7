// Windows of time that follow from others, by a factor, a shift, or a gesture. Pure functions.

/** @typedef {import("../time/system.js").Window} Window */

const FEWEST = 64; // doubles in a window: with fewer, they would show as steps

/** The distance from a number to the next double. @param {number} value */
export function ulp(value) {
  const size = Math.abs(value);
  if (size < Number.MIN_VALUE * 2 ** 53) return Number.MIN_VALUE;
  const power = 2 ** (Math.floor(Math.log2(size)) - 52);
  return Math.max(power, Number.MIN_VALUE);
}

/** The shortest window that can be shown about a time. @param {number} t */
export const shortest = (t) => FEWEST * ulp(t);

/**
 * The window so many times as long, with the time `at` where it was.
 * @param {Window} window @param {number} at @param {number} factor @param {number} end
 * @returns {Window}
 */
export function scaled([t0, t1], at, factor, end) {
  const least = Math.min(end, shortest(Math.max(Math.abs(t0), Math.abs(t1))));
  const span = Math.min(end, Math.max(least, (t1 - t0) * factor));
  const share = t1 > t0 ? Math.min(1, Math.max(0, (at - t0) / (t1 - t0))) : 0.5;
  const low = at - share * span;
  return within([low, low + span], end);
}

/** The window that much later. @param {Window} window @param {number} by @param {number} end @returns {Window} */
export const shifted = ([t0, t1], by, end) => within([t0 + by, t1 + by], end);

/** A window moved into the run. @param {Window} window @param {number} end @returns {Window} */
export function within([t0, t1], end) {
  const span = Math.min(t1 - t0, end);
  const low = Math.min(Math.max(0, t0), end - span);
  return [low, Math.min(end, low + span)];
}

/** The window between two times, no shorter than can be shown. @param {number} a @param {number} b @param {number} end @returns {Window} */
export function between(a, b, end) {
  const [t0, t1] = a < b ? [a, b] : [b, a];
  const least = shortest(Math.max(Math.abs(t0), Math.abs(t1)));
  return t1 - t0 >= least ? within([t0, t1], end) : scaled([t0, t0 + least], t0, 1, end);
}
