// From series, as the server gives them, to what Plotly draws. Pure functions.

import { escaped, faint, layout } from "../shared/charts.js";
import { axisOf, titleOf } from "./ticks.js";

/** @typedef {import("../shared/charts.js").Theme} Theme */
/** @typedef {import("../time/system.js").System} System */
/** @typedef {import("../time/system.js").Window} Window */
/** @typedef {import("./source.js").Series} Series */
/** @typedef {import("./source.js").AgentSeries} AgentSeries */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./ticks.js").Axis} Axis */
/** @typedef {[number, number | null, boolean]} Point - time, value, and whether a step is there */

export const MARGIN = { l: 64, r: 14, t: 26, b: 46 }; // fixed: the cursor and the gestures hang on it
const ROW = 118; // pixels
const GAP = 36; // between rows: the title of the lower one
const LARGEST = 1e300; // Plotly adds to what it draws, and multiplies it by pixels
const SMALLEST = 1e-300; // it divides pixels by the length of an axis
const DOT = 5; // pixels
const TICK = 92; // pixels that a label on the axis of time needs

/** @param {number} rows */
export const heightOf = (rows) => MARGIN.t + MARGIN.b + rows * ROW + (rows - 1) * GAP;

/** The least and the greatest value of a row in a window. @param {Series} series @param {Row} row @param {Window} window */
export function extent({ agents, exact }, row, window) {
  let low = Infinity;
  let high = -Infinity;
  for (const agent of agents) {
    for (const [min, max] of exact ? onLine(agent, row, window) : inBins(agent, row, window)) {
      if (min < low) low = min;
      if (max > high) high = max;
    }
  }
  return { low, high };
}

/** @param {AgentSeries} agent @param {Row} row @param {Window} window @returns {[number, number][]} */
const onLine = (agent, row, window) =>
  lineOf(agent, row, window).flatMap(([, value]) => (value === null ? [] : [[value, value]]));

/** @param {AgentSeries} agent @param {Row} row @param {Window} window @returns {[number, number][]} */
function inBins(agent, { key }, [from, to]) {
  const band = agent[key];
  if (!band) return [];
  const there = [...agent.t0.keys()].filter((i) => agent.t1[i] >= from && agent.t0[i] <= to && band.min[i] !== null);
  return there.map((i) => [Number(band.min[i]), Number(band.max[i])]);
}

/**
 * The line through an agent's steps, cut at the window's edges; null where a quantity is not defined.
 * @param {AgentSeries} agent @param {Row} row @param {Window} window
 * @returns {Point[]}
 */
function lineOf(agent, { key, at }, [from, to]) {
  const band = agent[key];
  if (!band) return [];
  const steps = stepsOf(agent, band);
  const points = /** @type {Point[]} */ (steps.map((i) => [agent[at][i], band.min[i], true]));
  // Only positions are where steps end: what is of an orbit has its last point at the end of the run.
  const reachesEnd = at === "t0" && steps.length > 0 && agent.t1[steps[steps.length - 1]] >= agent.last.t;
  if (reachesEnd) points.push([agent.last.t, agent.last[key] ?? null, true]);
  const first = points.findIndex(([t]) => t >= from);
  const last = points.findLastIndex(([t]) => t <= to);
  const inside = first < 0 || last < first ? [] : points.slice(first, last + 1);
  const [before, after] = [points[first < 0 ? points.length : first - 1], points[last + 1]];
  const next = inside[0] ?? after;
  const previous = inside[inside.length - 1] ?? before;
  return [
    ...(before && next && next[0] > from ? [meeting(before, next, from)] : []),
    ...inside,
    ...(after && previous && previous[0] < to ? [meeting(previous, after, to)] : []),
  ];
}

/** Where the line between two points is at a time. @param {Point} a @param {Point} b @param {number} t @returns {Point} */
function meeting([t0, low], [t1, high], t) {
  if (low === null || high === null || !(t1 > t0)) return [t, null, false];
  return [t, low + ((t - t0) / (t1 - t0)) * (high - low), false];
}

/** The bins in which an agent steps. @param {AgentSeries} agent @param {import("./source.js").Band} band */
function stepsOf(agent, band) {
  const steps = agent.r ?? agent.x ?? band;
  return [...agent.t0.keys()].filter((i) => steps.min[i] !== null || band.min[i] !== null);
}

