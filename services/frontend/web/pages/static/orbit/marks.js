// Marks of two-body motion: the osculating orbit, its apsides, and the orbit that the start defines.

import { along } from "./camera.js";
import { inFrame, originOf, stateAt } from "./frame.js";
import { after, apsides, conicOf, outline } from "./kepler.js";

/** @typedef {import("./tracks.js").Tracks} Tracks @typedef {import("./frame.js").Moving} Moving */
/** @typedef {import("./camera.js").Camera} Camera @typedef {import("./kepler.js").Conic} Conic */

/** The orbits of bodies about their primaries, of one answer of the server, in a frame. */
export class Orbits {
  /** @param {Tracks} tracks @param {string} about */
  constructor(tracks, about) {
    this.tracks = tracks;
    this.about = about;
    /** @type {Map<string, Moving>} */
    this.known = new Map();
  }

  /** The orbit of a body at a time, and where its primary is in the frame; null without one. @param {Moving} moving @param {number} time */
  at({ body, track }, time) {
    if (body.about === null) return null;
    const state = stateAt(this.#relative(track, body.about), time);
    const conic = conicOf(state.place, state.speed, body.gravity);
    return conic && { conic, t: state.t, centre: this.centreOf(track, body.about, time) };
  }

  /** Where what a body orbits is in the frame. @param {number} track @param {number} primary @param {number} time */
  centreOf(track, primary, time) {
    const origin = originOf(this.tracks, track, this.about);
    if (origin === primary) return [0, 0, 0];
    return stateAt(this.#relative(primary, origin), time).place;
  }

  /** @param {number} track @param {number | null} origin */
  #relative(track, origin) {
    const key = `${track} ${origin}`;
    const moving = this.known.get(key) ?? inFrame(this.tracks, track, origin);
    this.known.set(key, moving);
    return moving;
  }
}

/**
 * Draw a conic about a centre.
 * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {{ right: number[], up: number[] }} axes
 * @param {{ conic: Conic, centre: number[] }} orbit @param {string} colour @param {number[]} dashes
 */
export function drawConic(context, camera, axes, { conic, centre }, colour, dashes) {
  const reach = 2 * camera.extent[2] + Math.hypot(...centre);
  context.save();
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.setLineDash(dashes);
  context.beginPath();
  outline(conic, reach).forEach((point, i) => {
    const [x, y] = pixel(camera, axes, point, centre);
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
  context.restore();
}

/** @param {Camera} camera @param {{ right: number[], up: number[] }} axes @param {number[]} point @param {number[]} centre */
function pixel(camera, axes, point, centre) {
  const place = point.map((one, i) => one + centre[i]);
  return [camera.x(along(axes.right, place)), camera.y(along(axes.up, place))];
}

/**
 * Where the apsides of an orbit are on the figure.
 * @param {Camera} camera @param {{ right: number[], up: number[] }} axes @param {{ conic: Conic, centre: number[] }} orbit
 */
export function apsidesOf(camera, axes, { conic, centre }) {
  const { periapsis, apoapsis } = apsides(conic);
  const marks = [{ name: "periapsis", short: "q", at: pixel(camera, axes, periapsis, centre) }];
  if (apoapsis) marks.push({ name: "apoapsis", short: "Q", at: pixel(camera, axes, apoapsis, centre) });
  return marks;
}

/** Draw an apsis: a triangle that points at the orbit. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {boolean} isNear @param {string} colour @param {string} surface */
export function drawApsis(context, x, y, isNear, colour, surface) {
  const size = isNear ? 4.5 : -4.5;
  context.save();
  context.beginPath();
  context.moveTo(x, y - size * 1.15);
  context.lineTo(x + size, y + size * 0.85);
  context.lineTo(x - size, y + size * 0.85);
  context.closePath();
  context.lineWidth = 3;
  context.strokeStyle = surface;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
  context.restore();
}

/** Where two-body motion from the start has led by a time, on the figure. @param {Camera} camera @param {{ right: number[], up: number[] }} axes @param {{ conic: Conic, t: number }} start @param {number[]} centre @param {number} time */
export const ghost = (camera, axes, start, centre, time) =>
  pixel(camera, axes, after(start.conic, time - start.t), centre);
