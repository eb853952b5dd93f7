// From an overview, as the server gives it, to what Plotly draws. Pure functions.

/**
 * @typedef {{ min: (number | null)[], max: (number | null)[] }} Band
 * @typedef {{ name: string, primary: string | null,
 *   path: { mode: "lines" | "markers", t: number[], x: (number | null)[], y: (number | null)[] },
 *   series: Record<string, Band> & { t: number[] } }} AgentView
 * @typedef {{ window: { t0: number, t1: number }, frame: string, level: number, exact: boolean,
 *   agents: AgentView[] }} Overview
 * @typedef {{ agents: string[], grid: string, text: string, muted: string, font: string }} Theme
 * @typedef {{ length: string, time: string, energy: string }} Units - "" where there are none
 */

const QUANTITIES = {
  r: { words: ["distance", "r"], unit: "length" },
  e: { words: ["specific energy", "e"], unit: "energy" },
  x: { words: ["x"], unit: "length" },
  y: { words: ["y"], unit: "length" },
  z: { words: ["z"], unit: "length" },
};

/**
 * The quantities drawn over time: orbital ones where there are any, and z where anybody leaves the
 * x-y plane, which the figure of the orbit can't show.
 * @param {Overview} view
 */
export function quantities(view) {
  const orbital = view.agents.some((agent) => agent.series.r);
  const rises = view.agents.some(({ series: { z } }) => z && [...z.min, ...z.max].some((value) => value));
  const keys = [...(orbital ? ["r", "e"] : ["x", "y"]), ...(rises ? ["z"] : [])];
  return keys.map((key) => ({ key, ...QUANTITIES[key] }));
}

/** A title with its unit. @param {string} title @param {string} unit */
const measured = (title, unit) => ({ text: unit ? `${title} (${unit})` : title });

/** Plotly's name of an axis of a row. @param {string} axis @param {number} row */
const inRow = (axis, row) => (row === 0 ? axis : `${axis}${row + 1}`);

/** @param {Theme} theme @param {number} index */
const colour = (theme, index) => theme.agents[index % theme.agents.length];

/**
 * The orbit: the path of each agent, and where it is at the end.
 * @param {Overview} view @param {Theme} theme
 */
export function orbit(view, theme) {
  const paths = view.agents.map((agent, index) => ({
    type: "scatter",
    name: escaped(agent.name),
    legendgroup: agent.name,
    x: agent.path.x,
    y: agent.path.y,
    text: agent.path.t,
    mode: agent.path.mode,
    line: { color: colour(theme, index), width: 1.4, simplify: false },
    marker: { color: colour(theme, index), size: 2.6, opacity: 0.55 },
    hovertemplate: "t %{text:.6~g}<br>x %{x:.5~g}<br>y %{y:.5~g}<extra>%{fullData.name}</extra>",
  }));
  const ends = view.agents.map((agent, index) => ({
    type: "scatter",
    legendgroup: agent.name,
    showlegend: false,
    x: agent.path.x.slice(-1),
    y: agent.path.y.slice(-1),
    mode: "markers",
    marker: { color: colour(theme, index), size: 9, line: { color: theme.text, width: 1 } },
    hovertemplate: `${escaped(agent.name)} at the end<br>x %{x:.5~g}<br>y %{y:.5~g}<extra></extra>`,
  }));
  return [...paths, ...ends];
}

/**
 * The quantities over time: a line where each point is exact (through the iterations in which the
 * agent waited), else the band that holds all.
 * @param {Overview} view @param {Theme} theme
 */
export function series(view, theme) {
  const rows = quantities(view);
  return rows.flatMap(({ key }, row) =>
    view.agents.flatMap((agent, index) => {
      const band = agent.series[key];
      if (!band) return [];
      const shape = view.exact ? line(agent.series.t, band) : outline(agent.series.t, band);
      return [
        {
          type: "scatter",
          name: escaped(agent.name),
          legendgroup: agent.name,
          showlegend: row === 0 && view.agents.filter((one) => one.series[key]).length > 1,
          xaxis: "x",
          yaxis: inRow("y", row),
          mode: "lines",
          line: { color: colour(theme, index), width: view.exact ? 1.4 : 1 },
          ...shape,
          ...(view.exact
            ? { connectgaps: true, hovertemplate: "t %{x:.6~g}<br>%{y:.6~g}<extra>%{fullData.name}</extra>" }
            : { fill: "toself", fillcolor: faint(colour(theme, index)), hoverinfo: "skip" }),
        },
      ];
    }),
  );
}

/** @param {number[]} t @param {Band} band */
const line = (t, band) => ({ x: t, y: band.max });

/**
 * The outline of a band, a closed polygon; a bin without a step, in which the agent waited, is
 * bridged.
 * @param {number[]} t @param {Band} band
 */
