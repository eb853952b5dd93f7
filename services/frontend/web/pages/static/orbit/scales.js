// Draws what tells the size: axes along two edges, a scale bar, the triad of a view in space.

import { along } from "./camera.js";
import { length, round, ticks } from "./ticks.js";

/** @typedef {import("./camera.js").Camera} Camera @typedef {import("./colours.js").Palette} Palette */

const BETWEEN_PX = 110; // ticks
const BAR_PX = 120;
const EDGE_PX = 12;

/**
 * Draw a soft grid, and its numbers along the left and the lower edge.
 * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Palette} palette @param {readonly string[]} names
 * @param {string} unit
 */
export function drawAxes(context, camera, palette, names, unit) {
  const { width, height } = camera;
  const [left, low] = camera.at(0, height);
  const [right, high] = camera.at(width, 0);
  const across = ticks(left, right, Math.max(2, width / BETWEEN_PX));
  const upwards = ticks(low, high, Math.max(2, height / BETWEEN_PX));
  context.save();
  grid(context, camera, palette, across.ticks, upwards.ticks);
  context.fillStyle = palette.muted;
  context.textAlign = "center";
  let free = 30;
  for (const { value, label } of across.ticks) {
    const half = context.measureText(label).width / 2;
    const x = camera.x(value);
    if (x - half < free || x + half > width - 8) continue;
    context.fillText(label, x, height - 7);
    free = x + half + 8;
  }
  context.textAlign = "left";
  for (const { value, label } of upwards.ticks) {
    const y = camera.y(value);
    if (y > 54 && y < height - 30) context.fillText(label, 7, y - 4);
  }
  offsets(context, palette, names, [across.offset, upwards.offset], unit);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Palette} palette @param {{ value: number }[]} across @param {{ value: number }[]} upwards */
function grid(context, camera, palette, across, upwards) {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.beginPath();
  for (const { value } of across) {
    const x = Math.round(camera.x(value)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, camera.height);
  }
  for (const { value } of upwards) {
    const y = Math.round(camera.y(value)) + 0.5;
    context.moveTo(0, y);
    context.lineTo(camera.width, y);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** Say what the numbers are counted from. @param {CanvasRenderingContext2D} context @param {Palette} palette @param {readonly string[]} names @param {string[]} from @param {string} unit */
function offsets(context, palette, names, from, unit) {
  context.fillStyle = palette.muted;
  const words = from.flatMap((offset, i) => (offset ? [`${names[i]} from ${offset}`] : []));
  const measured = unit ? ` (${unit})` : "";
  context.fillText(`${words.join(", ") || `${names[1]} ↑  ${names[0]} →`}${measured}`, 7, 18);
}

/** Draw the scale bar in the lower right corner. @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Palette} palette @param {string} unit */
export function drawScaleBar(context, camera, palette, unit) {
  const size = round(BAR_PX / camera.scale);
  if (!Number.isFinite(size) || size <= 0) return;
  const wide = size * camera.scale;
  const [right, y] = [camera.width - EDGE_PX, camera.height - 30];
  context.save();
  context.strokeStyle = palette.text;
  context.lineWidth = 1.5;
  context.lineCap = "butt";
  context.beginPath();
  context.moveTo(right - wide, y - 5);
  context.lineTo(right - wide, y);
  context.lineTo(right, y);
  context.lineTo(right, y - 5);
  context.stroke();
  context.fillStyle = palette.text;
  context.textAlign = "center";
  context.fillText(length(size, unit), right - wide / 2, y - 6);
  context.restore();
}

/** Draw where x, y and z point. @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Palette} palette @param {{ right: number[], up: number[] }} axes */
export function drawTriad(context, camera, palette, axes) {
  const [x, y, size] = [46, camera.height - 46, 30];
  context.save();
  context.textAlign = "center";
  for (const [i, name] of ["x", "y", "z"].entries()) {
    const unit = [0, 1, 2].map((axis) => (axis === i ? 1 : 0));
    const [dx, dy] = [along(axes.right, unit) * size, -along(axes.up, unit) * size];
    context.strokeStyle = palette.muted;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    context.stroke();
    context.fillStyle = palette.text;
    context.fillText(name, x + dx * 1.28, y + dy * 1.28 + 4);
  }
  context.restore();
}

/** Draw what the colours of the path mean. @param {CanvasRenderingContext2D} context @param {Palette} palette @param {number} width @param {readonly string[]} ramp @param {string} times */
export function drawRamp(context, palette, width, ramp, times) {
  const [wide, high] = [Math.min(120, width / 4), 5];
  const [x, y] = [7, 30];
  context.save();
  for (const [i, colour] of ramp.entries()) {
    context.fillStyle = colour;
    context.fillRect(x + (i * wide) / ramp.length, y, wide / ramp.length + 0.5, high);
  }
  context.fillStyle = palette.muted;
  context.textAlign = "left";
  context.fillText(times, x + wide + 7, y + 7);
  context.restore();
}
