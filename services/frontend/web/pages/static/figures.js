// The figures of a result: the orbit, and distance and energy over time, with a linked window.
// Zooming in time asks the server for that window, as finely as its pixels allow.

import { boundUntil, orbit, orbitLayout, series, seriesLayout, undrawable } from "./traces.js";
import { clock, count } from "./text.js";

const SETTLE_MS = 180; // a drag fires often; the server is asked when it rests
const CONFIG = {
  displaylogo: false,
  displayModeBar: true, // else nobody finds it who does not point at the figure
  responsive: true,
  doubleClick: false,
  showTips: false,
  // The cloud is a company's, and a result need not be everybody's.
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
};

/** @typedef {import("./traces.js").Overview} Overview */

/** Draw the figures of the result in `main`. @param {HTMLElement} main */
export async function draw(main) {
  const figures = new Figures(main);
  await loaded();
  await figures.show(null);
}

/** Wait for plotly.js, which loads beside the modules. */
function loaded() {
  if (window.Plotly) return Promise.resolve();
  return new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}

class Figures {
  /** @param {HTMLElement} main */
  constructor(main) {
    const { overview = "", length = "", time = "", energy = "" } = main.dataset;
    this.url = overview;
    this.units = { length, time, energy };
    this.orbit = part(main, "orbit");
    this.series = part(main, "series");
    this.note = part(main, "shown");
    this.reset = /** @type {HTMLButtonElement} */ (part(main, "whole"));
    this.bound = /** @type {HTMLButtonElement} */ (part(main, "bound"));
    this.frames = /** @type {HTMLInputElement[]} */ ([...main.querySelectorAll("[name=frame]")]);
    this.view = /** @type {Overview | null} */ (null);
    this.zoomed = /** @type {[number, number] | null} */ (null);
    this.asking = new AbortController();
    this.timer = 0;
    this.listening = false;

    this.reset.addEventListener("click", () => this.show(null));
    this.bound.addEventListener("click", () => this.showBound());
    for (const one of this.frames) one.addEventListener("change", () => this.show(this.zoomed));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  /** Ask for a window (null: the whole) and draw it. @param {[number, number] | null} zoomed */
  async show(zoomed) {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const answer = await fetch(this.address(zoomed), { signal: this.asking.signal });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      this.view = /** @type {Overview} */ (await answer.json());
      this.zoomed = zoomed;
      await this.paint();
    } catch (error) {
      if (error.name !== "AbortError") this.note.textContent = `Not drawn: ${error.message}`;
    }
  }

  /** Show the time before the last agent leaves; each look tells more exactly when that is. */
  async showBound() {
    if (this.zoomed) await this.show(null);
    for (let looks = 0; looks < 6 && this.view; looks++) {
      const { t0, t1 } = this.view.window;
      const until = boundUntil(this.view);
      if (until === null || until - t0 > 0.9 * (t1 - t0)) break;
      await this.show([t0, until]);
    }
  }

  /** @param {[number, number] | null} zoomed */
  address(zoomed) {
    const frame = this.frames.find((one) => one.checked)?.value ?? "inertial";
    const width = Math.max(this.series.clientWidth, this.orbit.clientWidth);
    const pixels = Math.min(4096, Math.max(1024, Math.round(width * devicePixelRatio)));
    const query = new URLSearchParams({ frame, pixels: String(pixels) });
    if (zoomed) {
      query.set("t0", String(zoomed[0]));
      query.set("t1", String(zoomed[1]));
    }
    return `${this.url}?${query}`;
  }

  async paint() {
    const { view, zoomed } = this;
    if (!view || !this.orbit.isConnected) return;
    const reason = undrawable(view);
    if (reason) {
      for (const figure of [this.orbit, this.series]) window.Plotly.purge(figure);
      this.listening = false;
      this.note.textContent = `Not drawn: ${reason}`;
      return;
    }
    const theme = themeOf(document.documentElement);
    await Promise.all([
      window.Plotly.react(this.orbit, orbit(view, theme), orbitLayout(theme, this.units), CONFIG),
      window.Plotly.react(this.series, series(view, theme), seriesLayout(theme, view, zoomed, this.units), CONFIG),
    ]);
    this.listen();
    this.reset.disabled = zoomed === null;
    if (zoomed === null) this.bound.hidden = boundUntil(view) === null;
    this.note.textContent = described(view, Number(this.note.dataset.agents));
    for (const figure of [this.orbit, this.series]) figure.dataset.drawn = String(view.level);
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.series.on("plotly_relayout", (/** @type {Record<string, unknown>} */ change) => {
      const from = Number(change["xaxis.range[0]"]);
      const to = Number(change["xaxis.range[1]"]);
      if (from < to) this.rest(() => this.show([from, to]));
      else if (change["xaxis.autorange"]) this.rest(() => this.show(null));
    });
    this.series.on("plotly_doubleclick", () => this.rest(() => this.show(null)));
  }

  /** Do the latest of what is asked for in quick succession. @param {() => void} action */
  rest(action) {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, SETTLE_MS);
  }
}

/** @param {HTMLElement} main @param {string} name */
const part = (main, name) => /** @type {any} */ (main.querySelector(`[data-figure="${name}"]`));

/** Say in words what the figures show, of so many agents. @param {Overview} view @param {number} agents */
function described(view, agents) {
  const { t0, t1 } = view.window;
  const span = `t = ${clock(t0, t1 - t0)} to ${clock(t1, t1 - t0)}`;
  const detail = view.exact
    ? "every step"
    : `the range within every ${count(2 ** view.level)} iterations`;
  const left = agents - view.agents.length;
  return `${span}; ${detail}${left > 0 ? `; ${view.agents.length} agents, ${count(left)} more in the files` : ""}`;
}

/** Read the colours from the style sheet, so that both schemes are in one place. */
function themeOf(/** @type {Element} */ element) {
  const style = getComputedStyle(element);
  const value = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    agents: value("--agents").split(/\s*,\s*/),
    grid: value("--line"),
    text: value("--text"),
    muted: value("--muted"),
    font: style.fontFamily,
  };
}
