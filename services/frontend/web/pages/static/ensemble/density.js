// The density of an ensemble: the server's picture of where its members were, on axes in lengths,
// with the orbit on which the nominal run starts over it.

import { niceStep } from "../charts/ticks.js";
import { CHART_CONFIG, layout, measured, themeOf, touched } from "../shared/charts.js";
import { isDark } from "../shared/colours.js";
import { count, reasonOf, wasGivenUp } from "../shared/text.js";

/**
 * @typedef {import("./fans.js").Ensemble} Ensemble
 * @typedef {import("../shared/charts.js").Theme} Theme
 */

const SIZE = 512; // cells: the finest level of the pyramid
const MARGIN = { l: 64, r: 14, b: 44 };
const LETTER_PX = 7.2;
const GAP_PX = 12; // between labels
const LETTERS = 5; // at least: closer they have more
const MOST_TICKS = 6;

export class DensityFigure {
  /** @param {HTMLElement} main */
  constructor(main) {
    const { density = "", length = "" } = main.dataset;
    this.url = density;
    this.unit = length;
    this.figure = /** @type {any} */ (main.querySelector('[data-figure="density"]'));
    this.note = /** @type {HTMLElement} */ (main.querySelector('[data-note="density"]'));
    this.spans = /** @type {HTMLSelectElement} */ (main.querySelector('[name="span"]'));
    this.orbit = /** @type {HTMLInputElement} */ (main.querySelector('[name="orbit"]'));
    this.asking = new AbortController();
    this.picture = { address: "", source: "" };
    this.view = /** @type {Ensemble | null} */ (null);
    this.name = "";
    this.half = 0;
    for (const one of [this.spans, this.orbit]) one.addEventListener("change", () => this.show(this.view, this.name));
    addEventListener("resize", () => this.refit());
  }

  /** Draw the density of an agent. @param {Ensemble | null} view @param {string} name */
  async show(view, name) {
    if (!view || !this.figure.isConnected) return;
    this.view = view;
    this.name = name;
    const { density } = view.agents[name];
    this.offer(density.spans);
    this.asking.abort();
    this.asking = new AbortController();
    try {
      if (!density.half_width) throw new Error("the nominal run starts at no finite distance from its primary.");
      const source = await this.pictureOf(view, name);
      await this.paint(density.half_width, source);
      this.note.textContent = this.words(view, name);
    } catch (error) {
      if (!wasGivenUp(error)) this.note.textContent = `Not drawn: ${reasonOf(error)}`;
    }
  }

  /** Offer the spans of time that there are; the chosen one stays. @param {[number, number][]} spans */
  offer(spans) {
    const words = ["All steps", ...spans.map(([first, last]) => `Steps ${count(first)} to ${count(last)}`)];
    if (this.spans.options.length === words.length) return;
    this.spans.replaceChildren(...words.map((text, i) => new Option(text, i ? String(i - 1) : "all")));
    this.spans.disabled = spans.length < 2;
  }

  /** Fetch the picture, as a data URL. @param {Ensemble} view @param {string} name */
  async pictureOf(view, name) {
    const query = new URLSearchParams({
      agent: name,
      size: String(SIZE),
      span: this.spans.value,
      theme: isDark() ? "dark" : "light",
      orbit: this.orbit.checked ? "nominal" : "none",
      ...(view.partial ? { partial: "1" } : {}),
    });
    const address = `${this.url}?${query}`;
    if (view.partial || this.picture.address !== address) {
      const answer = await fetch(address, { headers: { Accept: "image/png" }, signal: this.asking.signal });
      if (!answer.ok) throw new Error(await sentenceOf(answer));
      this.picture = { address, source: await dataUrl(await answer.blob()) };
    }
    return this.picture.source;
  }

  /** As many ticks as there is room for now. */
  refit() {
    if (this.half && this.picture.source && this.figure.isConnected) void this.paint(this.half, this.picture.source);
  }

  /** @param {number} half @param {string} source */
  async paint(half, source) {
    this.half = half;
    const theme = themeOf(document.documentElement);
    await window.Plotly.react(this.figure, primary(theme), densityLayout(theme, half, source, this.unit, ticksIn(this.figure, half)), CHART_CONFIG);
    this.figure.dataset.drawn = this.spans.value;
  }

  /** @param {Ensemble} view @param {string} name */
  words(view, name) {
    const { primary, density } = view.agents[name];
    const total = density.inside + density.outside;
    const outside = total ? Math.round((100 * density.outside) / total) : 0;
    return [
      `Positions relative to ${primary}: the stronger the colour, the more often members were there.`,
      outside ? `Of all steps, ${outside}\u202f% lie outside the square.` : "",
      this.orbit.checked ? "The line is the orbit on which the nominal run starts." : "",
    ].filter(Boolean).join(" ");
  }
}

/** Where the primary is. @param {Theme} theme */
const primary = (theme) => [
  {
    type: "scatter", x: [0], y: [0], mode: "markers", hoverinfo: "skip",
    marker: { color: theme.text, size: 9, symbol: "cross-thin", line: { color: theme.text, width: 1.5 } },
  },
];

/** The most ticks whose labels stand beside one another in the square of a figure. @param {HTMLElement} figure @param {number} half */
function ticksIn({ clientWidth, clientHeight }, half) {
  const side = Math.min(clientWidth - MARGIN.l - MARGIN.r, clientHeight - top() - MARGIN.b);
  for (let most = MOST_TICKS; most > 2; most--) {
    const step = niceStep(2 * half, most);
    const last = (-Math.floor(half / step) * step).toLocaleString("en-GB", { maximumSignificantDigits: 6 });
    if (LETTER_PX * Math.max(LETTERS, last.length) + GAP_PX <= (side * step) / (2 * half)) return most;
  }
  return 2;
}

const top = () => (touched() ? 34 : 26); // above: the tools

/** @param {Theme} theme @param {number} half @param {string} source @param {string} unit @param {number} nticks */
function densityLayout(theme, half, source, unit, nticks) {
  const { axis, shared } = layout(theme);
  const line = { ...axis, range: [-half, half], showgrid: false, zeroline: false, constrain: "domain", nticks };
  return {
    ...shared,
    margin: { ...MARGIN, t: top() },
    showlegend: false,
    dragmode: touched() ? false : "pan",
    images: [{ source, xref: "x", yref: "y", x: -half, y: half, sizex: 2 * half, sizey: 2 * half, sizing: "stretch", layer: "below" }],
    xaxis: { ...line, title: measured("x", unit), tickangle: 0 },
    yaxis: { ...line, title: measured("y", unit), scaleanchor: "x" },
  };
}

/** The sentence of a refusal. @param {Response} answer */
export async function sentenceOf(answer) {
  try {
    return (await answer.json()).detail ?? answer.statusText;
  } catch {
    return answer.statusText || `the server answered ${answer.status}.`;
  }
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
