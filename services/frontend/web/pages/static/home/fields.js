// What is wrong, in a sentence beside its field; the focus goes to the first such field.

import { make } from "./make.js";
import { point } from "./rows.js";

/** Show a sentence beside the field with this name, and none beside any other. @param {HTMLFormElement} form @param {string} name @param {string} sentence */
export function tellBeside(form, name, sentence) {
  clear(form);
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLElement)) return false;
  field.after(make("p", { className: "alert beside", id: `${name}-typed`, textContent: sentence }));
  if (!field.hasAttribute("aria-describedby")) point(field, true, `${name}-typed`);
  field.setAttribute("aria-invalid", "true");
  return true;
}

/** Take away what was said beside fields. @param {HTMLFormElement} form */
export function clear(form) {
  for (const one of form.querySelectorAll("p[id$='-typed'], p[id$='-problem'], .ask > p.alert")) {
    const field = form.elements.namedItem(one.id.replace(/-(typed|problem)$/, ""));
    if (field instanceof HTMLElement) {
      field.removeAttribute("aria-invalid");
      if (field.getAttribute("aria-describedby") === one.id) field.removeAttribute("aria-describedby");
    }
    one.remove();
  }
}

/** Put the focus on a field, in whatever is folded over it, and have the sentence beside it read. @param {HTMLFormElement} form @param {string} name */
export function focusOn(form, name) {
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLElement)) return false;
  for (let one = field.closest("details"); one; one = one.parentElement?.closest("details") ?? null) one.open = true;
  form.querySelector(`#${name}-typed`)?.setAttribute("role", "alert");
  field.focus();
  return true;
}
