// The charts over time: they follow the view, and change it. The plot is drawn at once from what is
// known, and again when the server has answered at the resolution of its pixels.

import { themeOf } from "../shared/charts.js";
import { onScheme } from "../shared/colours.js";
import { differs } from "../view/state.js";
import { charted, cursorOf, isWhole, windowOf } from "../time/system.js";
import { Glass } from "./glass.js";
import { Legend } from "./legend.js";
import { PICTURE_WIDTH, savePicture } from "./picture.js";
import { idle, plotly, seen } from "./plotly.js";
import { drawn, possible } from "./rows.js";
import { tableOf } from "./table.js";
import { colourOf, figure, heightOf, inPart, undrawable } from "./traces.js";
import { described, missing } from "./words.js";
import { scaled } from "./zoom.js";

/** @typedef {import("../view/state.js").View} View */
/** @typedef {import("../time/system.js").System} System */
/** @typedef {import("../time/system.js").Window} Window */
/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Series} Series */

const REST_MS = 90; // a gesture fires often; the server is asked when it rests
const POINTS = 4096; // bins of all agents together, in one row
const FEW = 3; // agents of which everything is asked for, for the read-outs
const STEP = 0.5; // of the buttons

export class Charts {
  /** @param {HTMLElement} main @param {View} view @param {System} system @param {Source} source */
  constructor(main, view, system, source) {
    this.main = main;
    this.view = view;
    this.system = system;
    this.source = source;
    this.plot = /** @type {any} */ (main.querySelector("[data-figure=series]"));
    this.note = /** @type {HTMLElement} */ (main.querySelector("[data-figure=shown]"));
    this.empty = this.part("empty");
    this.table = /** @type {HTMLDetailsElement} */ (this.part("table"));
    /** @type {Series | null} */
    this.series = null;
    /** @type {Set<(series: Series) => void>} */
    this.listeners = new Set();
    this.asking = new AbortController();
    this.timer = 0;
    this.frame = 0;
    this.plotly = /** @type {any} */ (null);
    this.theme = themeOf(document.documentElement);
    this.legend = new Legend(main, view, system, (index) => colourOf(this.theme, index));
    this.glass = new Glass(this.part("glass"), {
      window: () => this.window,
      end: system.end,
      zoom: (window) => view.set({ window }),
      point: (cursor) => view.set({ cursor }, { undoable: false }),
    });
    this.wire();
    this.reserve();
    this.refresh();
    this.begin();
  }

  /** @param {string} name */
  part(name) {
    return /** @type {HTMLElement} */ (this.main.querySelector(`[data-charts="${name}"]`));
  }

  /** @returns {Window} */
  get window() {
    return windowOf(this.view.state, this.system);
  }

  get rows() {
    return drawn(this.view.state.rows, this.system);
  }

  wire() {
    const { view, system } = this;
    const press = (/** @type {string} */ name, /** @type {() => void} */ act) => this.part(name).addEventListener("click", act);
    press("whole", () => view.set({ window: [0, system.end] }));
    press("bound", () => this.series?.bound && view.set({ window: [0, this.series.bound.until] }));
    press("undo", () => view.undo());
    press("in", () => this.zoom(STEP));
    press("out", () => this.zoom(1 / STEP));
    press("copy", () => navigator.clipboard?.writeText(this.note.textContent ?? "").then(() => this.said("copy", "Copied"), () => this.said("copy", "Select the words to copy them")));
    press("png", () => this.save("png"));
    press("svg", () => this.save("svg"));
    this.table.addEventListener("toggle", () => this.tabulate());
    view.follow((state, before) => this.follow(state, before));
    onScheme(() => this.repaint());
    new ResizeObserver(() => this.resized()).observe(this.plot.parentElement);
  }

  /** @param {string} name @param {string} words */
  said(name, words) {
    const button = this.part(name);
    const before = button.textContent;
    button.textContent = words;
    setTimeout(() => (button.textContent = before), 1500);
  }

  /** Zoom about the pointer where it is over the charts, else about the cursor, else the middle. @param {number} factor */
  zoom(factor) {
    const [t0, t1] = this.window;
    const cursor = cursorOf(this.view.state, this.system);
    const inside = this.view.state.cursor !== null && cursor >= t0 && cursor <= t1;
    const at = this.glass.hovered ?? (inside ? cursor : (t0 + t1) / 2);
    this.view.set({ window: scaled([t0, t1], at, factor, this.system.end) });
  }

  async begin() {
    await Promise.all([seen(this.plot), idle()]);
    try {
      this.plotly = await plotly(this.main.dataset.plotly ?? "");
    } catch (error) {
      this.fail(error);
    }
    this.schedule();
  }

  /** @param {import("../view/state.js").ViewState} state @param {import("../view/state.js").ViewState} before */
  follow(state, before) {
    if (!this.plot.isConnected) return;
    this.part("undo").toggleAttribute("disabled", !this.view.canUndo);
    if (differs(state, before, "shown", "rows")) {
      this.legend.show();
      this.reserve();
    }
    if (differs(state, before, "window", "shown", "rows")) this.refresh();
    else if (state.of !== before.of) this.tabulate();
    this.cursor();
  }

