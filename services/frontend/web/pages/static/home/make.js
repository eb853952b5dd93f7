// Makes elements, for the parts of the page that only scripts have.

/**
 * Make an element with properties, or attributes where a name has a hyphen, and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, unknown>} [properties] @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/** A button that is no submission. @param {string} text @param {string} label @param {() => void} act @param {boolean} [disabled] */
export const tool = (text, label, act, disabled = false) =>
  make("button", { type: "button", className: "tool", textContent: text, "aria-label": label, title: label, disabled, onclick: act });

/** A choice among words. @param {string[][]} options value and text of each @param {string} value */
export function choice(options, value, properties = {}) {
  const select = make("select", properties, ...options.map(([one, text]) => new Option(text, one)));
  select.value = value;
  return select;
}
