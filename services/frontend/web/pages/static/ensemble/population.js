// Draws an ensemble: the sentence, the fans, the survival, the density and the notable members.

import { CHART_CONFIG, loaded, themeOf } from "../shared/charts.js";
import { onScheme } from "../shared/colours.js";
import { DensityFigure, sentenceOf } from "./density.js";
import { fan, fanLayout, isWide, QUANTITIES, survival, survivalLayout } from "./fans.js";
import { link, MembersTable } from "./members.js";
import { fill, quantileRows, survivalRows } from "./rows.js";
import { count, figure, reasonOf } from "../shared/text.js";

/**
 * @typedef {import("./fans.js").Ensemble} Ensemble
 * @typedef {import("./fans.js").Quantity} Quantity
 */

// A run tells of each block. The browser may share its cores with the cluster: drawing what is not
// yet whole takes a tenth of the time at most.
const LEAST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;
const DRAWING_SHARE = 0.1;

export class Population {
  /** @param {HTMLElement} main */
  constructor(main) {
    const { ensemble = "", page = "", length = "", time = "", energy = "" } = main.dataset;
    this.main = main;
    this.url = ensemble;
    this.page = page;
    this.units = { length, time, energy };
    this.view = /** @type {Ensemble | null} */ (null);
    this.looking = false;
    this.again = false;
    this.density = new DensityFigure(main);
    this.table = new MembersTable(main);
    this.agents = /** @type {HTMLSelectElement} */ (main.querySelector('[name="shown-agent"]'));
    this.agents.addEventListener("change", () => this.paint());
    for (const box of this.scales()) box.addEventListener("change", () => this.paint(box));
    for (const one of main.querySelectorAll("details[data-rows]")) one.addEventListener("toggle", () => this.list());
    onScheme(() => this.paint());
  }

  /** Draw the result. */
  async show() {
    await this.ask("");
    part(this.main, "members-card").hidden = false;
    await this.table.restart();
  }

  /** Draw what there is of a run under way; looks that come too soon become one. */
  async look() {
    if (this.looking) {
      this.again = true;
      return;
    }
    this.looking = true;
    const began = performance.now();
    await this.ask("?partial=1");
    const wanted = (performance.now() - began) / DRAWING_SHARE;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, wanted));
    setTimeout(() => {
      this.looking = false;
      if (this.again && this.view?.partial !== false) {
        this.again = false;
        this.look();
      }
    }, pause);
  }

  /** @param {string} query */
  async ask(query) {
    try {
      const answer = await fetch(this.url + query);
      if (query && answer.status === 404) return; // no block is there yet
      if (!answer.ok) throw new Error(await sentenceOf(answer));
      const view = /** @type {Ensemble} */ (await answer.json());
      if (this.view && view.partial && view.finished <= this.view.finished) return; // the same, or older
      this.view = view;
      await loaded();
      await this.paint();
    } catch (error) {
      this.say("partial", `Not drawn: ${reasonOf(error)}`);
    }
  }

  /** @param {HTMLInputElement | null} [chosen] the box that the reader has just clicked */
  async paint(chosen = null) {
    const { view, main } = this;
    if (!view || !main.isConnected) return;
    part(main, "figures").hidden = false;
    const name = this.choose(view);
    this.write(view, name);
    if (chosen) chosen.dataset.chosen = "yes";
    const theme = themeOf(document.documentElement);
    const drawings = Object.keys(QUANTITIES).map((key) => {
      const quantity = /** @type {Quantity} */ (key);
      const layout = fanLayout(theme, view.steps, this.units, quantity, this.isLog(quantity, view, name));
      return this.plot(quantity, fan(view, name, quantity, theme), layout);
    });
    await Promise.all([
      ...drawings,
      this.plot("survival", survival(view, name, theme), survivalLayout(theme, view.steps, view.agents[name].bound.low)),
      this.density.show(view, name),
    ]);
    this.list();
  }

  /** @param {string} figure @param {object[]} traces @param {object} layout */
  async plot(figure, traces, layout) {
    const place = part(this.main, figure);
    await window.Plotly.react(place, traces, layout, CHART_CONFIG);
    place.dataset.drawn = String(this.view?.finished);
  }

  /** Offer the analysed agents, and return the chosen one. @param {Ensemble} view */
  choose(view) {
    const names = Object.keys(view.agents);
    if (this.agents.options.length !== names.length) {
      this.agents.replaceChildren(...names.map((name) => new Option(name, name)));
      /** @type {HTMLElement} */ (this.agents.closest("label")).hidden = names.length < 2;
    }
    return this.agents.value;
  }

  scales() {
    return /** @type {HTMLInputElement[]} */ ([...this.main.querySelectorAll("[data-log]")]);
  }

  /** Whether a quantity's axis is logarithmic: as the reader chose, else where it is wide. @param {Quantity} quantity @param {Ensemble} view @param {string} name */
  isLog(quantity, view, name) {
    const box = this.scales().find((one) => one.dataset.log === quantity);
    if (!box) return false;
    if (!box.dataset.chosen) box.checked ||= isWide(view.agents[name], quantity);
    return box.checked;
  }

  /** Write the sentences, the counts and the notable members. @param {Ensemble} view @param {string} name */
  write(view, name) {
    const { finished, members, partial } = view;
    const goesOn = this.main.querySelector(".stages") !== null;
    const outlook = goesOn ? "It sharpens as they arrive." : "The run came no further.";
    this.say("partial", partial ? `Partial: ${count(finished)} of ${count(members)} members are drawn. ${outlook}` : "");
    part(this.main, "sentences").replaceChildren(
      ...Object.entries(view.agents).map(([agent, { sentence }]) => {
        const words = document.createElement("p");
        words.className = "lead";
        const several = Object.keys(view.agents).length > 1;
        words.textContent = several ? `${agent}: ${sentence}` : sentence;
        return words;
      }),
    );
    fill(part(this.main, "notable"), notableRows(view.agents[name], this.page, this.units.length));
    fill(part(this.main, "outcomes"), outcomeRows(view.agents[name], finished));
  }

  /** Fill the tables of data that are open. */
  list() {
    if (!this.view) return;
    const name = this.agents.value;
    for (const one of /** @type {NodeListOf<HTMLDetailsElement>} */ (this.main.querySelectorAll("details[data-rows]"))) {
      if (!one.open) continue;
      const figure = one.dataset.rows ?? "";
      const rows = figure === "survival" ? survivalRows(this.view, name) : quantileRows(this.view, name, figure);
      fill(/** @type {HTMLElement} */ (one.querySelector("tbody")), rows);
    }
  }

  /** @param {string} place @param {string} words */
  say(place, words) {
    const note = part(this.main, place);
    note.hidden = !words;
    if (note.textContent !== words) note.textContent = words;
  }
}