  cursor() {
    this.glass.cursor(cursorOf(this.view.state, this.system));
  }

  /** Keep the place of the plot, so that nothing moves when it comes. */
  reserve() {
    this.plot.style.height = `${heightOf(this.rows.length)}px`;
  }

  /** What to ask the server for. @param {Window | null} window */
  question(window = isWhole(this.window, this.system) ? null : this.window) {
    const agents = charted(this.view.state, this.system);
    const rows = agents.length <= FEW ? possible(this.system) : this.rows;
    const wanted = Math.ceil((this.plot.clientWidth * Math.min(2, devicePixelRatio)) / 256) * 256;
    const pixels = Math.max(256, Math.min(2048, wanted, Math.floor(POINTS / Math.max(1, agents.length))));
    return { window, agents, quantities: [...new Set([...rows.map(({ key }) => key), "x"])], pixels };
  }

  /** Draw what is known, and ask for what is not. */
  refresh() {
    this.asking.abort();
    this.asking = new AbortController();
    clearTimeout(this.timer);
    const question = this.question();
    const known = question.agents.length ? this.source.find(question) : null;
    if (known) this.take(known);
    else {
      this.schedule();
      if (question.agents.length) this.timer = setTimeout(() => this.ask(question), this.series ? REST_MS : 0);
    }
  }

  /** @param {import("./source.js").Question} question */
  async ask(question) {
    const { signal } = this.asking;
    this.plot.setAttribute("aria-busy", "true");
    try {
      const series = await this.source.ask(question, signal);
      if (!signal.aborted && this.plot.isConnected) this.take(series);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  }

  /** @param {any} error */
  fail(error) {
    this.plot.removeAttribute("aria-busy");
    this.note.textContent = `Not drawn: ${error.message}`;
  }

  /** @param {Series} series */
  take(series) {
    this.series = series;
    this.plot.removeAttribute("aria-busy");
    for (const listener of this.listeners) listener(series);
    this.schedule();
    this.tabulate();
    this.label();
  }

  /** Call back with each new series. @param {(series: Series) => void} listener */
  listen(listener) {
    this.listeners.add(listener);
    if (this.series) listener(this.series);
  }

  /** Say what is shown, and which button would change nothing. */
  label() {
    const { series, window, system } = this;
    if (!series) return;
    const bound = this.part("bound");
    bound.hidden = series.bound === null;
    const until = series.bound?.until;
    bound.setAttribute("aria-pressed", String(window[0] <= 0 && window[1] === until));
    this.part("whole").setAttribute("aria-pressed", String(isWhole(window, system)));
    const reason = undrawable(series, this.rows, window);
    this.note.textContent = reason ? `Not drawn: ${reason}` : described(series, window, system) + missing(inPart(series, this.rows, window), series.exact);
  }

  resized() {
    this.cursor();
    if (this.plot.clientWidth && this.plot.clientWidth !== this.width) this.refresh();
  }

  repaint() {
    this.theme = themeOf(document.documentElement);
    this.legend.show();
    this.schedule();
  }

  /** Draw at the next frame. */
  schedule() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.plot.isConnected) return;
    const none = charted(this.view.state, this.system).length === 0;
    this.empty.hidden = !none;
    this.empty.textContent = none ? "No agent is shown. Press its name above to show it." : "";
    this.cursor();
    const { series, window, rows } = this;
    this.width = this.plot.clientWidth;
    if (!this.plotly || !series || !this.width) return;
    if (none || undrawable(series, rows, window)) {
      this.plotly.purge(this.plot);
      return;
    }
    const { data, layout } = this.figure(series, this.width);
    this.plotly.react(this.plot, data, layout, { staticPlot: true });
    const asked = this.source.find(this.question()) === series;
    if (asked) {
      this.plot.dataset.drawn = String(series.level);
      performance.mark("porta:charts");
    } else delete this.plot.dataset.drawn;
  }

  /** @param {Series} series @param {number} width */
  figure(series, width) {
    return figure(series, this.rows, this.window, { theme: this.theme, width, system: this.system });
  }

  /** Have the table say what the charts show, while it is open. */
  tabulate() {
    if (!this.table.open || !this.series) return;
    const which = Math.max(0, this.series.agents.findIndex(({ name }) => name === this.view.state.of));
    this.table.querySelector(".scroll")?.replaceChildren(tableOf(this.series, which, this.rows, this.system));
  }

  /** @param {"png" | "svg"} format */
  async save(format) {
    if (!this.series) return;
    this.plotly ??= await plotly(this.main.dataset.plotly ?? "");
    const drawing = this.figure(this.series, PICTURE_WIDTH);
    const title = `${document.querySelector("h1")?.textContent ?? "Porta"}: ${this.note.textContent}`;
    await savePicture(this.plotly, drawing, { format, title, theme: this.theme });
  }
}
