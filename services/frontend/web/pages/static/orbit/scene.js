// One picture: bodies in a frame and a projection, painted onto any context.

import { drawBodies, drawNames, drawTrails, keepBodies, Labels, spots, TRAIL as SAMPLES } from "./bodies.js";
import { axesOf, fitting, projected } from "./camera.js";
import { faded } from "./colours.js";
import { framed } from "./frame.js";
import { apsidesOf, drawApsis, drawConic, ghost, Orbits } from "./marks.js";
import { drawPaths } from "./paths.js";
import { drawAxes, drawRamp, drawScaleBar, drawTriad } from "./scales.js";
import { keyTimes } from "./words.js";

/** @typedef {import("./tracks.js").Tracks} Tracks @typedef {import("./camera.js").Seen} Seen */
/** @typedef {import("./camera.js").Camera} Camera @typedef {import("./colours.js").Palette} Palette */
/** @typedef {import("../view/state.js").ViewState} ViewState */
/** @typedef {{ apsides: boolean, osculating: boolean, start: boolean }} Marks */

const CROWD = 24;
const NAME_PX = 8; // from a mark to its name
const MARKED = 8; // bodies whose orbits are marked
const TRAIL = 0.7; // of an orbit
const CROWDED = 0.1; // of the trails, of many bodies
const DENSE = 20_000; // samples whose lines lie on each other

export class Scene {
  /** @type {import("./camera.js").Plane} */ plane = "xy";
  axes = axesOf("xy", [0, 0]);
  /** @type {Seen[]} */ seen = [];

  /**
   * @param {Tracks} tracks @param {Tracks} whole of which the first sample is the start
   * @param {Readonly<ViewState>} state @param {ReadonlySet<string>} shown
   */
  constructor(tracks, whole, state, shown) {
    this.tracks = tracks;
    this.whole = whole;
    this.about = state.about;
    this.moving = framed(tracks, state.about).filter(({ body }) => shown.has(body.name));
    this.orbits = new Orbits(tracks, state.about);
    this.starts = new Orbits(whole, state.about);
    this.places = new Map(whole.head.bodies.map(({ name }, index) => [name, index]));
    /** @type {readonly [number, number]} */
    this.window = [tracks.head.window.t0, Math.min(tracks.head.window.t1, tracks.head.span.t1)];
    this.isAlone = this.moving.filter(({ rests }) => !rests).length === 1;
    this.isCrowd = this.moving.length > CROWD;
    this.trails = this.#trails();
    this.project(state);
  }

  /** Look from elsewhere. @param {Readonly<ViewState>} state */
  project({ plane, turn }) {
    this.plane = this.tracks.head.dimensions === 2 ? "xy" : plane;
    this.axes = axesOf(this.plane, turn);
    this.seen = projected(this.moving, this.plane, turn);
  }

  /** Use the colours of the page. @param {Palette} palette */
  paintWith(palette) {
    this.palette = palette;
    this.ramps = new Map(palette.agents.map((colour) => [colour, faded(colour, palette.surface)]));
  }

  /** @param {Seen} seen */
  colour = (seen) => {
    const { agents } = /** @type {Palette} */ (this.palette);
    return agents[(this.places.get(seen.moving.body.name) ?? 0) % agents.length];
  };

  /** @param {Seen} seen */
  ramp = (seen) =>
    this.isAlone
      ? /** @type {Palette} */ (this.palette).ramp
      : /** @type {string[]} */ (this.ramps?.get(this.colour(seen)));

  /** The ramp's colour at a time. @param {number} time */
  shade = (time) => {
    const [t0, t1] = this.window;
    const { ramp } = /** @type {Palette} */ (this.palette);
    const part = t1 > t0 ? (time - t0) / (t1 - t0) : 1;
    return ramp[Math.min(ramp.length - 1, Math.max(0, Math.floor(part * ramp.length)))];
  };

  /** Whether the way between two samples is a curve: not that of a step that is taken straight. */
  get isCurved() {
    const { level, own_clocks } = this.tracks.head;
    return !(own_clocks && level === 0);
  }

