// Draws the paths of bodies: lines where the samples tell the way, dots where they don't.

import { SHADES } from "./colours.js";
import { after } from "./frame.js";

/** @typedef {import("./camera.js").Seen} Seen @typedef {import("./camera.js").Camera} Camera */
/** @typedef {CanvasRenderingContext2D} Context - or what writes SVG in its place */

const CURVED_PX = 3; // a shorter way looks straight
const SAME_PX = 0.35;
const DOT_PX = 1.4;
const SPARSE_PX = 16; // samples so far apart are marked
const BEYOND = 1; // of the figure, on each side: a curve between two samples may bulge

/**
 * @typedef {object} Manner
 * @property {readonly [number, number]} window - the time that the ramp spans
 * @property {(seen: Seen) => string[]} ramp
 * @property {number} width - of lines, in pixels
 * @property {number} alpha
 * @property {boolean} curved - whether the way between two samples is a curve
 * @property {boolean} marked - whether samples are marked where they are far apart
 * @property {number} most - samples that may be drawn, of all bodies
 */

/**
 * Draw paths; returns how many pieces of them are in the figure.
 * @param {Context} context @param {readonly Seen[]} bodies @param {Camera} camera @param {Manner} manner
 */
export function drawPaths(context, bodies, camera, manner) {
  const samples = bodies.reduce((sum, { u }) => sum + u.length, 0);
  const stride = Math.max(1, Math.ceil(samples / manner.most));
  context.save();
  context.lineJoin = "round";
  context.lineCap = "round";
  context.lineWidth = manner.width;
  let drawn = 0;
  for (const seen of bodies) {
    if (!seen.moving.rests) drawn += new Stroke(context, seen, camera, manner, stride).draw();
  }
  context.restore();
  return drawn;
}

/** One body's path, shade by shade. */
class Stroke {
  /** @param {Context} context @param {Seen} seen @param {Camera} camera @param {Manner} manner @param {number} stride */
  constructor(context, seen, camera, manner, stride) {
    this.context = context;
    this.seen = seen;
    this.camera = camera;
    this.manner = manner;
    this.stride = stride;
    this.ramp = manner.ramp(seen);
    this.drawn = 0;
    this.lines = 0;
    this.length = 0; // of the lines, in pixels
    /** @type {number[]} */
    this.dots = [];
  }

  draw() {
    const { t } = this.seen.moving;
    const [t0, t1] = this.manner.window;
    const per = (t1 - t0) / SHADES;
    const shades = [];
    let i = 0;
    for (let shade = 0; shade < SHADES && i < t.length; shade++) {
      const until = shade === SHADES - 1 ? t.length : Math.max(i, after(t, t0 + (shade + 1) * per));
      if (until > i) shades.push({ first: i, last: Math.min(until, t.length - 1), colour: this.ramp[shade] });
      i = until;
    }
    for (const { first, last, colour } of shades) this.#shade(first, last, colour);
    // All samples of a path are marked or none: some arcs alone would look like another kind of path.
    const isSparse = this.manner.marked && this.lines > 0 && this.length / this.lines > SPARSE_PX;
    for (const { first, last, colour } of isSparse ? shades : []) this.#samples(first, last, colour);
    return this.drawn;
  }

  /** Draw the samples from `first` to `last`. @param {number} first @param {number} last @param {string} colour */
  #shade(first, last, colour) {
    const { context, manner } = this;
    this.dots = [];
    context.beginPath();
    const lines = this.#lines(first, last);
    context.globalAlpha = manner.alpha;
    if (lines) {
      context.strokeStyle = colour;
      context.stroke();
    }
    context.fillStyle = colour;
    if (this.dots.length) this.#points(DOT_PX, manner.alpha);
    this.lines += lines;
    this.drawn += lines + this.dots.length / 2;
  }

  /** Add the lines between samples to the path; returns their number. @param {number} first @param {number} last */
  #lines(first, last) {
    const { context, camera, stride } = this;
    const { u, v, moving } = this.seen;
    const { joined } = moving;
    const far = { x: BEYOND * camera.width, y: BEYOND * camera.height };
    let [x, y] = [camera.x(u[first]), camera.y(v[first])];
    let [penX, penY] = [NaN, NaN];
    let lines = 0;
    for (let i = first; i < last; ) {
      const next = Math.min(i + stride, last);
      const [toX, toY] = [camera.x(u[next]), camera.y(v[next])];
      if (!joined[i]) {
        this.#dot(x, y);
        penX = NaN;
      } else if (isBeside(x, toX, -far.x, camera.width + far.x) || isBeside(y, toY, -far.y, camera.height + far.y)) {
        penX = NaN;
      } else {
        const way = Math.abs(toX - x) + Math.abs(toY - y);
        if (Number.isNaN(penX)) {
          context.moveTo(x, y);
          [penX, penY] = [x, y];
        }
        if (way >= SAME_PX || next === last || Math.abs(toX - penX) + Math.abs(toY - penY) >= SAME_PX) {
          this.#to(i, next, toX, toY, way);
          [penX, penY] = [toX, toY];
          lines += isInside(toX, toY, camera) || isInside(x, y, camera) ? 1 : 0.001;
          this.length += way;
        }
      }
      [x, y] = [toX, toY];
      i = next;
    }
    if (!joined[last]) this.#dot(x, y);
    return lines < 1 && lines > 0 ? 0.5 : Math.floor(lines);
  }

  /**
   * Draw on to the next sample: along the cubic with the velocities at both.
   * @param {number} i @param {number} next @param {number} toX @param {number} toY @param {number} way
   */
  #to(i, next, toX, toY, way) {
    if (way <= CURVED_PX || !this.manner.curved) return this.context.lineTo(toX, toY);
    curve(this.context, this.seen, this.camera, i, next);
  }

  /** @param {number} x @param {number} y */
  #dot(x, y) {
    if (isInside(x, y, this.camera)) this.dots.push(x, y);
  }

  /** @param {number} size @param {number} alpha */
  #points(size, alpha) {
    this.context.globalAlpha = alpha;
    for (let i = 0; i < this.dots.length; i += 2)
      this.context.fillRect(this.dots[i] - size / 2, this.dots[i + 1] - size / 2, size, size);
  }

  /** Mark each sample in the figure. @param {number} first @param {number} last @param {string} colour */
  #samples(first, last, colour) {
    const { context, camera } = this;
    const { u, v } = this.seen;
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.beginPath();
    for (let i = first; i <= last; i++) {
      const [x, y] = [camera.x(u[i]), camera.y(v[i])];
      if (!isInside(x, y, camera)) continue;
      context.moveTo(x + 2, y);
      context.arc(x, y, 2, 0, 2 * Math.PI);
    }
    context.fill();
  }
}

