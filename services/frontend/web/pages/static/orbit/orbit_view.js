// The orbit view: draws where bodies go, and lets the reader look closer, from elsewhere, and back.
//
// - It keeps nothing of its own of what is looked at: it follows the page's view and changes it.
// - Paths are painted once, below; the cursor's bodies and trails above, at every frame.
// - When a zoom rests, the server is asked for as much detail as the figure can show.

import { alike, Camera, projected } from "./camera.js";
import { paletteOf } from "./colours.js";
import { Controls } from "./controls.js";
import { Early } from "./early.js";
import { save } from "./export.js";
import { after, framed, hasPrimary } from "./frame.js";
import { gestures } from "./gestures.js";
import { drawInset, emptiest, sharp } from "./inset.js";
import { Legend, shownOf } from "./legend.js";
import { nearest } from "./paths.js";
import { Scene } from "./scene.js";
import { boundPhase, load } from "./tracks.js";
import { detail, frameWords, names, places, table, windowWords } from "./words.js";
import { length } from "./ticks.js";
import { onScheme } from "../shared/colours.js";
import { clock, reasonOf, wasGivenUp } from "../shared/text.js";
import { same } from "../view/state.js";

/** @typedef {import("../view/state.js").View} View @typedef {import("../view/state.js").ViewState} ViewState */
/** @typedef {import("./tracks.js").Tracks} Tracks @typedef {import("./camera.js").Extent} Extent */

const POINTS_OF_WHOLE = 2 ** 15; // as in propagation.html, which has them loaded with the page
const POINTS = 2 ** 17;
const FEW = 64; // bodies that are asked for by name
const REST_MS = 110;
const ASK_MS = 60;
const QUICK = 12_000; // samples that are drawn while a gesture lasts
const SNAP_PX = 40; // a zoom is about the path, if the pointer is so near
const PICK_PX = 14;
const APART_PX = 24; // samples farther apart than this ask for finer ones
// How far the picture of the whole run is from the edges, as the style sheet has it: clear of the
// numbers of the axes, the key of colours, the scale bar and the buttons.
const INSET = { left: 52, right: 10, top: 52, bottom: 58, tools: 62, above: 10 };
const TURN = 0.45; // degrees a pixel

export class OrbitView {
  /** @param {HTMLElement} main @param {View} view */
  constructor(main, view) {
    const root = /** @type {HTMLElement} */ (main.querySelector("[data-orbit=figure]"));
    this.main = main;
    this.root = root;
    this.view = view;
    this.url = main.dataset.path ?? "";
    this.units = { length: main.dataset.length ?? "", time: main.dataset.time ?? "" };
    this.base = /** @type {HTMLCanvasElement} */ (part(root, "base"));
    this.live = /** @type {HTMLCanvasElement} */ (part(root, "live"));
    this.inset = /** @type {HTMLButtonElement} */ (part(root, "inset"));
    /** @type {Tracks | null} */ this.whole = null;
    /** @type {Tracks | null} */ this.tracks = null;
    /** @type {Scene | null} */ this.scene = null;
    /** @type {Camera | null} */ this.camera = null;
    this.asking = new AbortController();
    this.asked = "";
    this.frame = 0;
    this.dirty = { base: false, live: false };
    this.isMoving = false;
    this.restTimer = 0;
    this.askTimer = 0;
    this.wordsTimer = 0;
    this.zoomed = 1; // since the last rest
    this.anchor = /** @type {number | null} */ (null); // the time of the path that a zoom is about
    this.widest = /** @type {{ window: ViewState["window"], set: ViewState["window"] } | null} */ (null);
    this.inView = { paths: 0, bodies: 0 };
    this.early = new Early(root);
    this.open();
  }

  /** Ask for the whole run; show the bound phase of one that escapes, unless the address says what. */
  async open() {
    try {
      this.whole = await load(this.url, null, POINTS_OF_WHOLE, null, this.asking.signal);
    } catch (error) {
      return this.say(`Not drawn: ${reasonOf(error)}`);
    }
    this.early.end(); // the buttons work, and what was pressed before waits for the camera
    this.listen();
    const window = boundPhase(this.whole.head);
    if (!this.view.state.window && window) this.view.set({ window }, { undoable: false });
    await this.ask();
  }

