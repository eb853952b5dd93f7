// The steps around a time, as the model computed them: for read-outs that rest, and for stepping.

import { meanStep } from "./system.js";
import { isWithin, timesOf, valuesAt } from "./values.js";

/** @typedef {import("./system.js").System} System */
/** @typedef {import("../charts/source.js").Source} Source */
/** @typedef {import("../charts/source.js").Series} Series */

const AROUND = 40; // steps on either side
const PIXELS = 512; // so that fewer steps than these are given one by one
const TRIES = 6; // with shorter windows, where steps are unequal
const NARROWER = 1 / 8;

export class Neighbourhood {
  /** @param {Source} source @param {System} system @param {readonly string[]} quantities */
  constructor(source, system, quantities) {
    this.source = source;
    this.system = system;
    this.quantities = quantities;
    this.asking = new AbortController();
    /** @type {Series | null} */
    this.series = null;
  }

  /** Stop what is asked for. */
  stop() {
    this.asking.abort();
  }

  /** The exact values, if they are known. @param {number} index @param {number} t */
  find(index, t) {
    return this.series && valuesAt(this.series, this.system.names[index], t, this.system.steps);
  }

  /** Ask for the steps around a time; false if another question took its place. @param {number} index @param {number} t */
  async look(index, t) {
    this.asking.abort();
    const asking = (this.asking = new AbortController());
    let around = AROUND * meanStep(this.system);
    for (let tries = 0; tries < TRIES; tries++, around *= NARROWER) {
      const window = /** @type {const} */ ([Math.max(0, t - around), t + around]);
      const question = { window, agents: [index], quantities: this.quantities, pixels: PIXELS };
      const series = await this.source.ask(question, asking.signal);
      if (asking.signal.aborted) return false;
      if (series.exact || tries === TRIES - 1) this.series = series;
      if (series.exact) return true;
    }
    return true;
  }

  /**
   * The time of the next or the last state of an agent; null where that is not known yet.
   * @param {number} index @param {number} t @param {1 | -1} direction
   */
  beside(index, t, direction) {
    const agent = this.series?.exact ? this.series.agents.find(({ name }) => name === this.system.names[index]) : null;
    if (!agent || !this.series || !isWithin(this.series, agent, t)) return null;
    const times = timesOf(agent);
    const next = direction > 0 ? times.find((one) => one > t) : times.findLast((one) => one < t);
    return next ?? null;
  }
}
