// Draws where bodies are at the cursor's time, with a trail that fades, and their names.

import { after, stateAt } from "./frame.js";
import { along } from "./camera.js";
import { curve, curvePart } from "./paths.js";

/** @typedef {import("./camera.js").Seen} Seen @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./colours.js").Palette} Palette */
/**
 * @typedef {{ seen: Seen, x: number, y: number, radius: number, colour: string, name: string, trail: number,
 *   shades: ((time: number) => string) | null }} Spot - `shades`: the trail has the path's colours */

const FADES = 10; // parts of a trail, each fainter than the next
const CROWD_FADES = 4; // of many short ones
export const TRAIL = 240; // samples of a trail at most
const NAMES = 24; // more would cover the figure
const SMALL = 1.9; // the radius of a particle among many
const FEW = 24; // bodies that each have a circle of their own

/**
 * Where bodies are at a time, the largest last.
 * @param {readonly Seen[]} bodies @param {Camera} camera @param {number} time
 * @param {{ right: number[], up: number[] }} axes @param {(seen: Seen) => string} colour
 * @param {(seen: Seen) => number} trail how long, in time
 * @param {((time: number) => string) | null} shades @returns {Spot[]}
 */
export function spots(bodies, camera, time, axes, colour, trail, shades) {
  const orbited = new Set(bodies.map(({ moving }) => moving.body.primary));
  const isCrowd = bodies.length > FEW;
  return bodies
    .map((seen) => {
      const { place } = stateAt(seen.moving, time);
      return {
        seen,
        x: camera.x(along(axes.right, place)),
        y: camera.y(along(axes.up, place)),
        radius: radiusOf(seen.moving.body, orbited, isCrowd),
        colour: colour(seen),
        name: seen.moving.body.name,
        trail: trail(seen),
        shades,
      };
    })
    .sort((a, b) => a.radius - b.radius);
}

/** @param {import("./tracks.js").Body} body @param {Set<string | null>} orbited @param {boolean} isCrowd */
function radiusOf({ name, mu }, orbited, isCrowd) {
  if (orbited.has(name)) return 9;
  if (mu > 0) return 6.5;
  return isCrowd ? SMALL : 5;
}

/**
 * Draw the trails behind the bodies at a time: brightest where they are.
 * @param {CanvasRenderingContext2D} context @param {readonly Spot[]} all @param {Camera} camera
 * @param {number} time @param {boolean} curved whether the way between two samples is a curve
 */
export function drawTrails(context, all, camera, time, curved) {
  context.save();
  context.lineCap = "round";
  context.lineJoin = "round";
  const moving = all.filter(({ seen }) => !seen.moving.rests);
  const fades = all.length > FEW ? CROWD_FADES : FADES;
  for (const [colour, spotsOf] of grouped(moving)) {
    context.strokeStyle = colour;
    for (let fade = 0; fade < fades; fade++) {
      const { shades, trail: span } = spotsOf[0];
      if (shades) context.strokeStyle = shades(time - span * (1 - (fade + 0.5) / fades));
      context.globalAlpha = ((fade + 1) / fades) ** 1.6;
      context.lineWidth = (spotsOf[0].radius > SMALL ? 1.2 : 0.7) + 1.4 * (fade / fades) * (spotsOf[0].radius > SMALL ? 1 : 0.5);
      context.beginPath();
      for (const spot of spotsOf) trail(context, spot, camera, time, fade, fades, curved);
      context.stroke();
    }
  }
  context.restore();
}

/** @param {Spot[]} all */
function grouped(all) {
  /** @type {Map<string, Spot[]>} */
  const groups = new Map();
  for (const spot of all) {
    const group = groups.get(spot.colour);
    if (group) group.push(spot);
    else groups.set(spot.colour, [spot]);
  }
  return groups;
}

/**
 * Add one of the parts that a trail fades by.
 * @param {CanvasRenderingContext2D} context @param {Spot} spot @param {Camera} camera
 * @param {number} time @param {number} fade @param {number} fades @param {boolean} curved
 */