  listen() {
    const { view, root, live } = this;
    this.palette = paletteOf(root);
    const whole = /** @type {Tracks} */ (this.whole);
    const agents = () => /** @type {string[]} */ (this.palette?.agents);
    this.legend = new Legend(part(root, "legend"), view, whole.head.bodies, (index) => agents()[index % agents().length]);
    this.controls = new Controls(root, view, whole, this);
    const unfollow = view.follow((state, before) => (root.isConnected ? this.changed(state, before) : unfollow()));
    new ResizeObserver(() => this.paint(true)).observe(live);
    onScheme(() => this.repaint());
    this.inset.addEventListener("click", () => view.set({ window: null, extent: null }));
    gestures(live, {
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      pan: (dx, dy) => this.camera && this.move(this.camera.moved(dx, dy)),
      turn: (dx, dy) => this.turn(dx, dy),
      turns: () => this.scene?.plane === "3d",
      boxes: () => this.controls?.isBox === true,
      draft: (box) => this.controls?.draft(box),
      box: (box) => this.toBox(box),
      pick: (x, y) => this.pick(x, y),
      fit: () => this.fit(),
      undo: () => view.undo(),
      rest: () => this.rest(),
    });
  }

  /** @param {Readonly<ViewState>} state @param {Readonly<ViewState>} before */
  changed(state, before) {
    const differs = (/** @type {(keyof ViewState)[]} */ ...keys) => keys.some((key) => !same(state[key], before[key]));
    if (this.widest && !same(this.widest.set, state.window)) this.widest = null;
    if (differs("window", "shown")) this.askSoon();
    if (differs("shown", "about")) this.build();
    else if (differs("plane", "turn")) this.scene?.project(state);
    if (differs("shown", "about", "plane", "turn", "extent", "window")) {
      this.controls?.show();
      this.legend?.show();
      this.paint(true);
      this.rest();
    } else if (differs("cursor")) {
      this.paint(false);
      clearTimeout(this.wordsTimer);
      this.wordsTimer = setTimeout(() => this.describe(), REST_MS);
    }
  }

  askSoon() {
    clearTimeout(this.askTimer);
    this.askTimer = setTimeout(() => this.ask(), ASK_MS);
  }

  /** Ask for the window and the bodies that are looked at, unless they are there. */
  async ask() {
    const whole = /** @type {Tracks} */ (this.whole);
    const { window, shown } = this.view.state;
    const names_ = shown && shown.length <= FEW && whole.head.bodies.length > FEW ? shown : null;
    const asked = JSON.stringify([window, names_]);
    if (asked === this.asked) return;
    this.asking.abort();
    this.asking = new AbortController();
    this.asked = asked;
    const isThere = window === null && names_ === null && whole.head.level === 0;
    if (!isThere && !this.tracks && window === null) this.take(whole); // at once, and finer soon
    this.live.setAttribute("aria-busy", "true");
    try {
      this.take(isThere ? whole : await load(this.url, window, POINTS, names_, this.asking.signal));
    } catch (error) {
      if (wasGivenUp(error)) return;
      this.asked = "";
      this.say(`Not drawn: ${reasonOf(error)}`);
    }
    this.live.removeAttribute("aria-busy");
  }

  /** @param {Tracks} tracks */
  take(tracks) {
    this.tracks = tracks;
    this.build();
    this.paint(true);
    this.rest();
  }

  build() {
    const { tracks, whole, view } = this;
    if (!tracks || !whole) return;
    this.scene = new Scene(tracks, whole, view.state, shownOf(whole.head.bodies, view.state.shown));
    this.scene.paintWith(/** @type {import("./colours.js").Palette} */ (this.palette));
    this.wholeSeen = null;
  }

  /** Paint in the page's colours, which have changed. */
  repaint() {
    if (!this.root.isConnected) return;
    this.palette = paletteOf(this.root);
    this.scene?.paintWith(this.palette);
    this.legend?.show();
    this.paint(true);
    this.rest();
  }

  // Painting.

  /** Paint at the next frame: the cursor's part, and with `base` what is below. @param {boolean} base */
  paint(base) {
    this.dirty.live = true;
    if (base) this.dirty.base = true;
    this.frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.frame = 0;
    const { scene, live } = this;
    const [width, height] = [live.clientWidth, live.clientHeight];
    if (!scene || !width || !height) return;
    if (this.dirty.base || !this.camera) this.#paintBase(scene, width, height);
    const context = sharp(live);
    context.clearRect(0, 0, width, height);
    const camera = /** @type {Camera} */ (this.camera);
    if (!camera.resolves(camera.extent)) return;
    this.inView.bodies = scene.paintLive(context, camera, this.cursor, this.marks, this.kept);
    this.dirty = { base: false, live: false };
    this.early.replay();
  }