  /** How long the trail of each body is: most of an orbit, if the window has that many. */
  #trails() {
    const [t0, t1] = this.window;
    const part = this.isCrowd ? CROWDED * TRAIL : TRAIL;
    const most = (t1 - t0) / 3;
    const some = this.moving.filter(({ rests }) => !rests).slice(0, MARKED);
    const periods = new Map(some.map((one) => [one.track, this.orbits.at(one, t1)?.conic.period ?? Infinity]));
    const usual = Math.min(most, part * Math.min(Infinity, ...periods.values()));
    return (/** @type {Seen} */ { moving }) => {
      const period = periods.get(moving.track) ?? Infinity;
      if (Number.isFinite(period)) return Math.min(most, part * period);
      // Nothing says how long its orbit is: no longer than every one of its samples can be drawn.
      return Math.min(usual, ((t1 - t0) * SAMPLES) / Math.max(1, moving.t.length));
    };
  }

  /** What fits a figure. @param {number} width @param {number} height */
  fit(width, height) {
    return fitting(this.seen ?? [], width, height, this.whole.head.bound_until === null);
  }

  /**
   * Draw what does not change with the cursor; returns how much of the paths is in the figure.
   * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {string} unit @param {string} timeUnit @param {number} most samples
   */
  paintBase(context, camera, unit, timeUnit, most) {
    const palette = /** @type {Palette} */ (this.palette);
    context.font = `11px ${palette.font}`;
    if (this.plane !== "3d") drawAxes(context, camera, palette, [...(this.plane ?? "xy")], unit);
    const { level, samples } = this.tracks.head;
    const drawn = drawPaths(context, this.seen, camera, {
      window: this.window,
      ramp: this.ramp,
      width: this.isCrowd ? 0.6 : 1.15,
      alpha: this.isCrowd ? 0.28 : samples > DENSE ? 0.55 : 0.85,
      curved: this.isCurved,
      marked: level === 0 && !this.isCrowd,
      most,
    });
    if (this.plane === "3d") drawTriad(context, camera, palette, this.axes);
    drawScaleBar(context, camera, palette, unit);
    const ramp = this.isAlone ? palette.ramp : faded(palette.muted, palette.surface);
    drawRamp(context, palette, camera.width, ramp, keyTimes(this.window, timeUnit));
    return drawn;
  }

  /**
   * Draw what changes with the cursor; returns how many bodies are in the figure.
   * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {number} time
   * @param {Marks} marks @param {readonly number[][]} kept boxes that names leave free
   */
  paintLive(context, camera, time, marks, kept) {
    const palette = /** @type {Palette} */ (this.palette);
    const shades = this.isAlone ? this.shade : null;
    const all = spots(this.seen ?? [], camera, time, this.axes, this.colour, this.trails, shades);
    const labels = new Labels(context, palette, camera.width, camera.height);
    for (const [x, y, width, height] of kept) labels.keep(x, y, width, height);
    keepBodies(labels, all);
    context.font = `600 12px ${palette.font}`;
    drawTrails(context, all, camera, time, this.isCurved);
    const marked = this.#marks(context, camera, time, marks);
    drawBodies(context, all, palette);
    drawNames(labels, all);
    for (const { name, x, y, colour } of marked) labels.put(name, x, y, NAME_PX, colour); // where there is room left
    return all.filter(({ x, y }) => x > 0 && y > 0 && x < camera.width && y < camera.height).length;
  }

  /**
   * Draw the marks; returns what they are called.
   * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {number} time @param {Marks} marks
   */
  #marks(context, camera, time, marks) {
    const { text, surface } = /** @type {Palette} */ (this.palette);
    const orbiting = this.seen.filter(({ moving }) => moving.body.about !== null);
    /** @type {{ name: string, x: number, y: number, colour: string }[]} */
    const names = [];
    for (const seen of orbiting.length > MARKED ? [] : orbiting) {
      const colour = this.colour(seen);
      if (marks.start) names.push(...this.#start(context, camera, seen, time));
      const orbit = marks.osculating || marks.apsides ? this.orbits.at(seen.moving, time) : null;
      if (!orbit) continue;
      if (marks.osculating) drawConic(context, camera, this.axes, orbit, colour, [6, 4]);
      if (!marks.apsides) continue;
      for (const { name, at } of apsidesOf(camera, this.axes, orbit)) {
        drawApsis(context, at[0], at[1], name === "periapsis", colour, surface);
        if (orbiting.length <= 2) names.push({ name, x: at[0], y: at[1], colour: text });
      }
    }
    return names;
  }

  /** Draw the two-body orbit of the start, and where it would be now. @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Seen} seen @param {number} time */
  #start(context, camera, seen, time) {
    const { moving } = seen;
    const track = this.whole.trackOf(moving.body.name);
    const body = this.whole.head.bodies[track];
    const start = this.starts.at({ ...moving, track, body }, 0);
    if (!start || moving.body.about === null) return [];
    const centre = this.orbits.centreOf(moving.track, moving.body.about, time);
    const { muted, surface } = /** @type {Palette} */ (this.palette);
    drawConic(context, camera, this.axes, { ...start, centre }, muted, [2, 4]);
    const [x, y] = ghost(camera, this.axes, start, centre, time);
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fillStyle = surface;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = muted;
    context.stroke();
    return [{ name: "two-body", x, y, colour: muted }];
  }
}
