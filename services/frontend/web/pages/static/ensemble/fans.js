// From the document of an ensemble, as the server gives it, to what Plotly draws: the fans of the
// quantiles, and the fraction that is still bound. Pure functions.

import { faint, layout, measured, touched } from "../shared/charts.js";

/**
 * @typedef {(number | null)[]} Numbers
 * @typedef {{ count: number[], fraction: Numbers, low: Numbers, high: Numbers }} Bound
 * @typedef {{ quantiles: Record<string, number | null>, members: Record<string, number | null> }} Notable
 * @typedef {{ half_width: number, sizes: number[], spans: [number, number][], inside: number, outside: number }} Density
 * @typedef {{ primary: string, nominal: Record<string, Numbers>,
 *   quantiles: Record<string, Record<string, Numbers>>, bound: Bound, ended: number[],
 *   outcomes: Record<string, number>, escape: Notable, closest: Notable, density: Density,
 *   sentence: string }} Agent
 * @typedef {{ id: string, steps: number, members: number, finished: number, partial: boolean,
 *   grid: { level: number, iterations: number[] }, agents: Record<string, Agent> }} Ensemble
 * @typedef {import("../shared/charts.js").Theme} Theme
 * @typedef {import("../shared/charts.js").Units} Units
 */

/** What is drawn as a fan: its title on the axis, and which unit it has. */
export const QUANTITIES = {
  distance: { title: "distance r", unit: "length" },
  energy: { title: "specific energy ε", unit: "energy" },
  semi_major_axis: { title: "semi-major axis a", unit: "length" },
  eccentricity: { title: "eccentricity e", unit: "" },
};

/** @typedef {keyof typeof QUANTITIES} Quantity */

const BANDS = [
  { low: "5", high: "95", alpha: "2e" },
  { low: "25", high: "75", alpha: "59" },
];
const WIDE = 30; // times the median: a linear axis then shows nothing but the largest
const NARROW = 500; // CSS pixels: a phone, whose axes have room for few labels
const LARGEST = 1e300; // Plotly adds to what it draws, and multiplies it by pixels

/**
 * The fan of one quantity: two bands, the median, and the nominal run.
 * @param {Ensemble} view @param {string} name @param {Quantity} quantity @param {Theme} theme
 */
export function fan(view, name, quantity, theme) {
  const x = view.grid.iterations;
  const agent = view.agents[name];
  return [
    ...bands(x, agent.quantiles[quantity], theme.agents[1], ""),
    {
      type: "scatter",
      mode: "lines",
      name: "nominal run",
      x,
      y: drawable(agent.nominal[quantity]),
      line: { color: theme.agents[0], width: 1.3 },
      hovertemplate: "nominal run %{y:.5~g}<extra></extra>",
    },
  ];
}

/**
 * Two bands and the median of quantiles, in one colour.
 * @param {number[]} x @param {Record<string, Numbers>} quantiles @param {string} colour
 * @param {string} of whose they are; "" where there is only one
 */
export function bands(x, quantiles, colour, of) {
  const silent = { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false };
  const filled = BANDS.map(({ low, high, alpha }) => ({
    ...silent,
    ...outline(x, drawable(quantiles[low]), drawable(quantiles[high])),
    fill: "toself",
    fillcolor: faint(colour, alpha),
    line: { color: faint(colour, "00"), width: 0 },
  }));
  // Lines of their own: of a band whose one edge is not known, the other one is still there.
  const edges = BANDS.flatMap(({ low, high }) => [low, high]).map((p) => ({
    ...silent,
    x,
    y: drawable(quantiles[p]),
    line: { color: faint(colour, "8c"), width: 0.7 },
  }));
  const rows = ["95", "75", "50", "25", "5"];
  return [
    ...filled,
    ...edges,
    {
      type: "scatter",
      mode: x.length > 1 ? "lines" : "markers",
      name: of ? of : "median",
      x,
      y: drawable(quantiles["50"]),
      customdata: x.map((_, i) => rows.map((p) => shown(quantiles[p][i]))),
      line: { color: colour, width: 2.2 },
      hovertemplate: `${of ? `${of}<br>` : ""}${rows
        .map((p, i) => `${p === "50" ? "median" : `${p} %`} %{customdata[${i}]}`)
        .join("<br>")}<extra></extra>`,
    },
  ];
}

/** A number of a hover label. @param {number | null} value */
const shown = (value) => (value === null ? "–" : String(Number(value.toPrecision(5))));

/** Numbers that a figure can hold; null for others. @param {Numbers} values */
const drawable = (values) =>
  values.map((value) => (value !== null && Math.abs(value) < LARGEST ? value : null));

/**
 * The outline of a band: a closed polygon for each stretch in which both of its edges are known.
 * @param {number[]} x @param {Numbers} low @param {Numbers} high
 */