/**
 * The rows that have a value in only a part of the bins that are drawn. @param {Series} series
 * @param {Row[]} rows @param {Window} window
 */
export const inPart = (series, rows, window) =>
  rows.filter((row) => {
    const there = extent(series, row, window);
    return there.low <= there.high && series.agents.some((agent) => hasGap(agent, row, window));
  });

/** @param {AgentSeries} agent @param {Row} row @param {Window} window */
function hasGap(agent, { key }, [from, to]) {
  const band = agent[key];
  return Boolean(band) && stepsOf(agent, /** @type {import("./source.js").Band} */ (band)).some(
    (i) => agent.t1[i] > from && agent.t0[i] < to && band?.min[i] === null,
  );
}

/**
 * Why these can't be drawn truly; "" if they can.
 * @param {Series} series @param {Row[]} rows @param {Window} window
 */
export function undrawable(series, rows, window) {
  for (const row of rows) {
    const { low, high } = extent(series, row, window);
    if (low > high || low === high) continue;
    if (Math.max(-low, high) > LARGEST || high - low < SMALLEST)
      return "a figure reaches from 1e-300 to 1e300, and these numbers are beyond. The files hold them all.";
  }
  return "";
}

/** The axis of time of a window, on so many pixels. @param {Window} window @param {number} width */
export const timeAxis = ([t0, t1], width) =>
  axisOf(t0, t1, Math.max(2, Math.floor((width - MARGIN.l - MARGIN.r) / TICK)));

/** A row's axis, and the range that it shows. @param {{ low: number, high: number }} extent */
function valueAxis({ low, high }) {
  if (low > high) return { axis: axisOf(0, 1, 2), range: [0, 1], isEmpty: true };
  const pad = low === high ? Math.abs(low) * 0.01 || 1 : (high - low) * 0.07;
  const axis = low === high ? axisOf(low, high, 1) : axisOf(low - pad, high + pad, 4);
  return { axis, range: [low - pad - axis.offset, high + pad - axis.offset], isEmpty: false };
}

/**
 * What Plotly takes to draw rows of a window.
 * @param {Series} series @param {Row[]} rows @param {Window} window
 * @param {{ theme: Theme, width: number, system: System }} how
 */
export function figure(series, rows, window, { theme, width, system }) {
  const time = timeAxis(window, width);
  const axes = rows.map((row) => valueAxis(extent(series, row, window)));
  const data = rows.flatMap((row, place) =>
    series.agents.flatMap((agent) => {
      const colour = colourOf(theme, system.names.indexOf(agent.name));
      const shape = shapeOf(agent, row, series.exact, window, time.offset, axes[place].axis.offset);
      return shape ? [trace(agent.name, shape, place, colour, series.exact)] : [];
    }),
  );
  const partly = inPart(series, rows, window);
  return { data, layout: layoutOf(rows, axes, time, window, { theme, width, system, exact: series.exact, partly }) };
}

/** The colour of an agent in all figures. @param {Theme} theme @param {number} index */
export const colourOf = (theme, index) => theme.agents[Math.max(0, index) % theme.agents.length];

/**
 * @param {string} name @param {{ x: (number | null)[], y: (number | null)[], dots?: number[] }} shape
 * @param {number} place @param {string} colour @param {boolean} exact
 */
const trace = (name, { dots, ...shape }, place, colour, exact) => ({
  type: "scatter",
  mode: dots && dots.length < 80 ? "lines+markers" : "lines",
  name: escaped(name),
  legendgroup: name,
  showlegend: place === 0,
  xaxis: "x",
  yaxis: place === 0 ? "y" : `y${place + 1}`,
  hoverinfo: "skip",
  line: { color: colour, width: exact ? 1.5 : 1, simplify: false },
  marker: { color: colour, size: dots ?? DOT },
  ...(exact ? {} : { fill: "toself", fillcolor: faint(colour) }),
  ...shape,
});

/**
 * A line through values, or the outline of a band: a polygon for each stretch without a gap. Bins in
 * which the agent waited are passed over; one where the quantity is not defined is a gap.
 * @param {AgentSeries} agent @param {Row} row @param {boolean} exact @param {Window} window
 * @param {number} t - the offset of times @param {number} v - the offset of values
 */
