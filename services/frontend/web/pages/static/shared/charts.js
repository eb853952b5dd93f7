// What all charts share: how Plotly is set up, the colours of the page, and how text is written in it.

import { agentsOf, reader } from "./colours.js";

/**
 * @typedef {{ agents: string[], surface: string, grid: string, text: string,
 *   muted: string, font: string }} Theme
 * @typedef {{ length: string, time: string, energy: string }} Units - "" where there are none
 */

export const CONFIG = {
  displaylogo: false,
  displayModeBar: true, // else nobody finds it who does not point at the figure
  responsive: true,
  doubleClick: false,
  showTips: false,
  // The cloud is a company's, and a result need not be everybody's.
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
};

/** Fingers scroll the page; on a figure they would be caught. */
export const touched = () => matchMedia("(pointer: coarse)").matches;

/** Of one chart among many: its tools are there while it is pointed at; a finger has no use for them. */
export const CHART_CONFIG = { ...CONFIG, doubleClick: "reset", displayModeBar: touched() ? false : /** @type {const} */ ("hover") };

/** Wait for plotly.js, which loads beside the modules. */
export function loaded() {
  if (window.Plotly) return Promise.resolve();
  return new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}

/** The colours of the page. @param {Element} element @returns {Theme} */
export function themeOf(element) {
  const colour = reader(element);
  return {
    agents: agentsOf(colour),
    surface: colour("--surface"),
    grid: colour("--line"),
    text: colour("--text"),
    muted: colour("--muted"),
    font: getComputedStyle(element).fontFamily,
  };
}

/** A title with its unit. @param {string} title @param {string} unit */
export const measured = (title, unit) => ({ text: unit ? `${title} (${unit})` : title });

/** A colour, mostly transparent. @param {string} hex @param {string} alpha two hex digits */
export const faint = (hex, alpha = "59") => `${hex}${alpha}`;

/** Text for Plotly, which reads some HTML. @param {string} text */
export const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** What the axes and the layout of every chart have. @param {Theme} theme */
export function layout(theme) {
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
