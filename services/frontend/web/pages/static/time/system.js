// What a run is made of, as its page says: agents, units, steps and its end. And what is looked at of it.

/** @typedef {import("../view/state.js").ViewState} ViewState */

/**
 * @typedef {object} System
 * @property {string[]} names - of all agents
 * @property {boolean[]} orbiting - whether each has a primary
 * @property {boolean} about_no_body - whether one's primary is a point where there is no body
 * @property {string} axes - xy or xyz
 * @property {number} end - the time at the end
 * @property {number} steps
 * @property {Record<"time" | "length" | "speed" | "energy" | "momentum", string>} units - "" where
 *   there are none
 */

/** @typedef {readonly [number, number]} Window */

export const MOST = 12; // agents that can be told apart in one chart

/** @param {HTMLElement} main @returns {System} */
export const systemOf = (main) => JSON.parse(main.dataset.system ?? "{}");

/** The window that is shown. @param {Readonly<ViewState>} state @param {System} system @returns {Window} */
export const windowOf = (state, system) => state.window ?? [0, system.end];

/** Where the cursor is. @param {Readonly<ViewState>} state @param {System} system */
export function cursorOf(state, system) {
  const at = state.cursor ?? windowOf(state, system)[1];
  return Math.min(system.end, Math.max(0, at));
}

/** Whether a window is the whole run. @param {Window} window @param {System} system */
export const isWhole = ([t0, t1], system) => t0 <= 0 && t1 >= system.end;

/**
 * The numbers of the agents in charts: of those that are shown the first with a primary, or else
 * the first. @param {Readonly<ViewState>} state @param {System} system @returns {number[]}
 */
export function charted({ shown }, { names, orbiting }) {
  const wanted = shown && new Set(shown);
  const there = [...names.keys()].filter((a) => !wanted || wanted.has(names[a]));
  const any = orbiting.some(Boolean);
  return (any ? there.filter((a) => orbiting[a]) : there).slice(0, MOST);
}

/** How long a step takes, on average. @param {System} system */
export const meanStep = ({ end, steps }) => end / Math.max(1, steps);