  /** @param {Scene} scene @param {number} width @param {number} height */
  #paintBase(scene, width, height) {
    const context = sharp(this.base);
    context.clearRect(0, 0, width, height);
    const extent = this.view.state.extent ?? scene.fit(width, height) ?? [0, 0, 1];
    this.camera = new Camera(extent, width, height);
    if (!this.camera.resolves(extent)) return;
    const isFirst = this.inView.paths === 0;
    this.inView.paths = scene.paintBase(context, this.camera, this.units.length, this.units.time, this.isMoving ? QUICK : Infinity);
    if (isFirst) performance.mark("orbit-drawn"); // the charts wait for it, and `make bench` reads it
  }

  get marks() {
    return this.controls?.marks ?? { apsides: false, osculating: false, start: false };
  }

  /** The time of the cursor, within what is shown. */
  get cursor() {
    const [t0, t1] = this.scene?.window ?? [0, 0];
    return Math.min(t1, Math.max(t0, this.view.state.cursor ?? t1));
  }

  /** The boxes of the figure that other things cover. */
  get kept() {
    const { live, inset } = this;
    const boxes = [[0, 0, 210, 44], [live.clientWidth - 145, live.clientHeight - 52, 145, 52]];
    if (!inset.hidden) boxes.push([inset.offsetLeft, inset.offsetTop, inset.offsetWidth, inset.offsetHeight]);
    const tools = part(this.root, "tools");
    return [...boxes, [tools.offsetLeft, tools.offsetTop, tools.offsetWidth, tools.offsetHeight]];
  }

  /** The gesture has ended, or soon will: draw all, look for finer detail, and say what is seen. */
  rest() {
    if (!this.isMoving) this.isMoving = this.zoomed !== 1;
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.#rested(), REST_MS);
  }

  #rested() {
    this.isMoving = false;
    if (!this.root.isConnected || !this.scene) return;
    this.follow();
    this.zoomed = 1;
    this.dirty.base = true;
    this.dirty.live = true;
    this.#paint();
    this.#paintInset();
    this.describe();
    this.root.dataset.drawn = String(this.scene.tracks.head.level);
  }

  #paintInset() {
    const { scene, whole, camera, view } = this;
    if (!scene || !whole || !camera) return;
    const { head } = whole;
    const [t0, t1] = scene.window;
    const isWhole = t1 - t0 > 0.98 * (head.span.t1 - head.span.t0);
    const fit = scene.fit(camera.width, camera.height);
    const was = this.inset.hidden;
    this.inset.hidden = isWhole && (!fit || alike(camera.extent, fit));
    const corner = this.inset.dataset.corner;
    if (!this.inset.hidden) this.#placeInset(scene, camera);
    if (was !== this.inset.hidden || corner !== this.inset.dataset.corner) this.paint(false); // names leave it free
    if (this.inset.hidden) return;
    if (!this.wholeSeen) {
      const shown = shownOf(head.bodies, view.state.shown);
      this.wholeMoving = framed(whole, view.state.about).filter(({ body }) => shown.has(body.name));
    }
    this.wholeSeen = projected(this.wholeMoving ?? [], scene.plane ?? "xy", view.state.turn);
    const canvas = /** @type {HTMLCanvasElement} */ (this.inset.querySelector("canvas"));
    const height = camera.height / camera.scale;
    drawInset(canvas, this.wholeSeen, camera.extent, height, /** @type {any} */ (this.palette), scene.ramp, [0, head.span.t1]);
  }

  /** Put the whole run where the paths are not, beside the numbers of the axes. @param {Scene} scene @param {Camera} camera */
  #placeInset(scene, { width, height }) {
    const { inset, camera } = this;
    const [wide, high] = [inset.offsetWidth, inset.offsetHeight];
    const [left, right, top, bottom] = [INSET.left, width - INSET.right - wide, INSET.top, height - INSET.bottom - high];
    inset.dataset.corner = emptiest(scene.seen, /** @type {Camera} */ (camera), [
      { corner: "bottom-right", box: [right, bottom, wide, high] },
      { corner: "bottom-left", box: [left, bottom, wide, high] },
      { corner: "top-left", box: [left, top, wide, high] },
      { corner: "top-right", box: [width - INSET.tools - wide, INSET.above, wide, high] },
    ]);
  }

  // Gestures.

  /** Show an extent. @param {Extent} extent */
  move(extent) {
    this.isMoving = true;
    if (!this.camera?.resolves(extent)) return this.say("This is as near, or as far, as 64-bit numbers go.");
    this.camera = new Camera(extent, this.camera.width, this.camera.height); // for what follows in this frame
    this.view.set({ extent });
  }

  /** Zoom about a pixel, or the path beside it. @param {number} factor @param {number} x @param {number} y */
  zoom(factor, x, y) {
    const { camera, scene } = this;
    if (!camera || !scene) return;
    const about = this.#anchor(x, y);
    this.anchor = about.t;
    this.zoomed *= factor;
    this.move(camera.zoomed(factor, about.x, about.y));
  }

  /** What a zoom at a pixel is about. @param {number} x @param {number} y */
  #anchor(x, y) {
    const { camera, scene } = this;
    if (!camera || !scene?.seen) return { x, y, t: null };
    const near = nearest(scene.seen, camera, x, y);
    const isCentre = x === this.live.clientWidth / 2 && y === this.live.clientHeight / 2;
    const reach = isCentre ? Math.max(x, y) : SNAP_PX;
    return near.px <= reach ? { x: near.x, y: near.y, t: near.t } : { x, y, t: near.t };
  }

  /** @param {number} dx @param {number} dy */
  turn(dx, dy) {
    const [azimuth, elevation] = this.view.state.turn;
    const turned = (((azimuth - dx * TURN + 180) % 360) + 360) % 360 - 180;
    this.isMoving = true;
    const raised = Math.max(-90, Math.min(90, elevation + dy * TURN));
    this.view.set({ turn: [Math.round(turned * 100) / 100, Math.round(raised * 100) / 100] });
  }

  /** @param {[number, number, number, number]} box */
  toBox([left, top, right, bottom]) {
    const { camera } = this;
    if (!camera) return;
    const factor = Math.min(camera.width / (right - left), camera.height / (bottom - top));
    const [u, v] = camera.at((left + right) / 2, (top + bottom) / 2);
    this.anchor = this.#anchor((left + right) / 2, (top + bottom) / 2).t;
    this.zoomed *= factor;
    this.move([u, v, camera.extent[2] / factor]);
    this.controls?.endBox();
  }

  /** Move the cursor to the time of the path at a pixel. @param {number} x @param {number} y */
  pick(x, y) {
    if (!this.camera || !this.scene?.seen) return;
    const near = nearest(this.scene.seen, this.camera, x, y);
    if (near.px <= PICK_PX) this.view.set({ cursor: near.t });
  }

  fit() {
    this.view.set({ extent: null, window: this.widest ? this.widest.window : this.view.state.window });
  }

  /** Zoom with the buttons, about the middle. @param {number} factor */
  zoomBy(factor) {
    this.zoom(factor, this.live.clientWidth / 2, this.live.clientHeight / 2);
    this.rest();
  }

  /** Let the window of time follow a zoom: narrower where samples are too far apart, back when it ends. */
  follow() {
    const { zoomed, view, scene } = this;
    if (!scene || zoomed === 1) return;
    const [t0, t1] = scene.window;
    if (zoomed > 1 && this.anchor !== null && this.#isCoarse(this.anchor)) {
      const t = Math.min(t1, Math.max(t0, this.anchor));
      const window = /** @type {[number, number]} */ ([t - (t - t0) / zoomed, t + (t1 - t) / zoomed]);
      if (!(window[0] < window[1])) return;
      const widest = this.widest ? this.widest.window : view.state.window;
      this.widest = { window: widest, set: window };
      view.set({ window });
    } else if (zoomed < 1 && this.widest) this.#widen(t0, t1, this.widest.window);
  }

  /** @param {number} t0 @param {number} t1 @param {ViewState["window"]} widest */
  #widen(t0, t1, widest) {
    const [from, to] = widest ?? [0, /** @type {Tracks} */ (this.whole).head.span.t1];
    const half = (t1 - t0) / 2 / this.zoomed;
    const middle = (t0 + t1) / 2;
    const window = /** @type {[number, number]} */ ([Math.max(from, middle - half), Math.min(to, middle + half)]);
    const isBack = window[1] - window[0] > 0.95 * (to - from);
    this.widest = isBack ? null : { window: widest, set: window };
    this.view.set({ window: isBack ? widest : window });
  }

  /** Whether the samples about a time are too far apart for this zoom. @param {number} time */
  #isCoarse(time) {
    const { scene, camera } = this;
    if (!scene?.seen || !camera || scene.tracks.head.level === 0) return false;
    return scene.seen.some(({ moving, u, v }) => {
      const i = Math.min(u.length - 2, Math.max(0, after(moving.t, time) - 1));
      if (moving.rests || i < 0) return false;
      return !moving.joined[i] || Math.hypot(u[i + 1] - u[i], v[i + 1] - v[i]) * camera.scale > APART_PX;
    });
  }

  // Words.

  describe() {
    const { scene, camera, view } = this;
    if (!scene || !camera) return;
    const isInSpace = scene.tracks.head.dimensions === 3;
    const about = scene.about === "primary" && !hasPrimary(scene.tracks.head.bodies) ? "inertial" : scene.about;
    const frame = frameWords(about, scene.moving, scene.plane ?? "xy", isInSpace);
    const seen = `${length(camera.extent[2], this.units.length)} wide`;
    const time = windowWords(scene.window, this.units.time);
    const shown = `${seen} · ${time} · ${detail(scene.tracks, scene.moving)}`;
    const readout = part(this.root, "readout");
    if (readout.textContent !== shown) readout.textContent = shown; // else it is announced again
    const unit = this.units.time;
    const at = places(scene.moving, this.cursor, this.units.length, isInSpace);
    this.live.setAttribute("aria-label", `Orbits of ${names(scene.moving)} ${frame}; ${seen}; ${time}; at t = ${clock(this.cursor, scene.window[1] - scene.window[0])}${unit && ` ${unit}`}: ${at}`);
    this.shownTitle = `${frame}; ${time}; ${seen}`;
    this.say(this.#problem(scene));
    const details = /** @type {HTMLDetailsElement} */ (part(this.root, "table"));
    if (details.open) this.tabulate();
    this.controls?.show();
    this.legend?.show();
  }

  /** Why nothing is seen, if so. @param {Scene} scene */
  #problem({ moving, tracks }) {
    if (!moving.length) return "No agent is shown: choose some below.";
    const numbers = moving.every(({ place }) => place.every((column) => column.every((x) => Math.abs(x) < 1e300)));
    const isBeyond = this.camera && !this.camera.resolves(this.camera.extent);
    if (!numbers || isBeyond) return "A figure reaches from 1e-300 to 1e300, and these numbers are beyond. The files hold them all.";
    if (tracks.head.samples < 2) return "There is no step in this window: it is between two. Zoom out in time.";
    if (moving.every(({ rests }) => rests)) return "What is shown is the origin of this frame, so it stays in the middle. Choose another frame, or more agents.";
    if (!this.inView.paths && !this.inView.bodies) return "Nothing passes through this part in this window. Press 0, or Fit, to see all of it.";
    return "";
  }

  /** Say something over the figure; "" takes it away. @param {string} text */
  say(text) {
    const words = part(this.root, "words");
    if (words.textContent !== text) words.textContent = text;
    words.hidden = text === "";
  }

  tabulate() {
    const { scene } = this;
    if (scene) table(part(this.root, "rows"), scene.moving, scene.tracks.head.dimensions === 3, this.units);
  }

  /** Save the figure. @param {"png" | "svg"} form */
  async save(form) {
    const { scene, camera, main } = this;
    if (!scene || !camera || !this.palette) return;
    const title = [...main.querySelectorAll("header.title [data-title]")].map((one) => one.textContent?.trim().replace(/\s+/g, " "));
    const lines = [...title.map((line) => line ?? ""), this.shownTitle ?? ""];
    await save(form, camera, this.palette, lines, (context) => {
      scene.paintBase(context, camera, this.units.length, this.units.time, Infinity);
      scene.paintLive(context, camera, this.cursor, this.marks, this.kept.slice(0, 2));
    });
  }
}

/** @param {HTMLElement} root @param {string} name */
const part = (root, name) => /** @type {HTMLElement} */ (root.querySelector(`[data-orbit="${name}"]`));
