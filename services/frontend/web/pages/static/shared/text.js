// How values are written, and what is said of a propagation's standing. Pure functions.

const GROUPED = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const NARROW = "\u202f";
const MOST_DIGITS = 20; // after the point: a 64-bit number beyond zero has fewer to tell

/** @param {number} number */
export const count = (number) => GROUPED.format(number);

/** A rate with two or three digits: 61M steps/s. @param {number | null} rate @param {string} of */
export function rate(rate, of = "steps") {
  if (rate === null || !Number.isFinite(rate)) return "–";
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  return `${short.format(rate)} ${of}/s`;
}

/** @param {number | null} seconds */
export function duration(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `less than 1${NARROW}s`;
  if (seconds < 60) return `${Math.round(seconds)}${NARROW}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ${Math.round(seconds % 60)}${NARROW}s`;
  return `${Math.floor(seconds / 3600)}${NARROW}h ${Math.floor((seconds % 3600) / 60)}${NARROW}min`;
}

/** A clock's time, with as many digits as a span needs to tell its ends apart. @param {number} t @param {number} span */
export function clock(t, span) {
  const digits = Math.min(MOST_DIGITS, Math.max(0, 2 - Math.floor(Math.log10(span || 1))));
  return t.toLocaleString("en-GB", { maximumFractionDigits: digits });
}

/**
 * A measured number with so many significant digits; an en dash where there is none.
 * @param {number | null | undefined} value @param {number} digits
 */
export function figure(value, digits = 5) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  const text =
    size !== 0 && (size < 1e-4 || size >= 1e7)
      ? rounded.toExponential().replace(/e([+-])(\d+)$/, (_, sign, digits) => `×10${raised(sign + digits)}`)
      : String(rounded);
  return text.replace("-", "−");
}

/** @param {string} exponent such as "+12" or "-5" */
const raised = (exponent) =>
  [...exponent.replace("+", "")].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)])).join("");

/** What an error says. @param {unknown} error */
export const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** Whether what failed was given up, for something newer. @param {unknown} error */
export const wasGivenUp = (error) => error instanceof Error && error.name === "AbortError";

/** A fraction as a percentage: 56.0 %. @param {number | null | undefined} fraction */
export const percentage = (fraction) =>
  fraction === null || fraction === undefined ? "–" : `${(100 * fraction).toFixed(1)}${NARROW}%`;
