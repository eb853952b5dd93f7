// The charts as a picture to keep: with a title, and the agents' names where there are several.

import { escaped } from "../shared/charts.js";

export const PICTURE_WIDTH = 1200; // pixels; twice as many in a PNG
const TITLE = 36; // pixels above the charts
const NAMES = 44; // more, for a row of names

/** "10,000 steps – Porta" is 10000-steps: what a file may be called. @param {string} title */
export const nameOf = (title) =>
  title.replace(/ – Porta$/, "").replace(/(\d),(?=\d{3})/g, "$1").replace(/\W+/g, "-").replace(/^-|-$/g, "").toLowerCase();

/**
 * Have the browser save a drawing as a file.
 * @param {any} Plotly @param {{ data: any[], layout: any }} drawing
 * @param {{ format: "png" | "svg", title: string, theme: import("../shared/charts.js").Theme }} how
 */
export async function savePicture(Plotly, { data, layout }, { format, title, theme }) {
  const isNamed = new Set(data.map(({ name }) => name)).size > 1;
  const above = TITLE + (isNamed ? NAMES : 0);
  const height = layout.height + above;
  const titled = {
    ...layout,
    height,
    margin: { ...layout.margin, t: layout.margin.t + above },
    showlegend: isNamed,
    legend: { ...layout.legend, y: 1 + 30 / (layout.height - layout.margin.t - layout.margin.b) },
    title: { text: escaped(title), x: 0.02, y: 0.985, yanchor: "top", font: { size: 15, color: theme.text } },
    paper_bgcolor: theme.surface,
  };
  const filename = `porta-${nameOf(document.title)}-over-time`;
  const scale = format === "png" ? 2 : 1;
  await Plotly.downloadImage({ data, layout: titled }, { format, width: PICTURE_WIDTH, height, filename, scale });
}
