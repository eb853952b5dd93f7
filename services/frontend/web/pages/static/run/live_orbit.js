// The orbit of a run that is not over: the states that are stored so far, drawn as the figure of a
// finished run draws them: about the primary, with axes and a scale. One that has escaped shows its
// bound phase, of which nothing could be seen beside the way out.

import { Camera } from "../orbit/camera.js";
import { paletteOf } from "../orbit/colours.js";
import { sharp } from "../orbit/inset.js";
import { shownOf } from "../orbit/legend.js";
import { Scene } from "../orbit/scene.js";
import { boundPhase, load } from "../orbit/tracks.js";
import { frameWords, names, windowWords } from "../orbit/words.js";
import { onScheme } from "../shared/colours.js";
import { INITIAL } from "../view/state.js";

const LEAST_MS = 1500; // between two looks, and ten times as long as one takes
const POINTS = 2 ** 14;
const GIVE_UP_MS = 20_000;
const UNMARKED = { apsides: false, osculating: false, start: false };
const KEPT = [[0, 0, 210, 44]]; // the key of colours; names leave it free

export class LiveOrbit {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.place = /** @type {HTMLElement | null} */ (main.querySelector("[data-live]"));
    this.units = { length: main.dataset.length ?? "", time: main.dataset.time ?? "" };
    this.next = 0;
    this.done = 0;
    /** @type {Scene | null} */ this.scene = null;
    this.canvas = document.createElement("canvas");
    this.words = document.createElement("p");
    this.words.className = "muted shown";
    addEventListener("resize", () => this.draw());
    onScheme(() => this.draw());
  }

  /** Show so many steps, unless it was looked a moment ago. @param {number} done */
  async look(done) {
    const { place } = this;
    if (!place?.dataset.path || done <= this.done || performance.now() < this.next) return;
    this.next = Infinity;
    const began = performance.now();
    try {
      await this.#ask(`${place.dataset.path}?partial=1`);
      this.done = done;
      this.show();
    } catch {
      // nothing is stored yet, or the server is away; the next look may find more
    }
    const took = performance.now() - began;
    this.next = performance.now() + Math.max(LEAST_MS, 10 * took);
  }

  /** @param {string} url */
  async #ask(url) {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const whole = await load(url, null, POINTS, null, signal);
    const bound = boundPhase(whole.head);
    const tracks = bound ? await load(url, bound, POINTS, null, signal) : whole;
    this.scene = new Scene(tracks, whole, INITIAL, shownOf(whole.head.bodies, null));
  }

  show() {
    const { scene, canvas } = this;
    const empty = this.place?.querySelector("[data-live=empty]");
    if (empty) {
      empty.replaceWith(canvas, this.words);
      canvas.setAttribute("role", "img");
    }
    if (!scene) return;
    const { tracks, moving, window } = scene;
    const phase = boundPhase(scene.whole.head) ? "Bound phase" : "So far";
    this.words.textContent = `${phase}, ${windowWords(window, this.units.time)}`;
    const frame = frameWords("primary", moving, scene.plane, tracks.head.dimensions === 3);
    canvas.setAttribute("aria-label", `The orbit as far as it is computed: ${names(moving)} ${frame}; ${this.words.textContent}`);
    this.draw();
  }

  draw() {
    const { canvas, scene, units } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!scene || !canvas.isConnected || !width || !height) return;
    scene.paintWith(paletteOf(canvas));
    const camera = new Camera(scene.fit(width, height) ?? [0, 0, 1], width, height);
    const pen = sharp(canvas);
    pen.clearRect(0, 0, width, height);
    if (!camera.resolves(camera.extent)) return;
    scene.paintBase(pen, camera, units.length, units.time, Infinity);
    scene.paintLive(pen, camera, scene.window[1], UNMARKED, [...KEPT, [width - 145, height - 52, 145, 52]]);
  }
}
