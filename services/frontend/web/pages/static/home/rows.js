// The rows of the table of agents: an agent's fields, its tools, and what is wrong with it.

import { choice, make, tool } from "./make.js";
import { pathOf } from "./rules.js";
import { placeColumns } from "./scenario.js";

/**
 * @typedef {import("./scenario.js").Draft} Draft
 * @typedef {import("./scenario.js").Row} Row
 * @typedef {{ typed: (row: Row, name: string, text: string) => void, given: (i: number, orbit: boolean) => void,
 *   moved: (i: number, by: number) => void, removed: (i: number) => void }} Acts
 */

const SIGNS = { mu: "μ", node: "Ω", argp: "ω", anomaly: "ν", timeStep: "first step" };
const ANGLES = ["i", "node", "argp", "anomaly"];
export const NAMES_LIST = "names-of-agents";

/** The id of the field with a path. @param {string} path */
export const cellId = (path) => `cell-${path}`;

/** What a column is called, with its unit. @param {Draft} draft @param {string} name */
export function columnLabel({ model, settings }, name) {
  const sign = /** @type {Record<string, string>} */ (SIGNS)[name] ?? name;
  const unit = ANGLES.includes(name) ? "°" : model === "nbody" ? unitOf(name, settings.length, settings.time) : "";
  return unit ? `${sign} (${unit})` : sign;
}

/** @param {string} name @param {string} length @param {string} time */
function unitOf(name, length, time) {
  const [l, t] = [length === "1" ? "" : length, time === "1" ? "" : time];
  if (name === "mu") return l || t ? `${l ? `${l}³` : "1"}${t ? `/${t}²` : ""}` : "";
  if (name.startsWith("v")) return l || t ? `${l || "1"}${t ? `/${t}` : ""}` : "";
  return name === "e" ? "" : l;
}

/** The head of the table. @param {Draft} draft */
export function head(draft) {
  const columns = placeColumns(draft.model, false).map((name) => columnLabel(draft, name));
  const given = draft.model === "nbody" ? ["Given by"] : [];
  const names = ["Name", columnLabel(draft, "mu"), "Primary", ...given, ...columns];
  const cells = names.map((text) => make("th", { scope: "col", textContent: text }));
  return make("thead", {}, make("tr", {}, ...cells, make("td")));
}

/** An agent as a group of two rows: its fields, and what is wrong. @param {Draft} draft @param {number} i @param {Acts} acts */
export function agentRows(draft, i, acts) {
  const row = draft.agents[i];
  const place = placeColumns(draft.model, row.orbit);
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {Record<string, unknown>} */ more = {}) => {
    const input = make("input", {
      id: cellId(pathOf(i, row, name)), value: row.texts[name] ?? "", autocomplete: "off", spellcheck: false,
      "aria-label": `${label} of agent ${i + 1}`, inputMode: more.text ? "text" : "decimal",
      oninput: (/** @type {InputEvent} */ event) => acts.typed(row, name, /** @type {HTMLInputElement} */ (event.target).value),
    });
    if (more.className) input.className = String(more.className);
    if (more.list) input.setAttribute("list", NAMES_LIST);
    if (more.placeholder) input.placeholder = String(more.placeholder);
    return make("td", { "data-label": label, className: more.wide ? "wide" : "" }, input);
  };
  const cells = [
    field("name", "Name", { text: true, className: "name", wide: true }),
    field("mu", columnLabel(draft, "mu")),
    field("primary", "Primary", { text: true, list: true, placeholder: "heaviest" }),
    ...(draft.model === "nbody" ? [givenBy(i, row, acts)] : []),
    ...place.map((name) => field(name, columnLabel(draft, name))),
    make("td", { className: "tools" }, ...tools(draft, i, acts)),
  ];
  const note = make("tr", { className: "note", hidden: true }, make("td", { colSpan: cells.length }, make("p", { className: "alert beside", id: `note-${i}` })));
  return make("tbody", { "data-agent": i, className: row.orbit ? "orbit" : "state" }, make("tr", {}, ...cells), note);
}

/** @param {number} i @param {Row} row @param {Acts} acts */
function givenBy(i, row, acts) {
  const select = choice([["state", "position"], ["orbit", "orbit"]], row.orbit ? "orbit" : "state", {
    id: cellId(`agents[${i}].given`), "aria-label": `How the place of agent ${i + 1} is given`,
    onchange: (/** @type {Event} */ event) => acts.given(i, /** @type {HTMLSelectElement} */ (event.target).value === "orbit"),
  });
  return make("td", { "data-label": "Given by" }, select);
}

/** What the tools of an agent do. @param {Row} row @param {number} i */
function toolLabels(row, i) {
  const name = row.texts.name || `agent ${i + 1}`;
  return [`Move ${name} up`, `Move ${name} down`, `Remove ${name}`];
}

/** Call the tools of an agent by its new name. @param {HTMLElement} group @param {Row} row */
export function relabel(group, row) {
  const labels = toolLabels(row, Number(group.dataset.agent));
  group.querySelectorAll(".tool").forEach((one, k) => {
    one.setAttribute("aria-label", labels[k]);
    one.setAttribute("title", labels[k]);
  });
}

/** @param {Draft} draft @param {number} i @param {Acts} acts */
function tools(draft, i, acts) {
  const [up, down, remove] = toolLabels(draft.agents[i], i);
  const last = draft.agents.length - 1;
  const buttons = [
    tool("↑", up, () => acts.moved(i, -1), i === 0),
    tool("↓", down, () => acts.moved(i, 1), i === last),
    tool("✕", remove, () => acts.removed(i), last === 0),
  ];
  ["up", "down", "remove"].forEach((what, k) => (buttons[k].id = cellId(`agents[${i}].${what}`)));
  return buttons;
}

/** Show what is wrong with an agent below it. @param {HTMLElement} group @param {Map<string, string>} problems */
export function mark(group, problems) {
  const i = group.dataset.agent;
  /** @type {string[]} */
  const sentences = [];
  for (const input of group.querySelectorAll("input")) {
    const problem = problems.get(input.id.replace(/^cell-/, ""));
    point(input, problem !== undefined, `note-${i}`);
    if (problem !== undefined) sentences.push(problem);
  }
  const note = /** @type {HTMLElement} */ (group.querySelector(".note"));
  note.hidden = sentences.length === 0;
  /** @type {HTMLElement} */ (note.querySelector("p")).textContent = sentences.join(" ");
}

/** Point a field at the sentence of what is wrong with it. @param {Element} field @param {boolean} isWrong @param {string} id */
export function point(field, isWrong, id) {
  if (isWrong) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
  } else if (field.getAttribute("aria-describedby") === id) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}