export function shapeOf(agent, row, exact, window, t, v) {
  const band = agent[row.key];
  if (!band) return null;
  if (exact) {
    const line = lineOf(agent, row, window);
    const dots = line.map(([, , isStep]) => (isStep ? DOT : 0));
    return { x: line.map(([time]) => time - t), y: line.map(([, value]) => less(value, v)), dots };
  }
  const stepped = stepsOf(agent, band);
  const x = /** @type {(number | null)[]} */ ([]);
  const y = /** @type {(number | null)[]} */ ([]);
  for (const part of stretches(stepped, (i) => band.min[i] !== null)) {
    const there = part.flatMap((i) => [[agent.t0[i] - t, less(band.max[i], v)], [agent.t1[i] - t, less(band.max[i], v)]]);
    const back = part.toReversed().flatMap((i) => [[agent.t1[i] - t, less(band.min[i], v)], [agent.t0[i] - t, less(band.min[i], v)]]);
    const round = [...there, ...back, there[0], [null, null]];
    for (const [one, other] of round) {
      x.push(one);
      y.push(other);
    }
  }
  return { x, y };
}

/** @param {number | null} value @param {number} offset */
const less = (value, offset) => (value === null ? null : value - offset);

/** @param {number[]} places @param {(place: number) => boolean} isThere */
function stretches(places, isThere) {
  const all = /** @type {number[][]} */ ([]);
  let open = false;
  for (const place of places) {
    if (!isThere(place)) open = false;
    else if (open) all[all.length - 1].push(place);
    else all.push([place]);
    if (isThere(place)) open = true;
  }
  return all;
}

/**
 * @param {Row[]} rows @param {{ axis: Axis, range: number[], isEmpty: boolean }[]} axes
 * @param {Axis} time @param {Window} window
 * @param {{ theme: Theme, width: number, system: System, exact: boolean, partly: Row[] }} how
 */
function layoutOf(rows, axes, time, window, { theme, width, system, exact, partly }) {
  const { axis, shared } = layout(theme);
  const height = heightOf(rows.length);
  const inner = height - MARGIN.t - MARGIN.b;
  const domain = (/** @type {number} */ row) => {
    const top = 1 - (row * (ROW + GAP)) / inner;
    return [Math.max(0, top - ROW / inner), top];
  };
  const ticked = (/** @type {Axis} */ { values, labels }) => ({ tickmode: "array", tickvals: values, ticktext: labels });
  const fixed = { ...axis, automargin: false, fixedrange: true, tickangle: 0, zeroline: false };
  return {
    ...shared,
    width,
    height,
    margin: MARGIN,
    showlegend: false,
    dragmode: false,
    xaxis: {
      ...fixed,
      ...ticked(time),
      title: { text: titleOf("time t", time, system.units.time), standoff: 12 },
      anchor: rows.length === 1 ? "y" : `y${rows.length}`,
      range: window.map((t) => t - time.offset),
    },
    ...Object.fromEntries(
      rows.map((_, row) => [
        row === 0 ? "yaxis" : `yaxis${row + 1}`,
        { ...fixed, ...ticked(axes[row].axis), showticklabels: !axes[row].isEmpty, domain: domain(row), range: axes[row].range },
      ]),
    ),
    annotations: rows.flatMap((row, place) => [
      heading(row, axes[place].axis, domain(place)[1], exact, theme, system, partly.includes(row)),
      ...(axes[place].isEmpty ? [nothing(row, domain(place), theme)] : []),
    ]),
  };
}

/**
 * A row's title, above it. The range of the eccentricity follows from those of energy and angular
 * momentum, and may be wider than it. @param {Row} row @param {Axis} axis @param {number} top
 * @param {boolean} exact @param {Theme} theme @param {System} system @param {boolean} isInPart
 */
const heading = (row, axis, top, exact, theme, system, isInPart) => ({
  text: `${row.name} ${titleOf(row.symbol, axis, row.unit ? system.units[row.unit] : "")}${row.key === "ecc" && !exact ? ", bounds" : ""}${isInPart ? ", in part" : ""}`,
  xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left", yanchor: "bottom",
  showarrow: false, font: { color: theme.text, size: 12.5 }, yshift: 3,
});

/** Why a row is empty. @param {Row} row @param {number[]} domain @param {Theme} theme */
const nothing = (row, [low, high], theme) => ({
  text: row.key === "a" ? "not defined where ε passes 0" : "no value in this window",
  xref: "paper", yref: "paper", x: 0.5, y: (low + high) / 2, xanchor: "center", yanchor: "middle",
  showarrow: false, font: { color: theme.muted, size: 12.5 },
});
