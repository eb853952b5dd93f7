// The colours of the orbit view, read from the style sheet, and a ramp over time that is even to
// the eye: equal steps of lightness and hue in OKLCH (B. Ottosson, 2020, "A perceptual color space
// for image processing").

import { agentsOf, reader } from "../shared/colours.js";

/**
 * @typedef {object} Palette
 * @property {string[]} agents
 * @property {string} surface
 * @property {string} line
 * @property {string} text
 * @property {string} muted
 * @property {string} accent
 * @property {string} font
 * @property {string[]} ramp - from the start of the window to its end
 */

export const SHADES = 48;

/** @param {Element} element @returns {Palette} */
export function paletteOf(element) {
  const value = reader(element);
  const [from, to] = ["--orbit-early", "--orbit-late"].map((name) => (value(name).match(/[\d.]+/g) ?? []).map(Number));
  return {
    agents: agentsOf(value),
    surface: value("--surface"),
    line: value("--line"),
    text: value("--text"),
    muted: value("--muted"),
    accent: value("--accent"),
    font: getComputedStyle(element).fontFamily,
    ramp: shades(from, to),
  };
}

/** @param {number[]} from lightness, chroma, hue in degrees @param {number[]} to */
const shades = (from, to) =>
  Array.from({ length: SHADES }, (_, i) => {
    const [l, c, h] = from.map((one, axis) => one + ((to[axis] - one) * i) / (SHADES - 1));
    return hex(linear(l, c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)));
  });

/** A colour between two, mixed in OKLab. @param {string} a @param {string} b @param {number} part of b */
export function mixed(a, b, part) {
  const [one, other] = [oklab(a), oklab(b)];
  const [l, m, s] = one.map((value, i) => value + (other[i] - value) * part);
  return hex(linear(l, m, s));
}

/** The ramp of one body among several: from faint to its own colour. @param {string} colour @param {string} surface */
export const faded = (colour, surface) =>
  Array.from({ length: SHADES }, (_, i) => mixed(surface, colour, 0.3 + (0.7 * i) / (SHADES - 1)));

/** @param {number} l @param {number} a @param {number} b */
function linear(l, a, b) {
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ];
  return [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ];
}

/** @param {number[]} rgb linear */
const hex = (rgb) =>
  `#${rgb
    .map((one) => {
      const c = Math.min(1, Math.max(0, one));
      const encoded = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
      return Math.round(255 * encoded).toString(16).padStart(2, "0");
    })
    .join("")}`;

/** @param {string} colour as #rrggbb or #rgb */
function oklab(colour) {
  const long = colour.length < 7 ? colour.replace(/[\da-f]/gi, "$&$&") : colour;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(long.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const [x, y, z] = [
    Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
    Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
    Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b),
  ];
  return [
    0.2104542553 * x + 0.793617785 * y - 0.0040720468 * z,
    1.9779984951 * x - 2.428592205 * y + 0.4505937099 * z,
    0.0259040371 * x + 0.7827717662 * y - 0.808675766 * z,
  ];
}
