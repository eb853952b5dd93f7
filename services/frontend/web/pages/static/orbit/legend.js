// The bodies as buttons: pressed are those that all figures show.

/** @typedef {import("./tracks.js").Body} Body @typedef {import("../view/state.js").View} View */

const BUTTONS = 18; // the rest has a button together

/** Which bodies a state shows. @param {readonly Body[]} bodies @param {readonly string[] | null} shown */
export function shownOf(bodies, shown) {
  if (!shown) return new Set(bodies.map(({ name }) => name));
  const names = new Set(shown);
  return new Set(bodies.flatMap(({ name }) => (names.has(name) ? [name] : [])));
}

/** The buttons of a figure. */
export class Legend {
  /** @param {HTMLElement} element @param {View} view @param {readonly Body[]} bodies @param {(index: number) => string} colour */
  constructor(element, view, bodies, colour) {
    this.view = view;
    this.bodies = bodies;
    this.colour = colour;
    /** @type {{ button: HTMLButtonElement, names: string[], index: number }[]} */
    this.all = [];
    const single = bodies.length <= BUTTONS + 1 ? bodies.length : BUTTONS;
    const parts = bodies.slice(0, single).map(({ name }, index) => ({ text: name, names: [name], index }));
    const rest = bodies.slice(single).map(({ name }) => name);
    if (rest.length) parts.push({ text: `${rest.length} more`, names: rest, index: single });
    for (const part of bodies.length > 1 ? parts : []) this.all.push({ ...part, button: this.#button(part) });
    element.replaceChildren(...this.all.map(({ button }) => button));
    element.hidden = this.all.length === 0;
    this.show();
  }

  /** @param {{ text: string, names: string[], index: number }} part */
  #button({ text, names }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "orbit-agent";
    const swatch = document.createElement("i");
    const name = document.createElement("span");
    name.textContent = text;
    button.append(swatch, name);
    button.addEventListener("click", () => this.#toggle(names));
    return button;
  }

  /** Show or hide bodies; the last one stays. @param {string[]} names */
  #toggle(names) {
    const shown = shownOf(this.bodies, this.view.state.shown);
    const hides = shown.has(names[0]);
    for (const name of names) {
      if (hides) shown.delete(name);
      else shown.add(name);
    }
    const left = this.bodies.flatMap(({ name }) => (shown.has(name) ? [name] : []));
    this.view.set({ shown: left.length === this.bodies.length ? null : left });
  }

  /** Have the buttons say what is shown, in the colours of the page. */
  show() {
    const shown = shownOf(this.bodies, this.view.state.shown);
    for (const { button, names, index } of this.all) {
      button.setAttribute("aria-pressed", String(shown.has(names[0])));
      button.style.setProperty("--swatch", this.colour(index));
    }
  }
}