/**
 * Draw on from one sample to another: along the cubic with the velocities at both.
 * @param {Context} context @param {Seen} seen @param {Camera} camera @param {number} i @param {number} next
 */
export function curve(context, { u, v, du, dv, moving }, camera, i, next) {
  const third = ((moving.t[next] - moving.t[i]) / 3) * camera.scale;
  const [toX, toY] = [camera.x(u[next]), camera.y(v[next])];
  context.bezierCurveTo(
    camera.x(u[i]) + du[i] * third, camera.y(v[i]) - dv[i] * third,
    toX - du[next] * third, toY + dv[next] * third,
    toX, toY,
  );
}

/**
 * Draw on from a sample as far as a time before the next: along the same cubic, cut there.
 * @param {Context} context @param {Seen} seen @param {Camera} camera @param {number} i @param {number} time
 */
export function curvePart(context, { u, v, du, dv, moving }, camera, i, time) {
  const span = moving.t[i + 1] - moving.t[i];
  const part = span > 0 ? Math.min(1, Math.max(0, (time - moving.t[i]) / span)) : 0;
  const third = (span / 3) * camera.scale;
  const x = cubic(camera.x(u[i]), camera.x(u[i + 1]), du[i] * third, du[i + 1] * third, part);
  const y = cubic(camera.y(v[i]), camera.y(v[i + 1]), -dv[i] * third, -dv[i + 1] * third, part);
  context.bezierCurveTo(x[0], y[0], x[1], y[1], x[2], y[2]);
}

/**
 * One coordinate of the points of a cubic's first part (de Casteljau's construction), but the first.
 * @param {number} from @param {number} to @param {number} before a third of the way at the start's velocity
 * @param {number} behind likewise at the end's @param {number} part
 */
function cubic(from, to, before, behind, part) {
  const between = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * part;
  const [b, c] = [from + before, to - behind];
  const [ab, bc, cd] = [between(from, b), between(b, c), between(c, to)];
  const [abc, bcd] = [between(ab, bc), between(bc, cd)];
  return [ab, abc, between(abc, bcd)];
}

/** @param {number} a @param {number} b @param {number} low @param {number} high */
const isBeside = (a, b, low, high) => (a < low && b < low) || (a > high && b > high);

/** @param {number} x @param {number} y @param {Camera} camera */
const isInside = (x, y, { width, height }) => x > -2 && y > -2 && x < width + 2 && y < height + 2;

/**
 * The sample that is nearest to a pixel: how far it is, and where.
 * @param {readonly Seen[]} bodies @param {Camera} camera @param {number} x @param {number} y
 */
export function nearest(bodies, camera, x, y) {
  const [u0, v0] = camera.at(x, y);
  let best = { px: Infinity, t: 0, x: 0, y: 0, seen: /** @type {Seen | null} */ (null) };
  for (const seen of bodies) {
    if (seen.moving.rests) continue;
    let least = Infinity;
    let at = -1;
    for (let i = 0; i < seen.u.length; i++) {
      const off = (seen.u[i] - u0) ** 2 + (seen.v[i] - v0) ** 2;
      if (off < least) [least, at] = [off, i];
    }
    const px = Math.sqrt(least) * camera.scale;
    if (px < best.px)
      best = { px, t: seen.moving.t[at], x: camera.x(seen.u[at]), y: camera.y(seen.v[at]), seen };
  }
  return best;
}
