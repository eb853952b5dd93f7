// The whole run in a corner, with a frame around what the figure shows; pressed, it shows the whole.

import { Camera, fitting } from "./camera.js";
import { drawPaths } from "./paths.js";

/** @typedef {import("./camera.js").Seen} Seen @typedef {import("./colours.js").Palette} Palette */

const SAMPLES = 6_000;
const CLEAR_PX = 12; // a path is to be seen beside the corner's picture
const LEAST_PX = 7; // a smaller frame is drawn as a ring

/**
 * @param {HTMLCanvasElement} canvas @param {readonly Seen[]} bodies @param {import("./camera.js").Extent} extent
 * @param {number} height of what is shown, in its units @param {Palette} palette
 * @param {(seen: Seen) => string[]} ramp @param {readonly [number, number]} window
 */
export function drawInset(canvas, bodies, extent, height, palette, ramp, window) {
  const context = sharp(canvas);
  const [width, tall] = [canvas.clientWidth, canvas.clientHeight];
  const whole = fitting(bodies, width, tall, false);
  context.clearRect(0, 0, width, tall);
  if (!whole) return;
  const camera = new Camera([whole[0], whole[1], whole[2] * 0.9], width, tall);
  drawPaths(context, bodies, camera, { window, ramp, width: 1, alpha: 0.9, curved: true, marked: false, most: SAMPLES });
  const [w, h] = [extent[2] * camera.scale, height * camera.scale];
  const [x, y] = [camera.x(extent[0]), camera.y(extent[1])];
  context.strokeStyle = palette.text;
  context.lineWidth = 1.25;
  context.beginPath();
  if (w < LEAST_PX || h < LEAST_PX) context.arc(x, y, LEAST_PX / 2 + 1, 0, 2 * Math.PI);
  else context.rect(x - w / 2, y - h / 2, w, h);
  context.stroke();
}

/**
 * The corner where a box covers least of the paths: the free one, or the first of the least covered.
 * @template {string} C
 * @param {readonly Seen[]} bodies @param {Camera} camera
 * @param {readonly { corner: C, box: readonly number[] }[]} places each `box`: left, top, width, height
 * @returns {C}
 */
export function emptiest(bodies, camera, places) {
  const covered = places.map(({ box }) => ({ box, count: 0 }));
  for (const { u, v, moving } of bodies) {
    const stride = Math.max(1, Math.ceil(u.length / (SAMPLES / bodies.length)));
    for (let i = 0; i < u.length; i += moving.rests ? u.length : stride) {
      const [x, y] = [camera.x(u[i]), camera.y(v[i])];
      for (const one of covered) if (isWithin(x, y, one.box)) one.count += moving.rests ? SAMPLES : 1;
    }
  }
  const least = Math.min(...covered.map(({ count }) => count));
  return places[covered.findIndex(({ count }) => count === least)].corner;
}

/** @param {number} x @param {number} y @param {readonly number[]} box */
const isWithin = (x, y, [left, top, width, height]) =>
  x > left - CLEAR_PX && x < left + width + CLEAR_PX && y > top - CLEAR_PX && y < top + height + CLEAR_PX;

/** A canvas's context, with as many pixels as the screen has. @param {HTMLCanvasElement} canvas */
export function sharp(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((one) => Math.round(one * ratio));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
