// A scenario as the table of agents has it: texts, as they were typed. Pure functions.
//
// What is typed stays as it is; the JSON has the last number that could be read of it.

/**
 * @typedef {"nano" | "nbody"} Model
 * @typedef {{ key: number, orbit: boolean, texts: Record<string, string>,
 *   read: Record<string, number>, more: Record<string, unknown> }} Row
 * @typedef {{ model: Model, settings: Record<string, string>, read: Record<string, number>,
 *   agents: Row[], more: Record<string, unknown> }} Draft
 */

export const LABELS = ["epoch", "time_scale", "frame", "center"];
export const ELEMENTS = ["a", "e", "i", "node", "argp", "anomaly"];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const STATES = { nano: ["timeStep", "x", "y", "vx", "vy"], nbody: ["x", "y", "z", "vx", "vy", "vz"] };
const SETTINGS = { nano: ["dt_min", "dt_span", "epsilon"], nbody: ["dt", "tolerance"] };
const WORDS = ["integrator", "length", "time"];
const DEFAULTS = {
  dt_min: "0.01", dt_span: "0.09", epsilon: "0.001", dt: "0.01", tolerance: "",
  integrator: "leapfrog", length: "1", time: "1",
};
const ABSENT = { name: "", mu: "0", primary: "", timeStep: "0.01", x: "0", y: "0", z: "0", vx: "0", vy: "0", vz: "0" };

let lastKey = 0;

/** The columns that say where an agent is at the start. @param {Model} model @param {boolean} orbit */
export const placeColumns = (model, orbit) => (orbit ? ELEMENTS : STATES[model]);

/** The numbers of the model itself. @param {Model} model */
export const settingsOf = (model) => SETTINGS[model];

/** The labels, where a scenario has any: which say where and when it is. @param {Draft} draft */
export const labelsOf = ({ settings }) => LABELS.filter((name) => name in settings);

/** The number that a text is; null for none. @param {string | undefined} text */
export function numberOf(text) {
  const trimmed = (text ?? "").trim().replace("−", "-");
  const value = NUMBER.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isFinite(value) ? value : null;
}

/**
 * Read a scenario's JSON; throws an Error with a sentence where no table can show it.
 * @param {unknown} json @returns {Draft}
 */
