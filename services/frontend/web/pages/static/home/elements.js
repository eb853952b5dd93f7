// Orbital elements of a state relative to a primary, and back; angles in degrees. Pure functions.
//
// R. R. Bate, D. D. Mueller, J. E. White, "Fundamentals of Astrodynamics", Dover 1971, section 2.4
// and 2.5. The server has its own, which counts: these fill in a form that is changed by hand.

/** @typedef {[number, number, number]} Vector */
/** @typedef {{ a: number, e: number, i: number, node: number, argp: number, anomaly: number }} Elements */

const DEGREES = 180 / Math.PI;
const ROUND = 1e-11; // what is smaller is a circle, or in the plane
const DIGITS = 12;

/** @param {Vector} a @param {Vector} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {Vector} a @param {Vector} b @returns {Vector} */
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {Vector} a */
const norm = (a) => Math.hypot(...a);
/** @param {number} radians */
const degrees = (radians) => Number(((((radians * DEGREES) % 360) + 360) % 360).toPrecision(DIGITS));

/**
 * The elements of a state, or null where it has none: it falls straight, or is just unbound.
 * @param {Vector} r @param {Vector} v @param {number} mu @returns {Elements | null}
 */
export function elementsOf(r, v, mu) {
  const h = cross(r, v);
  const distance = norm(r);
  const energy = dot(v, v) / 2 - mu / distance;
  if (!(mu > 0) || !(norm(h) > 0) || !Number.isFinite(energy) || Math.abs(energy) < ROUND * (mu / distance)) return null;
  const vh = cross(v, h);
  const toPeriapsis = /** @type {Vector} */ (vh.map((one, k) => one / mu - r[k] / distance));
  const e = norm(toPeriapsis);
  const isFlat = Math.hypot(h[0], h[1]) < ROUND * norm(h);
  /** @type {Vector} */
  const node = isFlat ? [1, 0, 0] : [-h[1], h[0], 0];
  const isRound = e < ROUND;
  const start = isRound ? node : toPeriapsis;
  return {
    a: Number((-mu / (2 * energy)).toPrecision(DIGITS)),
    e: isRound ? 0 : Number(e.toPrecision(DIGITS)),
    i: Number((Math.acos(Math.max(-1, Math.min(1, h[2] / norm(h)))) * DEGREES).toPrecision(DIGITS)),
    node: isFlat ? 0 : degrees(Math.atan2(h[0], -h[1])),
    argp: isRound ? 0 : degrees(angle(node, toPeriapsis, h)),
    anomaly: degrees(angle(start, r, h)),
  };
}

/** The angle from a to b, about h. @param {Vector} a @param {Vector} b @param {Vector} h */
const angle = (a, b, h) => Math.atan2(dot(cross(a, b), h) / norm(h), dot(a, b));

/**
 * The state of elements: x, y, z, vx, vy, vz relative to the primary; null where they are of no orbit.
 * @param {Elements} elements @param {number} mu @returns {number[] | null}
 */
export function stateOf({ a, e, i, node, argp, anomaly }, mu) {
  const p = a * (1 - e * e);
  if (!(p > 0) || !(mu > 0)) return null;
  const [nu, w, W, tilt] = [anomaly, argp, node, i].map((one) => one / DEGREES);
  const r = p / (1 + e * Math.cos(nu));
  if (!(r > 0)) return null;
  const speed = Math.sqrt(mu / p);
  const turned = (/** @type {number} */ x, /** @type {number} */ y) => [
    x * (Math.cos(W) * Math.cos(w) - Math.sin(W) * Math.sin(w) * Math.cos(tilt)) -
      y * (Math.cos(W) * Math.sin(w) + Math.sin(W) * Math.cos(w) * Math.cos(tilt)),
    x * (Math.sin(W) * Math.cos(w) + Math.cos(W) * Math.sin(w) * Math.cos(tilt)) -
      y * (Math.sin(W) * Math.sin(w) - Math.cos(W) * Math.cos(w) * Math.cos(tilt)),
    x * Math.sin(w) * Math.sin(tilt) + y * Math.cos(w) * Math.sin(tilt),
  ];
  const place = turned(r * Math.cos(nu), r * Math.sin(nu));
  const velocity = turned(-speed * Math.sin(nu), speed * (e + Math.cos(nu)));
  return [...place, ...velocity].map((one) => Number(one.toPrecision(DIGITS)));
}
