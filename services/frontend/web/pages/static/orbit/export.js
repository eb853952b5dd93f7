// The figure as a file, under a title: PNG at twice the size, or SVG.

import { SvgContext } from "./svg.js";

/** @typedef {import("./colours.js").Palette} Palette */
/** @typedef {(context: CanvasRenderingContext2D) => void} Paint */

const LINE_PX = 19;
const FIRST_PX = 25; // where the first line stands
const BELOW_PX = 13; // the last
const EDGE_PX = 14;
const SHARP = 2;

/**
 * @param {"png" | "svg"} form @param {{ width: number, height: number }} size @param {Palette} palette
 * @param {string[]} title what it is, of what, and what of it is shown @param {Paint} paint
 */
export async function save(form, size, palette, title, paint) {
  const canvas = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const lines = broken(context, palette, title, size.width - 2 * EDGE_PX);
  const top = FIRST_PX + LINE_PX * (lines.length - 1) + BELOW_PX;
  const whole = { width: size.width, height: size.height + top };
  const name = title[0].toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  if (form === "svg") {
    const svg = new SvgContext(whole.width, whole.height, context);
    compose(/** @type {any} */ (svg), whole, palette, lines, top, paint);
    return offer(new Blob([svg.text(title.join(" – "))], { type: "image/svg+xml" }), `${name}.svg`);
  }
  canvas.width = whole.width * SHARP;
  canvas.height = whole.height * SHARP;
  context.scale(SHARP, SHARP);
  compose(context, whole, palette, lines, top, paint);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob) offer(blob, `${name}.png`);
}

/** @param {Palette} palette @param {number} i */
const fontOf = ({ font }, i) => (i ? `12px ${font}` : `600 16px ${font}`);

/**
 * The lines of a title, broken between words where they are wider than the figure.
 * @param {CanvasRenderingContext2D} context @param {Palette} palette @param {string[]} title @param {number} width
 */
function broken(context, palette, title, width) {
  return title.flatMap((text, i) => {
    context.font = fontOf(palette, i);
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines[lines.length - 1]} ${word}`.trim();
      if (context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.filter(Boolean).map((line) => ({ text: line, isHead: i === 0 }));
  });
}

/** @param {CanvasRenderingContext2D} context @param {{ width: number, height: number }} size @param {Palette} palette @param {{ text: string, isHead: boolean }[]} lines @param {number} top how high the title is @param {Paint} paint */
function compose(context, size, palette, lines, top, paint) {
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, size.width, size.height);
  context.save();
  context.translate(0, top);
  paint(context);
  context.restore();
  // The title comes last, over what reaches beyond the figure.
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, size.width, top);
  context.textAlign = "left";
  for (const [i, { text, isHead }] of lines.entries()) {
    context.fillStyle = isHead ? palette.text : palette.muted;
    context.font = fontOf(palette, isHead ? 0 : 1);
    context.fillText(text, EDGE_PX, FIRST_PX + LINE_PX * i);
  }
}

/** @param {Blob} blob @param {string} name */
function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
