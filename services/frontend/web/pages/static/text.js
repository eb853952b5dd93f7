// How values are written, and what is said of a propagation's standing. Pure functions.

const GROUPED = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const NARROW = "\u202f";

/** @param {number} number */
export const count = (number) => GROUPED.format(number);

/** A rate with two or three digits: 61 M/s. @param {number | null} rate */
export function rate(rate) {
  if (rate === null || !Number.isFinite(rate)) return "–";
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  return `${short.format(rate)} iterations/s`;
}

/** @param {number | null} seconds */
export function duration(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `less than 1${NARROW}s`;
  if (seconds < 60) return `${Math.round(seconds)}${NARROW}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ${Math.round(seconds % 60)}${NARROW}s`;
  return `${Math.floor(seconds / 3600)}${NARROW}h ${Math.floor((seconds % 3600) / 60)}${NARROW}min`;
}

/** A clock's time, with as many digits as a span needs. @param {number} t @param {number} span */
export function clock(t, span) {
  const digits = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(span || 1))));
  return t.toLocaleString("en-GB", { maximumFractionDigits: digits });
}
