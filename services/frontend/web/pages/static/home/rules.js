// What can be said of a scenario while it is typed: simple rules. The server's own count. Pure.

import { labelsOf, numberOf, placeColumns, settingsOf } from "./scenario.js";

/**
 * @typedef {import("./scenario.js").Draft} Draft
 * @typedef {import("./scenario.js").Row} Row
 */

const EPOCH = /^\d{4}-(\d\d-\d\d|\d{3})T\d\d:\d\d:\d\d(\.\d{1,12}0*)?$/;
const NO_NUMBER = "must be a finite number, such as 12.5 or 1e-3.";

/** The path of an agent's field, as the server names it. @param {number} i @param {Row} row @param {string} name */
export const pathOf = (i, row, name) =>
  row.orbit && placeColumns("nbody", true).includes(name) ? `agents[${i}].orbit.${name}` : `agents[${i}].${name}`;

/** What is wrong, in sentences by path, in the order of the page. @param {Draft} draft @returns {Map<string, string>} */
export function problemsOf(draft) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const say = (/** @type {string} */ path, /** @type {string | null} */ problem) => {
    if (problem && !found.has(path)) found.set(path, `${path.replace(/^.*\./, "")} ${problem}`);
  };
  for (const name of settingsOf(draft.model)) say(name, ofSetting(draft, name));
  for (const name of labelsOf(draft)) say(name, ofLabel(draft, name));
  /** @type {Map<string, number>} */
  const names = new Map();
  draft.agents.forEach((row, i) => {
    say(`agents[${i}].name`, ofName(row.texts.name ?? "", draft, names, i));
    say(`agents[${i}].mu`, numberOf(row.texts.mu) === null ? NO_NUMBER : null);
    for (const name of placeColumns(draft.model, row.orbit)) say(pathOf(i, row, name), ofPlace(draft, row, name));
  });
  const known = new Set(names.keys());
  draft.agents.forEach((row, i) => say(`agents[${i}].primary`, ofPrimary(row, draft, known)));
  return found;
}

/** @param {string} name @param {Draft} draft @param {Map<string, number>} names @param {number} i */
function ofName(name, draft, names, i) {
  if (name.trim() === "") return "must not be empty.";
  if (name === "__proto__" || (draft.model === "nbody" && name === "barycentre")) return "is a word that is taken; choose another.";
  const first = names.get(name);
  if (first !== undefined) return `is the same as that of agent ${first + 1}.`;
  names.set(name, i);
  return null;
}

/** @param {Draft} draft @param {string} name */
function ofSetting({ settings, read }, name) {
  const text = settings[name] ?? "";
  if (name === "tolerance" && text.trim() === "") return null;
  const value = numberOf(text);
  if (value === null) return NO_NUMBER;
  switch (name) {
    case "dt": return value > 0 ? null : "must be above 0.";
    case "epsilon": return value > 0 ? null : "must be above 0.";
    case "dt_span": return value >= 0 ? null : "must be at least 0.";
    case "dt_min": return value >= 2 * (read.epsilon ?? 0) ? null : `must be at least 2 epsilon, that is ${2 * read.epsilon}.`;
    default: {
      if (settings.integrator !== "gauss-radau-15") return "is of gauss-radau-15 alone: leave it empty.";
      return value === 0 || (value >= 1e-12 && value <= 1e-2) ? null : "must be from 1e-12 to 1e-2, or 0 to keep dt.";
    }
  }
}

/** @param {Draft} draft @param {string} name */
function ofLabel({ settings }, name) {
  const [epoch, scale] = [settings.epoch.trim(), settings.time_scale];
  if (name === "epoch" && !epoch && scale) return "must stand beside time_scale: one says nothing without both.";
  if (name === "time_scale" && epoch && !scale) return "must stand beside epoch: one says nothing without both.";
  if (name === "epoch" && epoch && !EPOCH.test(epoch)) return "must be a date with a time, without a zone, such as 2026-01-01T00:00:00.";
  return null;
}

/** @param {Draft} draft @param {Row} row @param {string} name */
function ofPlace(draft, row, name) {
  const text = row.texts[name];
  const isLeftOut = (name === "z" || name === "vz") && (text ?? "").trim() === "";
  if (isLeftOut) return null;
  const value = numberOf(text);
  if (value === null) return NO_NUMBER;
  const least = 2 * (draft.read.epsilon ?? 0);
  if (name === "timeStep" && value < least) return `must be at least 2 epsilon, that is ${least}.`;
  if (!row.orbit) return null;
  if (name === "e" && value < 0) return "must be at least 0.";
  if (name === "e" && value === 1) return "can't be 1: a parabola has no semi-major axis.";
  if (name === "i" && (value < 0 || value > 180)) return "must be from 0 to 180 degrees.";
  const e = row.read.e ?? 0;
  if (name === "a" && (e < 1 ? value <= 0 : value >= 0)) return e < 1 ? "must be above 0 for an ellipse." : "must be below 0 for a hyperbola.";
  return null;
}

/** @param {Row} row @param {Draft} draft @param {Set<string>} known */
function ofPrimary(row, draft, known) {
  const primary = row.texts.primary ?? "";
  if (primary === "") return null;
  if (primary === "barycentre" && draft.model === "nbody") {
    return row.orbit ? "can't be the barycentre for an orbit: name an agent." : null;
  }
  return known.has(primary) && primary !== row.texts.name ? null : "must be the name of another agent.";
}
