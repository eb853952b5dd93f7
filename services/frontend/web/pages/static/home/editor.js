// The table of agents, in step with the JSON of the form: each is written from the other as one types.

import { elementsOf, stateOf } from "./elements.js";
import { choice, make } from "./make.js";
import { agentRows, cellId, head, mark, NAMES_LIST, point, relabel } from "./rows.js";
import { problemsOf } from "./rules.js";
import { documentOf, draftOf, ELEMENTS, labelsOf, newRow, settingsOf, withModel, write } from "./scenario.js";
import { reasonOf } from "../shared/text.js";

/**
 * @typedef {import("./scenario.js").Draft} Draft
 * @typedef {import("./scenario.js").Row} Row
 * @typedef {import("./elements.js").Vector} Vector
 */

const PAGE = 20; // agents; a thousand rows of ten fields would take a browser seconds
const TITLES = { epoch: "Epoch", center: "Centre", dt_min: "Least time step", dt_span: "Random part", epsilon: "Look back, ε", dt: "Time step, dt", tolerance: "Tolerance" };
const HELP = {
  epoch: "when t is 0, such as 2026-01-01T00:00:00", center: "what the origin is, such as EARTH",
  dt_min: "of every agent", dt_span: "how much longer a time step may be", epsilon: "how long before now others are read",
  dt: "fixed; with gauss-radau-15 the first tried", tolerance: "of gauss-radau-15; empty for 1e-5",
};

export class Editor {
  /**
   * @param {HTMLElement} place @param {HTMLTextAreaElement} json @param {() => void} changed
   */
  constructor(place, json, changed) {
    this.place = place;
    this.json = json;
    this.changed = changed;
    this.first = 0;
    /** @type {Map<string, string>} what the server says, by path */
    this.told = new Map();
    /** @type {{ row: Row, at: number } | null} */
    this.taken = null;
    /** @type {Draft} */
    this.draft = draftOf(JSON.parse(json.placeholder));
    this.message = make("p", { className: "alert", hidden: true, id: "editor-message" });
    this.body = make("fieldset", {}, make("legend", { className: "visually-hidden", textContent: "Bodies" }));
    place.replaceChildren(this.message, this.body);
    place.hidden = false;
    json.addEventListener("input", () => this.load());
    this.load();
  }

  /** Read the JSON into the table. */
  load() {
    const text = this.json.value.trim() || this.json.placeholder;
    try {
      this.draft = draftOf(JSON.parse(text));
      this.message.hidden = true;
    } catch (error) {
      const why = error instanceof SyntaxError ? "it is not valid JSON." : reasonOf(error);
      this.message.textContent = `The table can’t follow the JSON below: ${why}`;
      this.message.hidden = false;
    }
    this.body.disabled = !this.message.hidden;
    this.told.clear();
    if (this.message.hidden) this.render();
  }

  get problems() {
    return this.message.hidden ? new Map([...this.told, ...problemsOf(this.draft)]) : new Map();
  }

  /** Write the table into the JSON, and say so. */
  save() {
    this.json.value = JSON.stringify(documentOf(this.draft), null, 2);
    this.told.clear();
    this.check();
    this.changed();
  }

  render() {
    const { draft } = this;
    this.first = Math.max(0, Math.min(this.first, Math.floor((draft.agents.length - 1) / PAGE) * PAGE));
    const legend = /** @type {Element} */ (this.body.firstChild);
    const shown = draft.agents.slice(this.first, this.first + PAGE).map((_, k) => agentRows(draft, this.first + k, this));
    const table = make("table", { className: "agents" }, head(draft), ...shown);
    const names = make("datalist", { id: NAMES_LIST }, ...this.names().map((name) => new Option(name, name)));
    const scroll = make("div", { className: "scroll" }, table);
    this.body.replaceChildren(legend, this.settings(), scroll, names, this.foot());
    this.check();
  }

  names() {
    const names = this.draft.agents.map((row) => row.texts.name ?? "");
    return this.draft.model === "nbody" ? [this.place.dataset.barycentre ?? "", ...names] : names;
  }

