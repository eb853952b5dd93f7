// Asks the server for series, and remembers the last few answers. What nobody waits for is aborted.

/**
 * @typedef {{ min: (number | null)[], max: (number | null)[] }} Band
 * @typedef {{ name: string, primary: string | null, gravity: number, t0: number[], t1: number[],
 *   start: (number | null)[], last: Last } & Partial<Record<Quantity, Band>>} AgentSeries
 * @typedef {{ t: number } & Partial<Record<Quantity, number | null>>} Last - after the last step
 * @typedef {"x" | "y" | "z" | "r" | "e" | "h" | "a" | "ecc"} Quantity
 * @typedef {object} Series
 * @property {{ t0: number, t1: number }} window
 * @property {number} end
 * @property {{ first: number, last: number }} steps
 * @property {number} first
 * @property {number} level
 * @property {boolean} exact
 * @property {{ until: number, step: number } | null} bound
 * @property {AgentSeries[]} agents
 */

/**
 * @typedef {object} Question
 * @property {import("../time/system.js").Window | null} window - null: the whole run
 * @property {number[]} agents
 * @property {readonly string[]} quantities
 * @property {number} pixels
 */

const REMEMBERED = 10; // answers of some 200 kB each

export class Source {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    /** @type {Map<string, Series>} */
    this.known = new Map();
  }

  /** The answer to a question that was asked before. @param {Question} question */
  find(question) {
    return this.known.get(this.address(question)) ?? null;
  }

  /** @param {Question} question @param {AbortSignal} signal @returns {Promise<Series>} */
  async ask(question, signal) {
    const address = this.address(question);
    const known = this.known.get(address);
    if (known) return known;
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(await reason(answer));
    const series = /** @type {Series} */ (await answer.json());
    this.known.set(address, series);
    for (const oldest of [...this.known.keys()].slice(0, -REMEMBERED)) this.known.delete(oldest);
    return series;
  }

  /** @param {Question} question */
  address({ window, agents, quantities, pixels }) {
    const query = new URLSearchParams({ pixels: String(pixels), agents: agents.join(",") });
    query.set("quantities", quantities.join(","));
    if (window) {
      query.set("t0", String(window[0]));
      query.set("t1", String(window[1]));
    }
    return `${this.url}?${query}`;
  }
}

/** @param {Response} answer */
async function reason(answer) {
  try {
    return (await answer.json()).detail ?? answer.statusText;
  } catch {
    return answer.statusText || "the server does not answer.";
  }
}