function trail(context, { seen, x, y, trail: span }, camera, time, fade, fades, curved) {
  const { u, v, moving } = seen;
  const { t, joined } = moving;
  const first = Math.max(0, after(t, time - span * (1 - fade / fades)) - 1);
  const isLast = fade === fades - 1;
  const last = Math.min(t.length - 1, Math.max(first, after(t, time - span * (1 - (fade + 1) / fades)) - 1));
  const stride = Math.max(1, Math.ceil((last - first) / (TRAIL / fades)));
  let isDown = false;
  let before = first;
  for (let i = first; i <= last; i = i < last ? Math.min(last, i + stride) : i + 1) {
    const [px, py] = [camera.x(u[i]), camera.y(v[i])];
    if (!isDown) context.moveTo(px, py);
    else if (curved) curve(context, seen, camera, before, i);
    else context.lineTo(px, py);
    isDown = joined[i] === 1;
    before = i;
  }
  if (!isLast || !isDown) return;
  if (curved && last + 1 < t.length) curvePart(context, seen, camera, last, time);
  else context.lineTo(x, y);
}

/**
 * Draw the bodies: circles with a ring of the surface's colour, so that they stand out from paths.
 * @param {CanvasRenderingContext2D} context @param {readonly Spot[]} all @param {Palette} palette
 */
export function drawBodies(context, all, palette) {
  context.save();
  for (const [colour, group] of grouped(all.filter(({ radius }) => radius <= SMALL))) {
    context.fillStyle = colour;
    context.beginPath();
    for (const { x, y, radius } of group) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
  for (const { x, y, radius, colour } of all.filter((spot) => spot.radius > SMALL)) {
    disc(context, x, y, radius + 7, colour, 0.13);
    disc(context, x, y, radius + 3.5, colour, 0.2);
    disc(context, x, y, radius + 1.5, palette.surface, 1);
    disc(context, x, y, radius, colour, 1);
  }
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {string} colour @param {number} alpha */
function disc(context, x, y, radius, colour, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Names that don't cover each other, nor what is kept free. */
export class Labels {
  /** @param {CanvasRenderingContext2D} context @param {Palette} palette @param {number} width @param {number} height */
  constructor(context, palette, width, height) {
    this.context = context;
    this.palette = palette;
    this.size = { width, height };
    /** @type {number[][]} */
    this.taken = [];
  }

  /** Keep a box free. @param {number} x @param {number} y @param {number} width @param {number} height */
  keep(x, y, width, height) {
    this.taken.push([x, y, x + width, y + height]);
  }

  /** Write beside a point, where there is room. @param {string} text @param {number} x @param {number} y @param {number} away @param {string} [colour] */
  put(text, x, y, away, colour = this.palette.text) {
    const { context, palette } = this;
    const wide = context.measureText(text).width;
    const places = [[x + away, y - 7], [x - away - wide, y - 7], [x - wide / 2, y - away - 14], [x - wide / 2, y + away]];
    const free = places.find(([left, top]) => this.#isFree([left - 2, top - 1, left + wide + 2, top + 15]));
    if (!free) return;
    this.keep(free[0] - 2, free[1] - 1, wide + 4, 16);
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = palette.surface;
    context.globalAlpha = 0.85;
    context.strokeText(text, free[0], free[1] + 11);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(text, free[0], free[1] + 11);
  }

  /** @param {number[]} box */
  #isFree([left, top, right, bottom]) {
    if (left < 0 || top < 0 || right > this.size.width || bottom > this.size.height) return false;
    return !this.taken.some(([a, b, c, d]) => left < c && right > a && top < d && bottom > b);
  }
}

/** @param {readonly Spot[]} all */
const namedOf = (all) => (all.length > NAMES ? all.filter(({ radius }) => radius > SMALL) : all);

/** Have names leave the bodies free. @param {Labels} labels @param {readonly Spot[]} all */
export function keepBodies(labels, all) {
  for (const { x, y, radius } of namedOf(all)) labels.keep(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** Write the names of the bodies, the largest first. @param {Labels} labels @param {readonly Spot[]} all */
export function drawNames(labels, all) {
  const named = namedOf(all);
  for (const { name, x, y, radius } of [...named].reverse().slice(0, NAMES))
    labels.put(name.length > 24 ? `${name.slice(0, 23)}…` : name, x, y, radius + 6);
}