export function draftOf(json) {
  if (!isObject(json)) throw new Error("a scenario is a JSON object.");
  const { model: named, agents, units, integrator, ...others } = json;
  if (named !== undefined && named !== "nano" && named !== "nbody") throw new Error("its model is neither nano nor nbody.");
  if (!Array.isArray(agents) || !agents.every(isObject)) throw new Error("agents must be a list of objects.");
  const model = named === "nbody" ? "nbody" : "nano";
  const settings = { ...DEFAULTS, ...(model === "nbody" ? { integrator: textOf(integrator), ...unitsOf(units) } : {}) };
  const { taken, rest } = taking(others, [...SETTINGS[model], ...LABELS]);
  const labels = LABELS.some((name) => name in taken) ? Object.fromEntries(LABELS.map((name) => [name, ""])) : {};
  const texts = { ...settings, ...labels, ...taken };
  return { model, settings: texts, read: numbersOf(texts), agents: agents.map(rowOf), more: rest };
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {unknown} value */
const textOf = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
/** @param {unknown} units */
const unitsOf = (units) => (isObject(units) ? { length: textOf(units.length), time: textOf(units.time) } : {});

/** Take these fields as texts, and return the rest. @param {Record<string, unknown>} from @param {string[]} names */
function taking(from, names) {
  const rest = { ...from };
  /** @type {Record<string, string>} */
  const taken = {};
  for (const name of names) {
    if (name in rest) taken[name] = textOf(rest[name]);
    delete rest[name];
  }
  return { taken, rest };
}

/** @param {Record<string, string>} texts */
function numbersOf(texts) {
  /** @type {Record<string, number>} */
  const numbers = {};
  for (const [name, text] of Object.entries(texts)) {
    const value = numberOf(text);
    if (value !== null) numbers[name] = value;
  }
  return numbers;
}

/** @param {Record<string, unknown>} agent @returns {Row} */
function rowOf(agent) {
  const { orbit, time, ...others } = agent;
  const { taken, rest } = taking(others, Object.keys(ABSENT));
  const elements = isObject(orbit) ? taking(orbit, ELEMENTS).taken : {};
  const texts = { ...taken, ...elements };
  const more = time === undefined ? rest : { time, ...rest };
  return { key: ++lastKey, orbit: isObject(orbit), texts, read: numbersOf(texts), more };
}

/** An agent that was not there before. @param {Draft} draft @returns {Row} */
export function newRow(draft) {
  const names = new Set(draft.agents.map((row) => row.texts.name));
  let n = draft.agents.length + 1;
  while (names.has(`Agent ${n}`)) n += 1;
  const step = draft.model === "nano" ? (draft.settings.dt_min ?? "0.01") : ABSENT.timeStep;
  const texts = { ...ABSENT, name: `Agent ${n}`, timeStep: step, x: String(n) };
  return { key: ++lastKey, orbit: false, texts, read: numbersOf(texts), more: {} };
}

/** The JSON of a draft. @param {Draft} draft */
export function documentOf(draft) {
  const { model, settings, more } = draft;
  const agents = draft.agents.map((row) => agentOf(row, model));
  const labels = Object.fromEntries(labelsOf(draft).map((name) => [name, settings[name].trim()]).filter(([, text]) => text));
  if (model === "nano") {
    return { ...more, ...numbered(draft, SETTINGS.nano), ...labels, agents };
  }
  const { integrator, length, time, tolerance } = settings;
  const hasUnits = length !== "1" || time !== "1";
  return {
    model, integrator,
    ...numbered(draft, tolerance.trim() === "" ? ["dt"] : SETTINGS.nbody),
    ...(hasUnits ? { units: { length, time } } : {}), ...labels, ...more, agents,
  };
}

/** @param {{ read: Record<string, number> }} of @param {string[]} names */
const numbered = (of, names) => Object.fromEntries(names.filter((name) => name in of.read).map((name) => [name, of.read[name]]));

/** @param {Row} row @param {Model} model */
function agentOf(row, model) {
  const { name, primary } = row.texts;
  const place = numbered(row, placeColumns(model, row.orbit && model === "nbody"));
  return {
    name: name ?? "", mu: row.read.mu ?? 0,
    ...(model === "nano" ? { time: 0 } : {}),
    ...(row.orbit && model === "nbody" ? { orbit: place } : place),
    ...(primary ? { primary } : {}),
    ...leftOver(row, model),
  };
}

/** @param {Row} row @param {Model} model */
function leftOver(row, model) {
  const { time, ...rest } = row.more;
  return model === "nano" && time !== undefined ? { time, ...rest } : rest;
}

/** Write a text into a row or into the settings, and what number it is. @param {{ read: Record<string, number> }} of @param {Record<string, string>} texts @param {string} name @param {string} text */
export function write(of, texts, name, text) {
  texts[name] = text;
  const value = numberOf(text);
  if (value !== null) of.read[name] = value;
}

/** Change the model; what the other one has beside it is kept for the way back. @param {Draft} draft @param {Model} model @returns {Draft} */
export function withModel(draft, model) {
  const settings = { ...DEFAULTS, ...draft.settings };
  const read = { ...numbersOf(settings), ...draft.read };
  for (const row of draft.agents) {
    row.texts = { ...ABSENT, ...row.texts };
    row.read = { ...numbersOf(row.texts), ...row.read };
    if (model === "nano") row.orbit = false;
  }
  return { ...draft, model, settings, read };
}

/** Whether a name is of the settings that are words. @param {string} name */
export const isWord = (name) => WORDS.includes(name);
