// The buttons about the figure: frame, plane, zoom, marks, files.

import { hasPrimary } from "./frame.js";

/** @typedef {import("../view/state.js").View} View @typedef {import("./orbit_view.js").OrbitView} OrbitView */

const STEP = 1.6;
const ORIGINS = 100; // bodies that can be chosen as the origin

export class Controls {
  /** @param {HTMLElement} root @param {View} view @param {import("./tracks.js").Tracks} whole @param {OrbitView} orbit */
  constructor(root, view, whole, orbit) {
    this.root = root;
    this.view = view;
    this.orbit = orbit;
    this.isBox = false;
    this.marks = { apsides: whole.head.bodies.length <= 3 && hasPrimary(whole.head.bodies), osculating: false, start: false };
    this.about = /** @type {HTMLSelectElement} */ (this.#part("about"));
    this.planes = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("[name=plane]")]);
    this.#frames(whole);
    this.about.addEventListener("change", () => view.set({ about: this.about.value, extent: null }));
    for (const one of this.planes)
      one.addEventListener("change", () => view.set({ plane: /** @type {any} */ (one.value), extent: null }));
    this.#press("in", () => orbit.zoomBy(STEP));
    this.#press("out", () => orbit.zoomBy(1 / STEP));
    this.#press("fit", () => orbit.fit());
    this.#press("back", () => view.undo());
    this.#press("boxed", () => this.#box(!this.isBox));
    this.#press("png", () => orbit.save("png"));
    this.#press("svg", () => orbit.save("svg"));
    for (const name of /** @type {const} */ (["apsides", "osculating", "start"])) this.#mark(name);
    this.#part("table").addEventListener("toggle", () => orbit.tabulate());
    this.show();
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.root.querySelector(`[data-orbit="${name}"]`));
  }

  /** @param {string} name @param {() => void} action */
  #press(name, action) {
    this.#part(name).addEventListener("click", action);
  }

  /** @param {"apsides" | "osculating" | "start"} name */
  #mark(name) {
    const box = /** @type {HTMLInputElement | null} */ (this.#part(name));
    if (!box) return; // nothing orbits anything
    box.checked = this.marks[name];
    box.addEventListener("change", () => {
      this.marks = { ...this.marks, [name]: box.checked };
      this.orbit.paint(false);
    });
  }

  /** Offer the frames that there are. @param {import("./tracks.js").Tracks} whole */
  #frames({ head }) {
    const { bodies } = head;
    const primaries = new Set(bodies.flatMap(({ primary }) => (primary ? [primary] : [])));
    const words = primaries.size === 1 ? `About ${[...primaries][0]}` : "Each about its primary";
    if (hasPrimary(bodies)) this.about.append(new Option(words, "primary"));
    this.about.append(new Option("Inertial", "inertial"));
    const only = primaries.size === 1 ? primaries : new Set();
    for (const { name } of bodies.filter(({ name: one }) => !only.has(one)).slice(0, ORIGINS))
      this.about.append(new Option(`About ${name}`, name));
  }

  /** Have the buttons say what is looked at. */
  show() {
    const { about, plane } = this.view.state;
    const offered = [...this.about.options].map(({ value }) => value);
    this.about.value = offered.includes(about) ? about : "inertial";
    if (offered.length && about !== "primary" && offered[0] === "primary" && !offered.includes(about)) {
      const label = this.about.options[0].text;
      if (label === `About ${about}`) this.about.value = "primary";
    }
    for (const one of this.planes) one.checked = one.value === plane;
    /** @type {HTMLButtonElement} */ (this.#part("back")).disabled = !this.view.canUndo;
    this.#part("boxed").setAttribute("aria-pressed", String(this.isBox));
  }

  /** @param {boolean} isBox */
  #box(isBox) {
    this.isBox = isBox;
    this.root.classList.toggle("boxing", isBox);
    this.show();
  }

  endBox() {
    this.#box(false);
  }

  /** Show a box that is being drawn. @param {[number, number, number, number] | null} box */
  draft(box) {
    const element = this.#part("draft");
    element.hidden = box === null;
    if (!box) return;
    const [left, top, right, bottom] = box;
    Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
  }
}