  /** The fields of the model itself, and the labels of a scenario that has any. */
  settings() {
    const { draft, place } = this;
    const words = (/** @type {string | undefined} */ list) => (list ?? "").split(" ").map((one) => [one, one === "1" ? "none" : one]);
    const models = [["nano", "nano: in a plane, random time steps"], ["nbody", "nbody: gravity in space"]];
    const model = choice(models, draft.model, { id: cellId("model"), onchange: (/** @type {Event} */ event) => this.modelled(event) });
    const fields = [this.labelled("Model", model)];
    if (draft.model === "nbody") fields.push(this.chosen("Integrator", "integrator", words(place.dataset.integrators)));
    fields.push(...settingsOf(draft.model).map((name) => this.typing(name, "decimal")));
    if (draft.model === "nbody") {
      fields.push(this.chosen("Unit of length", "length", words(place.dataset.lengths)), this.chosen("Unit of time", "time", words(place.dataset.times)));
    }
    if (labelsOf(draft).length) {
      const open = (/** @type {string | undefined} */ list) => [["", "not said"], ...words(list)];
      fields.push(
        this.typing("epoch", "text"), this.chosen("Time scale", "time_scale", open(place.dataset.scales)),
        this.chosen("Frame", "frame", open(place.dataset.frames)), this.typing("center", "text"),
      );
    }
    return make("div", { className: "settings" }, ...fields);
  }

  /** @param {string} label @param {HTMLElement} control @param {(string | Node)[]} more */
  labelled(label, control, ...more) {
    return make("div", { className: "field" }, make("label", { htmlFor: control.id, textContent: label }), control, ...more);
  }

  /** @param {string} name */
  note(name) {
    return make("p", { className: "alert beside", id: `wrong-${name}`, hidden: true });
  }

  /** @param {string} label @param {string} name @param {string[][]} options */
  chosen(label, name, options) {
    const chose = (/** @type {Event} */ event) => this.chose(name, event);
    return this.labelled(label, choice(options, this.draft.settings[name], { id: cellId(name), onchange: chose }), this.note(name));
  }

  /** @param {string} name @param {string} inputMode */
  typing(name, inputMode) {
    const unit = name === "dt" && this.draft.settings.time !== "1" ? ` (${this.draft.settings.time})` : "";
    const input = make("input", {
      id: cellId(name), value: this.draft.settings[name] ?? "", inputMode, autocomplete: "off", spellcheck: false,
      oninput: (/** @type {Event} */ event) => {
        write(this.draft, this.draft.settings, name, /** @type {HTMLInputElement} */ (event.target).value);
        this.save();
      },
    });
    const words = /** @type {Record<string, string>} */ (TITLES)[name];
    const help = make("p", { className: "help", textContent: /** @type {Record<string, string>} */ (HELP)[name] });
    return this.labelled(words + unit, input, this.note(name), help);
  }

