// Where an axis has its ticks, and what stands at them. Pure functions.
//
// - Labels of one axis differ, and are short: what all values share is an offset, said once in the
//   title, and a power of ten too.
// - What is drawn is the difference from the offset, in which nothing is lost.

/**
 * @typedef {object} Axis
 * @property {number} offset - what is drawn is the value less this
 * @property {string} offsetText - "" for 0
 * @property {number} power - labels are in units of ten to this
 * @property {number[]} values - of the ticks, less the offset
 * @property {string[]} labels
 */

const DIGITS = 5; // a label that needs more has an offset instead
const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number} low @param {number} high @param {number} most ticks @returns {Axis} */
export function axisOf(low, high, most) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return single(low);
  const exponent = Math.floor(Math.log10(span));
  const size = Math.max(Math.abs(low), Math.abs(high));
  const shared = size > 10 ** (exponent + DIGITS) ? sharedPart(low, exponent) : { offset: 0, text: "" };
  const step = niceStep(span, most);
  const values = multiples(low - shared.offset, high - shared.offset, step);
  const power = powerOf(Math.max(...values.map(Math.abs)), step);
  return { offset: shared.offset, offsetText: shared.text, power, values, labels: labelled(values, step, power) };
}

/** The axis of one value. @param {number} value @returns {Axis} */
function single(value) {
  const exponent = value ? Math.floor(Math.log10(Math.abs(value))) : 0;
  const power = exponent >= 6 || exponent < -4 ? exponent : 0;
  const label = typographic(grouped(String(Number((value / 10 ** power).toPrecision(DIGITS)))));
  return { offset: 0, offsetText: "", power, values: [value], labels: [label] };
}

/**
 * The number of few digits below all values of so small a span. @param {number} low
 * @param {number} exponent
 */
function sharedPart(low, exponent) {
  const digits = Math.min(100, Math.max(0, -exponent));
  const unit = 10 ** exponent;
  const offset = digits ? Number((Math.floor(low / unit) * unit).toFixed(digits)) : Math.floor(low / unit) * unit;
  return { offset, text: typographic(grouped(String(offset))) };
}

/** The least of 1, 2, 5, 10, ... that gives at most so many ticks. @param {number} span @param {number} most */
export function niceStep(span, most) {
  const rough = span / most;
  const ten = 10 ** Math.floor(Math.log10(rough));
  return ten * ([1, 2, 5, 10].find((one) => one * ten >= rough * (1 - 1e-9)) ?? 10);
}

/** @param {number} low @param {number} high @param {number} step */
function multiples(low, high, step) {
  const values = [];
  const slack = step * 1e-9;
  for (let k = Math.ceil((low - slack) / step); k * step <= high + slack && values.length < 50; k++) values.push(k * step);
  return values.length ? values : [low];
}

/** @param {number} largest @param {number} step */
function powerOf(largest, step) {
  const exponent = Math.floor(Math.log10(largest || step));
  return exponent >= 6 || Math.log10(step) < -4 ? exponent : 0;
}

/** @param {number[]} values @param {number} step @param {number} power */
function labelled(values, step, power) {
  const digits = Math.min(20, Math.max(0, power - Math.floor(Math.log10(step * (1 + 1e-9)))));
  return values.map((value) => typographic(grouped((value / 10 ** power).toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1"))));
}

/** Digits before the point in groups. @param {string} text */
const grouped = (text) => (/e/.test(text) ? text : text.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",")));

/** @param {string} text */
const typographic = (text) => text.replace("-", "−");

/** Ten to a power, with raised digits. @param {number} power */
export const tenTo = (power) =>
  `10${[...String(power)].map((one) => RAISED[one === "-" ? 0 : Number(one) + 1]).join("")}`;

/**
 * What an axis is of: the quantity, what is taken off, and in which unit.
 * @param {string} symbol @param {Axis} axis @param {string} unit
 */
export function titleOf(symbol, { offsetText, power }, unit) {
  const minus = offsetText.startsWith("−") ? ` + ${offsetText.slice(1)}` : ` − ${offsetText}`;
  const scale = [power ? tenTo(power) : "", unit].filter(Boolean).join(" ");
  return `${symbol}${offsetText ? minus : ""}${scale ? ` (${scale})` : ""}`;
}
