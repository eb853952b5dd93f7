// The quantities that charts can show over time, and which of them they do.

/** @typedef {import("../time/system.js").System} System */
/** @typedef {import("./source.js").Quantity} Quantity */
/**
 * @typedef {object} Row
 * @property {Quantity} key
 * @property {string} name
 * @property {string} symbol
 * @property {keyof System["units"] | ""} unit
 * @property {"t0" | "t1"} at - where in a bin of one step it is: position is where the step ends
 */

/** @type {Row[]} */
export const ROWS = [
  { key: "r", name: "Distance", symbol: "r", unit: "length", at: "t0" },
  { key: "e", name: "Specific energy", symbol: "ε", unit: "energy", at: "t0" },
  { key: "h", name: "Specific angular momentum", symbol: "h", unit: "momentum", at: "t0" },
  { key: "a", name: "Semi-major axis", symbol: "a", unit: "length", at: "t0" },
  { key: "ecc", name: "Eccentricity", symbol: "e", unit: "", at: "t0" },
  { key: "x", name: "Inertial position", symbol: "x", unit: "length", at: "t1" },
  { key: "y", name: "Inertial position", symbol: "y", unit: "length", at: "t1" },
  { key: "z", name: "Inertial position", symbol: "z", unit: "length", at: "t1" },
];

const ORBITAL = ["r", "e", "h", "a", "ecc"];

/** The rows that a run can have. @param {System} system */
export const possible = ({ orbiting, axes }) =>
  ROWS.filter(({ key }) => (ORBITAL.includes(key) ? orbiting.some(Boolean) : axes.includes(key)));

/** What tells most: an energy about a point where there is no body does not. @param {System} system */
function usual({ about_no_body: isAboutNoBody, axes, orbiting }) {
  if (isAboutNoBody) return ["r", ...axes];
  return orbiting.some(Boolean) ? ["r", "e", "a", "ecc"] : [...axes];
}

/**
 * The rows that are drawn, at least one. @param {readonly string[] | null} chosen
 * @param {System} system
 */
export function drawn(chosen, system) {
  const there = possible(system);
  const wanted = chosen ?? usual(system);
  const rows = there.filter(({ key }) => wanted.includes(key));
  return rows.length ? rows : there.slice(0, 1);
}
