// What the figure shows, in words: the line below it, its label, and its numbers as a table.

import { stateAt } from "./frame.js";
import { clock, count, figure } from "../shared/text.js";
import { length } from "./ticks.js";

/** @typedef {import("./tracks.js").Tracks} Tracks @typedef {import("./frame.js").Moving} Moving */

const ROWS = 120;
const NAMED = 6;
const SECOND = 1;
const LONG = 9; // characters of a time in the key of colours

/**
 * How detailed it is. @param {Tracks} tracks @param {readonly Moving[]} moving
 */
export function detail({ head }, moving) {
  const steps = head.level === 0 ? "every step" : head.level === SECOND ? "every second step" : `one state in ${count(2 ** head.level)} steps`;
  const open = moving.reduce((sum, { joined }) => sum + joined.reduce((a, b) => a + b, 0), 0);
  const all = moving.reduce((sum, { joined }) => sum + Math.max(0, joined.length - 1), 0);
  return open < 0.9 * all ? `${steps}, as dots: zoom in for lines` : steps;
}

/** The frame and the plane in words. @param {string} about @param {readonly Moving[]} moving @param {import("./camera.js").Plane} plane @param {boolean} isInSpace */
export function frameWords(about, moving, plane, isInSpace) {
  const primaries = new Set(moving.flatMap(({ body }) => (body.primary ? [body.primary] : [])));
  const frame =
    about === "inertial" ? "in the inertial frame"
    : about === "primary" ? `about ${primaries.size === 1 ? [...primaries][0] : "each one's primary"}`
    : `about ${about}`;
  return isInSpace ? `${frame}, ${plane === "3d" ? "in space" : `projected to the ${plane[0]}-${plane[1]} plane`}` : frame;
}

/** @param {readonly [number, number]} window @param {string} unit */
export const windowWords = ([t0, t1], unit) =>
  `t = ${clock(t0, t1 - t0)} to ${clock(t1, t1 - t0)}${unit ? `\u202f${unit}` : ""}`;

/**
 * The times of the key of colours: the first and the last, or how long after the first where both
 * are long. @param {readonly [number, number]} window @param {string} unit
 */
export function keyTimes([t0, t1], unit) {
  const [from, to] = [clock(t0, t1 - t0), clock(t1, t1 - t0)];
  const until = Math.max(from.length, to.length) > LONG ? ` + ${figure(t1 - t0, 3)}` : ` – ${to}`;
  return `t ${from}${until}${unit && ` ${unit}`}`;
}

/** @param {readonly Moving[]} moving */
export function names(moving) {
  const all = moving.map(({ body }) => body.name);
  return all.length > NAMED ? `${all.slice(0, NAMED - 1).join(", ")} and ${count(all.length - NAMED + 1)} more` : all.join(", ");
}

/** Where the first bodies are. @param {readonly Moving[]} moving @param {number} time @param {string} unit @param {boolean} isInSpace */
export const places = (moving, time, unit, isInSpace) =>
  moving
    .filter(({ rests }) => !rests)
    .slice(0, 3)
    .map((one) => {
      const { place } = stateAt(one, time);
      return `${one.body.name} at ${place.slice(0, isInSpace ? 3 : 2).map((x) => length(x, unit)).join(", ")}`;
    })
    .join("; ");

/** Write the samples of the figure into a table, evenly chosen. @param {HTMLElement} place @param {readonly Moving[]} moving @param {boolean} isInSpace @param {{ length: string, time: string }} units */
export function table(place, moving, isInSpace, units) {
  const axes = isInSpace ? ["x", "y", "z"] : ["x", "y"];
  const head = ["Agent", with_("t", units.time), ...axes.map((axis) => with_(axis, units.length))];
  const each = Math.max(2, Math.floor(ROWS / Math.max(1, moving.length)));
  const rows = moving.slice(0, ROWS / 2).flatMap((one) =>
    chosen(one.t.length, each).map((i) => [one.body.name, figure(one.t[i], 9), ...axes.map((_, axis) => figure(one.place[axis][i], 9))]),
  );
  const element = document.createElement("table");
  element.className = "dense";
  const caption = document.createElement("caption");
  caption.className = "visually-hidden";
  caption.textContent = `Positions: ${count(rows.length)} of the samples that are drawn`;
  const [thead, tbody] = [document.createElement("thead"), document.createElement("tbody")];
  thead.append(row(head, "th", "col"));
  tbody.append(...rows.map((cells) => row(cells, "td", "row")));
  element.append(caption, thead, tbody);
  place.replaceChildren(element);
}

/** @param {number} all @param {number} wanted */
const chosen = (all, wanted) =>
  Array.from({ length: Math.min(all, wanted) }, (_, i) => Math.round((i * (all - 1)) / Math.max(1, Math.min(all, wanted) - 1)));

/** @param {string} name @param {string} unit */
const with_ = (name, unit) => (unit ? `${name} (${unit})` : name);

/** @param {string[]} cells @param {"th" | "td"} tag @param {"col" | "row"} scope */
function row(cells, tag, scope) {
  const element = document.createElement("tr");
  element.append(
    ...cells.map((text, i) => {
      const cell = document.createElement(i === 0 ? "th" : tag);
      if (i === 0 || tag === "th") cell.setAttribute("scope", scope);
      if (i > 0) cell.className = "number";
      cell.textContent = text;
      return cell;
    }),
  );
  return element;
}
