// From the comparison of two ensembles, as the server gives it, to what Plotly draws. Pure functions.

import { faint, measured } from "../shared/charts.js";
import { bands, isWideOf, outline, overSteps, survivalOf } from "../ensemble/fans.js";
import { count, figure, percentage } from "../shared/text.js";

/**
 * @typedef {import("../ensemble/fans.js").Numbers} Numbers
 * @typedef {import("../shared/charts.js").Theme} Theme
 * @typedef {{ fraction: Numbers, low: Numbers, high: Numbers }} Share
 * @typedef {{ estimate: Numbers, low: Numbers, high: Numbers }} Difference
 * @typedef {Record<string, Record<string, Numbers>>} Bands by quantity and level
 * @typedef {{ bands: { a: Bands, b: Bands },
 *   survival: { paired: boolean, a: Share, b: Share, difference: Difference } }} Contrast
 * @typedef {{ members: { a: number, b: number }, grid: { a: number[], b: number[] },
 *   agents: Record<string, Contrast> }} Comparison
 */

/** The colours of A and of B. @param {Theme} theme */
const colours = (theme) => ({ a: theme.agents[1], b: theme.agents[0] });

/** The bands of both over one another. @param {Comparison} view @param {string} name @param {string} quantity @param {Theme} theme */
export function fans(view, name, quantity, theme) {
  const { a, b } = view.agents[name].bands;
  const { a: first, b: second } = colours(theme);
  return [
    ...bands(view.grid.a, a[quantity], first, "A"),
    ...bands(view.grid.a, b[quantity], second, "B"),
  ];
}

/** Whether a logarithmic axis suits either. @param {Comparison} view @param {string} name @param {string} quantity */
export function isWide(view, name, quantity) {
  const { a, b } = view.agents[name].bands;
  const level = (/** @type {string} */ p) => [...a[quantity][p], ...b[quantity][p]];
  return isWideOf({ 5: level("5"), 50: level("50"), 95: level("95") });
}

/** The fractions of both that are bound. @param {Comparison} view @param {string} name @param {Theme} theme */
export function survivals(view, name, theme) {
  const { a, b } = view.agents[name].survival;
  const { a: first, b: second } = colours(theme);
  return [...survivalOf(view.grid.a, a, first, "A"), ...survivalOf(view.grid.a, b, second, "B")];
}

/** The difference of the fractions, with its interval. @param {Comparison} view @param {string} name @param {Theme} theme */
export function difference(view, name, theme) {
  const { estimate, low, high } = view.agents[name].survival.difference;
  const x = view.grid.a;
  return [
    {
      type: "scatter", mode: "lines", ...outline(x, low, high), fill: "toself",
      fillcolor: faint(theme.muted, "40"), line: { width: 0, color: faint(theme.muted, "00") }, hoverinfo: "skip",
    },
    {
      type: "scatter", mode: "lines", name: "difference", x, y: estimate, line: { color: theme.text, width: 2 },
      customdata: x.map((_, i) => [low[i], high[i]]),
      hovertemplate: "A less B %{y:+.2%}<br>95 % interval %{customdata[0]:+.2%} to %{customdata[1]:+.2%}<extra></extra>",
    },
  ];
}

/** @param {Theme} theme @param {number} steps */
export function differenceLayout(theme, steps) {
  const drawn = overSteps(theme, steps, { title: measured("difference of the fractions", ""), tickformat: "+.2~%", rangemode: "tozero" });
  return { ...drawn, yaxis: { ...drawn.yaxis, zeroline: true, zerolinecolor: theme.muted, zerolinewidth: 1.5 } };
}

/** What the interval is, in a sentence. @param {Comparison} view @param {string} name */
export function kindOf(view, name) {
  return view.agents[name].survival.paired
    ? "Members of one number are pairs, drawn by the same random numbers: Newcombe’s 95 % interval for pairs."
    : "The members are independent: Newcombe’s 95 % interval.";
}

/** @param {Comparison} view @param {string} name */
export function differenceRows(view, name) {
  const { a, b, difference: of } = view.agents[name].survival;
  return view.grid.a.map((k, i) => [
    count(k), count(view.grid.b[i]), percentage(a.fraction[i]), percentage(b.fraction[i]),
    percentage(of.estimate[i]), percentage(of.low[i]), percentage(of.high[i]),
  ]);
}

/** @param {Comparison} view @param {string} name @param {string} quantity */
export function bandRows(view, name, quantity) {
  const { a, b } = view.agents[name].bands;
  return view.grid.a.map((k, i) => [
    count(k),
    ...[a, b].flatMap((of) => ["5", "50", "95"].map((p) => figure(of[quantity][p][i]))),
  ]);
}