export function outline(x, low, high) {
  const round = { x: /** @type {Numbers} */ ([]), y: /** @type {Numbers} */ ([]) };
  let there = /** @type {number[]} */ ([]);
  const close = () => {
    if (!there.length) return;
    if (round.x.length) {
      round.x.push(null);
      round.y.push(null);
    }
    const back = there.toReversed();
    round.x.push(...there.map((i) => x[i]), ...back.map((i) => x[i]), x[there[0]]);
    round.y.push(...there.map((i) => high[i]), ...back.map((i) => low[i]), high[there[0]]);
    there = [];
  };
  for (const i of x.keys()) {
    if (low[i] === null || high[i] === null) close();
    else there.push(i);
  }
  close();
  return round;
}

/** Whether a quantity is better read on a logarithmic axis. @param {Agent} agent @param {Quantity} quantity */
export const isWide = (agent, quantity) => isWideOf(agent.quantiles[quantity]);

/**
 * Whether quantiles are better read on a logarithmic axis: they are positive, and some of them are
 * many times as large as most.
 * @param {Record<string, Numbers>} quantiles by level
 */
export function isWideOf({ 5: low, 50: middle, 95: high }) {
  const known = (/** @type {Numbers} */ values) => values.filter((value) => value !== null).map(Number);
  const all = known([...low, ...middle, ...high]);
  const typical = known(middle).sort((a, b) => a - b);
  if (!typical.length || all.some((value) => value <= 0)) return false;
  return Math.max(...all) > WIDE * typical[typical.length >> 1];
}

/**
 * The fraction of the members that are bound, with its interval.
 * @param {Ensemble} view @param {string} name @param {Theme} theme
 */
export function survival(view, name, theme) {
  return survivalOf(view.grid.iterations, view.agents[name].bound, theme.agents[1], "");
}

/**
 * @param {number[]} x @param {{ fraction: Numbers, low: Numbers, high: Numbers }} bound @param {string} colour
 * @param {string} of whose it is; "" where there is only one
 */
export function survivalOf(x, { fraction, low, high }, colour, of) {
  return [
    {
      type: "scatter",
      mode: "lines",
      ...outline(x, low, high),
      fill: "toself",
      fillcolor: faint(colour, "38"),
      line: { width: 0, color: faint(colour, "00") },
      hoverinfo: "skip",
      showlegend: false,
    },
    {
      type: "scatter",
      mode: x.length > 1 ? "lines" : "markers",
      name: of ? of : "bound",
      x,
      y: fraction,
      customdata: x.map((_, i) => [low[i], high[i]]),
      line: { color: colour, width: 2.2 },
      hovertemplate: `${of ? `${of}: ` : ""}%{y:.2%} bound<br>95 % interval %{customdata[0]:.2%} to %{customdata[1]:.2%}<extra></extra>`,
    },
  ];
}

/** @param {Theme} theme @param {number} steps @param {Units} units @param {Quantity} quantity @param {boolean} isLog */
export function fanLayout(theme, steps, units, quantity, isLog) {
  const { title, unit } = QUANTITIES[quantity];
  return overSteps(theme, steps, {
    title: measured(title, unit ? units[/** @type {keyof Units} */ (unit)] : ""),
    ...(isLog ? { type: "log", dtick: 1, tickformat: ",~f", minor: { dtick: "D1" } } : {}),
  });
}

/**
 * The axis begins at 0, or where there is nothing below: it says so.
 * @param {Theme} theme @param {number} steps @param {Numbers} [low] - the least that may be bound
 */
export function survivalLayout(theme, steps, low = [0]) {
  const least = Math.min(1, ...low.filter((one) => one !== null).map(Number));
  const from = least > 0.5 ? Math.min(0.99, Math.floor(least * 100) / 100) : 0;
  const pad = (1 - from) * 0.03;
  return overSteps(theme, steps, {
    title: measured(from ? `bound, from ${Math.round(from * 100)} %` : "members that are bound", ""),
    range: [from - pad, 1 + pad],
    tickformat: 1 - from < 0.06 ? ".1%" : ".0%",
  });
}

/** A chart over steps. @param {Theme} theme @param {number} steps @param {object} y its vertical axis */
export function overSteps(theme, steps, y) {
  const { axis, shared } = layout(theme);
  const margin = steps * 0.01;
  return {
    ...shared,
    margin: { l: 64, r: 14, t: touched() ? 34 : 26, b: 44 },
    showlegend: false,
    hovermode: "x unified",
    hoverlabel: { align: "left", bgcolor: theme.surface, bordercolor: theme.grid, font: { color: theme.text } },
    dragmode: touched() ? false : "zoom",
    xaxis: { ...axis, title: measured("step", ""), range: [-margin, steps + margin], tickformat: ",d", nticks: innerWidth < NARROW ? 4 : 6, tickangle: 0 },
    yaxis: { ...axis, nticks: 7, ...y },
  };
}