function outline(t, { min, max }) {
  const there = [...t.keys()].filter((i) => min[i] !== null);
  const back = there.toReversed();
  const round = [...there, ...back, ...there.slice(0, 1)];
  return {
    x: round.map((i) => t[i]),
    y: [...there.map((i) => max[i]), ...back.map((i) => min[i]), ...there.slice(0, 1).map((i) => max[i])],
  };
}

const LARGEST = 1e300; // Plotly adds to what it draws, and multiplies it by pixels
const SMALLEST = 1e-300; // it divides pixels by the length of an axis

/**
 * Why this can't be drawn truly; "" if it can.
 * @param {Overview} view
 */
export function undrawable(view) {
  const axes = [
    view.agents.map(({ path }) => path.x),
    view.agents.map(({ path }) => path.y),
    ...quantities(view).map(({ key }) =>
      view.agents.flatMap(({ series }) => (series[key] ? [series[key].min, series[key].max] : [])),
    ),
  ];
  for (const lists of axes) {
    const numbers = lists.flat().filter((number) => number !== null);
    const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
    const high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low > high || low === high) continue;
    if (Math.max(-low, high) > LARGEST || high - low < SMALLEST)
      return "a figure reaches from 1e-300 to 1e300, and these numbers are beyond. The files hold them all.";
  }
  return "";
}

/**
 * Until when any agent is bound to its primary, that is, its energy below zero at times; null
 * where nobody ever is, or somebody still is at the end.
 * @param {Overview} view
 */
export function boundUntil(view) {
  let until = /** @type {number | null} */ (null);
  for (const { series } of view.agents) {
    const there = [...series.t.keys()].filter((i) => (series.e?.min[i] ?? null) !== null);
    const last = there.findLastIndex((i) => Number(series.e.min[i]) < 0);
    if (last >= 0 && last >= there.length - 2) return null;
    if (last >= 0) until = Math.max(until ?? -Infinity, series.t[there[last]]);
  }
  return until;
}

/** A colour, mostly transparent. @param {string} hex */
const faint = (hex) => `${hex}59`;

/** Text for Plotly, which reads some HTML. @param {string} text */
export const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param {Theme} theme */
function layout(theme) {
  const axis = {
    gridcolor: theme.grid,
    zerolinecolor: theme.grid,
    linecolor: theme.grid,
    tickcolor: theme.grid,
    exponentformat: "e", // "power" draws superscripts, with inline styles that our policy forbids
    minexponent: 8,
    separatethousands: true,
    automargin: true,
  };
  const shared = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font, color: theme.muted, size: 12 },
    margin: { l: 56, r: 12, t: touched() ? 58 : 34, b: 44 }, // above: tools, legend; on phones a row each
    legend: { itemsizing: "constant", orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { color: theme.text } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.muted, activecolor: theme.text },
    hoverlabel: { align: "left" },
    uirevision: "as the reader left it",
  };
  return { axis, shared };
}

/** Fingers scroll the page; on a figure they would be caught. Its tools zoom instead. */
const touched = () => matchMedia("(pointer: coarse)").matches;

/** @param {Theme} theme @param {Units} units */
export function orbitLayout(theme, units) {
  const { axis, shared } = layout(theme);
  return {
    ...shared,
    // Fixed: the scale hangs on the margins, and automatic margins on the scale's labels.
    margin: { ...shared.margin, l: 84, r: 24 },
    dragmode: touched() ? false : "pan",
    xaxis: { ...axis, title: measured("x", units.length), automargin: false, tickangle: 0 },
    yaxis: { ...axis, title: measured("y", units.length), scaleanchor: "x", automargin: false },
  };
}

/**
 * @param {Theme} theme
 * @param {Overview} view
 * @param {[number, number] | null} zoomed
 * @param {Units} units
 */
export function seriesLayout(theme, view, zoomed, units) {
  const { axis, shared } = layout(theme);
  const rows = quantities(view);
  const range = zoomed ?? [view.window.t0, view.window.t1];
  return {
    ...shared,
    dragmode: touched() ? false : "zoom",
    xaxis: { ...axis, title: measured("time t", units.time), anchor: inRow("y", rows.length - 1), range },
    ...Object.fromEntries(
      rows.map(({ words, unit }, row) => [
        inRow("yaxis", row),
        { ...axis, title: measured(titled(words, rows.length), units[unit]), domain: domain(row, rows.length), fixedrange: true },
      ]),
    ),
  };
}

const LONG = 12; // letters: a low axis has no room for more in a line

/** The title of one of so many rows. @param {string[]} words @param {number} rows */
const titled = (words, rows) => words.join(rows > 2 && words.join(" ").length > LONG ? "<br>" : " ");

const BETWEEN = 0.08; // of the figure's height

/** Where a row of so many is, from above, in a figure from 0 to 1. @param {number} row @param {number} rows */
function domain(row, rows) {
  const height = (1 - BETWEEN * (rows - 1)) / rows;
  const top = 1 - row * (height + BETWEEN);
  return [Math.max(0, top - height), top];
}