/** @param {HTMLElement} main @param {string} name */
const part = (main, name) => /** @type {HTMLElement} */ (main.querySelector(`[data-figure="${name}"]`));

/** @param {import("./fans.js").Agent} agent @param {string} page @param {string} unit */
function notableRows({ escape, closest }, page, unit) {
  return ["5", "50", "95"].map((p) => [
    p === "50" ? "50 %, the median" : `${p} %`,
    escape.quantiles[p] === null ? "has not escaped" : of(`step ${inBin(Number(escape.quantiles[p]), (step) => count(Math.floor(step)))}`, page, escape.members[p]),
    closest.quantiles[p] === null ? "–" : of(`${inBin(Number(closest.quantiles[p]), figure)}${unit && ` ${unit}`}`, page, closest.members[p]),
  ]);
}

/** The bin that begins at a value, which a quantile is known to be in. @param {number} least @param {(value: number) => string} words */
function inBin(least, words) {
  const [low, high] = [words(least), words(binEnd(least))];
  return low === high || !least ? low : `${low} to ${high}`;
}

/** Where the bin of a value of at least 0 ends: bins have 7 bits of a double's mantissa. @param {number} value */
function binEnd(value) {
  const double = new DataView(new ArrayBuffer(8));
  double.setFloat64(0, value);
  double.setBigUint64(0, ((double.getBigUint64(0) >> 45n) + 1n) << 45n);
  return double.getFloat64(0);
}

/** A figure, and the member that has it. @param {string} words @param {string} page @param {number | null} member */
function of(words, page, member) {
  const place = document.createElement("span");
  place.append(words);
  if (member === null) return place;
  const small = document.createElement("small");
  small.append("member ", link(page, member));
  place.append(" ", small);
  return place;
}

const OUTCOMES = {
  bound: "Bound at the end",
  escaped: "Escaped",
  collision: "Ended by a collision",
  divergence: "Ended: a number was no longer finite",
  standstill: "Ended: a step no longer moved the time",
};

/** @param {import("./fans.js").Agent} agent @param {number} finished */
function outcomeRows({ outcomes }, finished) {
  return Object.entries(OUTCOMES)
    .filter(([key]) => outcomes[key] || key === "bound" || key === "escaped")
    .map(([key, words]) => [words, count(outcomes[key] ?? 0), share(outcomes[key] ?? 0, finished)]);
}

/** @param {number} number @param {number} of */
const share = (number, of) => (of ? `${((100 * number) / of).toFixed(1)} %` : "–");
