// What the charts show, in words. Pure functions.

import { count } from "../shared/text.js";

/** @typedef {import("./source.js").Series} Series */
/** @typedef {import("../time/system.js").System} System */
/** @typedef {import("../time/system.js").Window} Window */

/**
 * A time, with as many digits as a span needs to be told from its end.
 * @param {number} t @param {number} span
 */
export function timeText(t, span) {
  const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(span || 1))));
  const exact = String(t);
  const text = Math.abs(t) >= 1e15 || (t !== 0 && Math.abs(t) < 1e-9) ? exact : fewest(t, digits, exact);
  return text.replace("-", "−");
}

/** @param {number} t @param {number} digits @param {string} exact */
function fewest(t, digits, exact) {
  const rounded = t.toFixed(digits);
  const text = rounded.length > exact.length && !exact.includes("e") ? exact : rounded;
  return text.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

/**
 * "t = 4.10 to 4.20, steps 41,000 to 42,000; min-max over each 1,024 steps".
 * @param {Series} series @param {Window} window @param {System} system
 */
export function described(series, window, system) {
  const span = window[1] - window[0];
  const unit = system.units.time ? ` ${system.units.time}` : "";
  const time = `t = ${timeText(window[0], span)} to ${timeText(window[1], span)}${unit}`;
  if (window[0] > system.end)
    return `${time}: the run ends before, at t = ${timeText(system.end, span)}${unit}. Press Full run to see it`;
  const { first, last } = series.steps;
  if (series.exact && last - first <= 1)
    return `${time}, within step ${count(last)}; nothing happens between two steps, so the line only joins them`;
  const until = series.bound?.until === window[1] ? Math.min(last, series.bound.step) : last;
  return `${time}, steps ${count(first)} to ${count(until)}; ${detail(series)}`;
}

/**
 * What is not drawn of rows that have a value in only a part of the bins; "" if nothing is missing.
 * @param {readonly import("./rows.js").Row[]} rows @param {boolean} exact
 */
export function missing(rows, exact) {
  if (!rows.length) return "";
  const symbols = rows.map(({ symbol }) => symbol).join(" and ");
  const why = rows.every(({ key }) => key === "a") && !exact ? "where ε passes 0 within a bin: zoom in there to see it" : "everywhere";
  return `. Its axis is of a part: ${symbols} ${rows.length > 1 ? "are" : "is"} not defined ${why}`;
}

/** @param {Series} series */
const detail = (series) => (series.exact ? "every step" : `min-max over each ${count(2 ** series.level)} steps`);