  foot() {
    const { draft, first } = this;
    const count = draft.agents.length;
    const most = Number(this.place.dataset.most);
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, disabled = false) =>
      make("button", { type: "button", className: "button small", textContent: text, onclick: act, disabled });
    const shown = count > PAGE
      ? [
          button("Earlier agents", () => this.turn(-PAGE), first === 0),
          button("Later agents", () => this.turn(PAGE), first + PAGE >= count),
          make("span", { className: "muted", textContent: `Agents ${first + 1} to ${Math.min(first + PAGE, count)} of ${count.toLocaleString("en-GB")}` }),
        ]
      : [];
    const back = this.taken ? [button(`Put back ${this.taken.row.texts.name}`, () => this.putBack())] : [];
    const add = button("Add an agent", () => this.add(), count >= most);
    add.id = "add-agent";
    return make("div", { className: "pages" }, add, ...back, ...shown);
  }

  /** Show what is wrong beside the fields. */
  check() {
    const { problems } = this;
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll("tbody"))) mark(group, problems);
    for (const name of [...settingsOf(this.draft.model), ...labelsOf(this.draft), "integrator", "length", "time"]) {
      const note = this.body.querySelector(`#wrong-${name}`);
      const input = document.getElementById(cellId(name));
      if (!(note instanceof HTMLElement) || !input) continue;
      note.hidden = !problems.has(name);
      note.textContent = problems.get(name) ?? "";
      point(input, problems.has(name), note.id);
    }
  }

  /** Show a sentence of the server at the field with this path; false where there is none. @param {string} path @param {string} sentence */
  tell(path, sentence) {
    const to = this.fieldOf(path);
    if (to === null || !this.message.hidden) return false;
    this.told = new Map([[to, sentence]]);
    this.check();
    return true;
  }

  /** @param {string} path */
  fieldOf(path) {
    if (document.getElementById(cellId(path))) return path;
    const agent = /^agents\[(\d+)\](.*)$/.exec(path);
    if (!agent || Number(agent[1]) >= this.draft.agents.length) return null;
    const isOrbit = this.draft.agents[Number(agent[1])].orbit;
    return agent[2] && agent[2] !== ".orbit" ? path : `agents[${agent[1]}]${isOrbit ? ".orbit.a" : ".x"}`;
  }

  /** Put the focus on the first field that is wrong; false where none is. */
  focusFirst() {
    const [path] = this.problems.keys();
    if (path === undefined) return false;
    this.focus(path);
    return true;
  }

  /** @param {string} path */
  focus(path) {
    const agent = /^agents\[(\d+)\]/.exec(path);
    const i = agent ? Number(agent[1]) : this.first;
    if (i < this.first || i >= this.first + PAGE) {
      this.first = Math.floor(i / PAGE) * PAGE;
      this.render();
    }
    for (let one = this.place.closest("details"); one; one = one.parentElement?.closest("details") ?? null) one.open = true;
    document.getElementById(cellId(path))?.focus();
  }

  // What the reader does.

  /** @param {Row} row @param {string} name @param {string} text */
  typed(row, name, text) {
    write(row, row.texts, name, text);
    this.save();
    if (name === "name") {
      const group = this.body.querySelector(`[data-agent="${this.draft.agents.indexOf(row)}"]`);
      if (group instanceof HTMLElement) relabel(group, row);
      const list = this.body.querySelector("datalist");
      list?.replaceChildren(...this.names().map((one) => new Option(one, one)));
    }
  }

  /** @param {string} name @param {Event} event */
  chose(name, event) {
    this.draft.settings[name] = /** @type {HTMLSelectElement} */ (event.target).value;
    this.again(name);
  }

  /** @param {Event} event */
  modelled(event) {
    const model = /** @type {import("./scenario.js").Model} */ (/** @type {HTMLSelectElement} */ (event.target).value);
    this.draft = withModel(this.draft, model);
    this.again("model");
  }

  /** @param {number} i @param {boolean} orbit */
  given(i, orbit) {
    const row = this.draft.agents[i];
    const primary = this.primaryOf(i);
    const mu = (primary?.read.mu ?? 0) + (row.read.mu ?? 0);
    const numbers = orbit ? elementsOf(...this.relative(row, primary), mu) : stateOf(/** @type {any} */ (row.read), mu);
    if (orbit && numbers) for (const name of ELEMENTS) write(row, row.texts, name, String(/** @type {any} */ (numbers)[name]));
    if (!orbit && Array.isArray(numbers)) {
      ["x", "y", "z", "vx", "vy", "vz"].forEach((name, k) => write(row, row.texts, name, String(numbers[k] + (primary?.read[name] ?? 0))));
    }
    row.orbit = orbit;
    this.again(`agents[${i}].given`);
  }

  /** @param {Row} row @param {Row | undefined} primary @returns {[Vector, Vector]} */
  relative(row, primary) {
    const of = (/** @type {string[]} */ names) =>
      /** @type {Vector} */ (names.map((name) => (row.read[name] ?? 0) - (primary?.read[name] ?? 0)));
    return [of(["x", "y", "z"]), of(["vx", "vy", "vz"])];
  }

  /** @param {number} i */
  primaryOf(i) {
    const { agents } = this.draft;
    const named = agents[i].texts.primary;
    if (named) return agents.find((row) => row.texts.name === named);
    const heaviest = agents.reduce((best, row) => ((row.read.mu ?? 0) > (best.read.mu ?? 0) ? row : best));
    return heaviest === agents[i] ? undefined : heaviest;
  }

  /** @param {number} i @param {number} by */
  moved(i, by) {
    const { agents } = this.draft;
    agents.splice(i + by, 0, ...agents.splice(i, 1));
    const to = i + by;
    if (to < this.first || to >= this.first + PAGE) this.first = Math.floor(to / PAGE) * PAGE;
    const what = by < 0 ? "up" : "down";
    const isAtEnd = to === 0 || to === agents.length - 1;
    this.again(`agents[${to}].${isAtEnd ? (by < 0 ? "down" : "up") : what}`);
  }

  /** @param {number} i */
  removed(i) {
    const [row] = this.draft.agents.splice(i, 1);
    this.taken = { row, at: i };
    this.again(`agents[${Math.min(i, this.draft.agents.length - 1)}].name`);
  }

  putBack() {
    if (!this.taken) return;
    const { row, at } = this.taken;
    this.draft.agents.splice(at, 0, row);
    this.taken = null;
    this.again(`agents[${at}].name`);
  }

  add() {
    this.draft.agents.push(newRow(this.draft));
    const i = this.draft.agents.length - 1;
    this.first = Math.floor(i / PAGE) * PAGE;
    this.again(`agents[${i}].name`);
    const name = document.getElementById(cellId(`agents[${i}].name`));
    if (name instanceof HTMLInputElement) name.select();
  }

  /** @param {number} by */
  turn(by) {
    this.first += by;
    this.render();
    document.getElementById(cellId(`agents[${this.first}].name`))?.focus();
  }

  /** Render and save, with the focus on the field of a path. @param {string} path */
  again(path) {
    this.render();
    this.save();
    document.getElementById(cellId(path))?.focus();
  }
}

