// From the comparison of two runs, as the server gives it, to words and to what Plotly draws. Pure.

import { escaped, layout, measured } from "../shared/charts.js";
import { figure } from "../shared/text.js";

/**
 * @typedef {(number | null)[]} Numbers
 * @typedef {import("../shared/charts.js").Theme} Theme
 * @typedef {{ mode: "lines" | "markers", x: Numbers, y: Numbers }} Path
 * @typedef {{ threshold: number, from: number | null, last: number | null, largest: number | null }} Apart
 * @typedef {{ difference: Numbers, apart: Apart, a: Path, b: Path }} OfAgent
 * @typedef {{ end: number, centre: string | null, t: number[], agents: Record<string, OfAgent>, paths_until: number }} Runs
 * @typedef {{ length: string, time: string }} Units
 */

/** @param {number | null} value @param {string} unit */
const withUnit = (value, unit) => (unit ? `${figure(value, 3)}\u202f${unit}` : figure(value, 3));

/** How far apart an agent is in the two runs, in a sentence. @param {string} name @param {OfAgent} of @param {number} end @param {Units} units */
export function sentenceOf(name, { apart }, end, { length, time }) {
  const { threshold, from, last, largest } = apart;
  const till = `t = ${withUnit(end, time)}`;
  if (largest === null) return `${name}: no common time has a state of both.`;
  if (largest === 0) return `${name}: at the same place in both, to the last bit, up to ${till}.`;
  if (from === null) return `${name}: never more than ${withUnit(threshold, length)} apart up to ${till}; ${withUnit(largest, length)} at the most.`;
  const after = from === 0 ? "from the start" : `after t = ${withUnit(from, time)}`;
  return `${name}: ${after} they are more than ${withUnit(threshold, length)} apart; at ${till} they are ${withUnit(last, length)} apart.`;
}

/** The sentences of all agents. @param {Runs} runs @param {Units} units */
export const sentences = (runs, units) => isZero(runs)
  ? ["They are the same, to the bit, as far as both go."]
  : Object.entries(runs.agents).map(([name, of]) => sentenceOf(name, of, runs.end, units));

/** The paths of both over one another. @param {Runs} runs @param {Theme} theme */
export function paths(runs, theme) {
  const [b, a] = theme.agents;
  return Object.entries(runs.agents).flatMap(([name, of]) => [
    trace(`A: ${name}`, of.a, { color: a, width: 1.8 }),
    trace(`B: ${name}`, of.b, { color: b, width: 1.3, dash: "dash" }),
  ]);
}

/** @param {string} name @param {Path} path @param {{ color: string, width: number, dash?: string }} line */
function trace(name, { mode, x, y }, line) {
  const shown = x.length === 1 || mode === "markers" ? "markers" : "lines";
  return {
    type: "scatter", mode: shown, name: escaped(name), x, y, line, marker: { color: line.color, size: x.length === 1 ? 9 : 3 },
    hovertemplate: "%{fullData.name}<br>%{x:.5g}, %{y:.5g}<extra></extra>",
  };
}

/** @param {Theme} theme @param {Units} units */
export function pathsLayout(theme, { length }) {
  const { axis, shared } = layout(theme);
  return {
    ...shared, showlegend: false, hovermode: "closest",
    xaxis: { ...axis, title: measured("x", length), zeroline: false, constrain: "domain" },
    yaxis: { ...axis, title: measured("y", length), zeroline: false, scaleanchor: "x", constrain: "domain" },
  };
}

/** The differences over time, an agent a line; where they are 0 a logarithm has none. @param {Runs} runs @param {Theme} theme */
export function differences(runs, theme) {
  return Object.entries(runs.agents).map(([name, { difference }], i) => ({
    type: "scatter", mode: "lines", name: escaped(name), x: runs.t, y: difference.map((one) => (one === 0 ? null : one)),
    line: { color: theme.agents[i % theme.agents.length], width: 1.8 },
    hovertemplate: `${escaped(name)}<br>t %{x:.5g}<br>%{y:.3g} apart<extra></extra>`,
  }));
}

/** A distance is never negative, so its axis is of logarithms. @param {Theme} theme @param {Units} units */
export function differencesLayout(theme, { length, time }) {
  const { axis, shared } = layout(theme);
  return {
    ...shared, showlegend: true,
    xaxis: { ...axis, title: measured("time t", time) },
    yaxis: { ...axis, title: measured("apart", length), exponentformat: "e", minexponent: 3, nticks: 8, type: "log" },
  };
}

/** Whether nothing differs, of agents that have common states. @param {Runs} runs */
export const isZero = (runs) => Object.values(runs.agents).every(({ apart }) => apart.largest === 0);

/** The rows of the table of data. @param {Runs} runs */
export const rows = (runs) => runs.t.map((t, k) => [figure(t, 6), ...Object.values(runs.agents).map(({ difference }) => figure(difference[k], 4))]);

/** What the figure of the paths shows, in words. @param {Runs} runs @param {Units} units */
export function shown(runs, { time }) {
  const about = runs.centre ? `Relative to ${runs.centre}` : "As the scenario has them";
  return `${about}, ${runs.paths_until < runs.end ? `up to t = ${withUnit(runs.paths_until, time)}` : "all of the common time"}.`;
}
