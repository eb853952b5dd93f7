// The first page: the form tells what it costs and what is wrong as one types, beside its fields; the
// agents are a table in step with their JSON; the lists stay fresh.

import { Cost } from "./cost.js";
import { Editor } from "./editor.js";
import { clear, focusOn, tellBeside } from "./fields.js";
import { keepFresh } from "./lists.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("ask"));
const json = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("scenario"));
const line = document.getElementById("cost");
const place = /** @type {HTMLElement} */ (document.getElementById("editor"));

const cost = form.dataset.cost && line ? new Cost(form, line, answered) : null;
const editor = new Editor(place, json, changed);
for (const one of form.querySelectorAll("[data-without-scripts]")) one.remove();
if (form.dataset.field !== "scenario") foldJson();
form.addEventListener("input", (event) => {
  if (!(event.target instanceof HTMLElement) || !place.contains(event.target)) changed();
});
form.addEventListener("submit", refuse);
showServersProblem();
if (cost && !form.dataset.problem) cost.soon();
keepFresh(new URL("lists", form.action).href);

function changed() {
  clear(form);
  cost?.soon();
}

/** @param {import("./cost.js").Answer} answer */
function answered({ problem, field, place: path }) {
  clear(form);
  if (problem === undefined || !field) return;
  if (field === "scenario" && (editor.problems.size || editor.tell(path ?? "", problem))) return;
  tellBeside(form, field, problem);
}

/** Keep a form that is known to be wrong, with the focus on the first field that is. @param {SubmitEvent} event */
function refuse(event) {
  const field = cost?.answer?.field;
  const isElsewhere = cost?.answer?.problem !== undefined && field && field !== "scenario";
  if (isElsewhere && focusOn(form, field)) event.preventDefault();
  else if (!isElsewhere && editor.focusFirst()) event.preventDefault();
}

/** A mistake that the server has found in the scenario is shown at its field of the table. */
function showServersProblem() {
  const { problem, place: path, field } = form.dataset;
  if (!problem || field !== "scenario") return;
  if (!editor.tell(path ?? "", problem)) return;
  clear(form);
  editor.focusFirst();
  foldJson();
}

/** The JSON is the alternative where there is a table. */
function foldJson() {
  const folded = form.querySelector("details.json");
  if (folded instanceof HTMLDetailsElement) folded.open = false;
}
