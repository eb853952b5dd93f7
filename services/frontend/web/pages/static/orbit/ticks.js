// Round numbers for axes and the scale bar. Pure functions.

const NARROW = "\u202f";
const LONG = 5; // digits of a tick; longer ones are written from an offset

/** The largest of 1, 2, 5 times a power of ten that is at most `size`. @param {number} size */
export function round(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  const times = size / power;
  return (times >= 5 ? 5 : times >= 2 ? 2 : 1) * power;
}

/**
 * Ticks between two numbers, about so many, and the offset that their labels leave out ("" if none).
 * No two have the same label.
 * @param {number} low @param {number} high @param {number} wanted
 */
export function ticks(low, high, wanted) {
  const step = round((high - low) / Math.max(1, wanted)) || 1;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  const all = [];
  for (let i = first; i <= last && all.length < 100; i++) all.push(i * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = decimals + Math.max(1, Math.floor(Math.log10(size || 1)) + 1);
  const isOffset = digits > LONG && size / step > 5e3;
  const base = isOffset ? round10(low / 2 + high / 2, step * 10) : 0;
  const labels = all.map((value) => label(value - base, step, isOffset));
  const isPlain = new Set(labels).size === labels.length;
  return {
    ticks: all.map((value, i) => ({ value, label: isPlain ? labels[i] : "" })).filter(({ label: text }) => text),
    offset: isOffset && isPlain ? written(base, digits) : "",
  };
}

/** @param {number} value @param {number} to */
const round10 = (value, to) => Math.round(value / to) * to;

/** The power of ten of a number's first digit. @param {number} size */
const power = (size) => Math.floor(Math.log10(size) + 1e-9);

/** @param {number} value @param {number} step @param {boolean} signed */
function label(value, step, signed) {
  const clean = Math.round(value / step) * step;
  const text = written(clean, 1 + power(Math.max(Math.abs(clean), step)) - power(step));
  return signed && clean > 0 ? `+${text}` : text;
}

/** A number with so many significant digits, no more. @param {number} value @param {number} digits */
export function written(value, digits) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const exact = value.toPrecision(Math.min(15, Math.max(1, digits)));
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = Number(exact).toExponential().split("e");
    return `${mantissa}×10${raised(Number(exponent))}`.replace("-", "−");
  }
  return String(Number(exact)).replace("-", "−");
}

/** @param {number} exponent */
const raised = (exponent) =>
  [...String(exponent)].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)])).join("");

/** A length with its unit. @param {number} value @param {string} unit @param {number} [digits] */
export const length = (value, unit, digits = 3) => `${written(value, digits)}${unit ? NARROW + unit : ""}`;
