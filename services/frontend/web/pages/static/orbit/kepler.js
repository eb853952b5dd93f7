// Two bodies: the orbit through a state, its apsides, and where it leads. Pure functions.

/**
 * @typedef {object} Conic
 * @property {number} a - semi-major axis; negative of a hyperbola
 * @property {number} e - eccentricity
 * @property {number} period - Infinity of what doesn't return
 * @property {number[]} p - unit vector towards the periapsis
 * @property {number[]} q - unit vector along the motion there
 * @property {number} anomaly - the mean anomaly now
 * @property {number} motion - mean motion
 */

const CIRCULAR = 1e-9;
const POINTS = 240;

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {number[]} a @param {number[]} b */
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {number[]} a */
const size = (a) => Math.hypot(a[0], a[1], a[2]);
/** @param {number[]} a @param {number} by */
const times = (a, by) => a.map((one) => one * by);

/**
 * The conic through a state relative to the primary; null where there is none (a fall along a line,
 * a parabola, no gravity).
 * @param {number[]} r @param {number[]} v @param {number} gravity @returns {Conic | null}
 */
export function conicOf(r, v, gravity) {
  const h = cross(r, v);
  const [distance, momentum] = [size(r), size(h)];
  if (!(gravity > 0) || !(distance > 0) || !(momentum > 0)) return null;
  const energy = dot(v, v) / 2 - gravity / distance;
  const a = -gravity / (2 * energy);
  const towards = times(cross(v, h), 1 / gravity).map((one, i) => one - r[i] / distance);
  const e = size(towards);
  if (!Number.isFinite(a) || Math.abs(e - 1) < CIRCULAR) return null;
  const p = e < CIRCULAR ? times(r, 1 / distance) : times(towards, 1 / e);
  const q = cross(times(h, 1 / momentum), p);
  const motion = Math.sqrt(gravity / Math.abs(a) ** 3);
  const period = e < 1 ? (2 * Math.PI) / motion : Infinity;
  return { a, e, p, q, motion, period, anomaly: meanAnomaly(dot(r, p), dot(r, q), a, e) };
}

/** @param {number} x @param {number} y @param {number} a @param {number} e */
function meanAnomaly(x, y, a, e) {
  if (e < 1) {
    const eccentric = Math.atan2(y / (a * Math.sqrt(1 - e * e)), x / a + e);
    return eccentric - e * Math.sin(eccentric);
  }
  const hyperbolic = Math.asinh(y / (-a * Math.sqrt(e * e - 1)));
  return e * Math.sinh(hyperbolic) - hyperbolic;
}

/** A point of the conic at an eccentric (or hyperbolic) anomaly. @param {Conic} conic @param {number} at */
function point({ a, e, p, q }, at) {
  const x = e < 1 ? a * (Math.cos(at) - e) : a * (Math.cosh(at) - e);
  const y = e < 1 ? a * Math.sqrt(1 - e * e) * Math.sin(at) : -a * Math.sqrt(e * e - 1) * Math.sinh(at);
  return p.map((one, i) => x * one + y * q[i]);
}

/** Points along the whole ellipse, or along the branch of a hyperbola up to some distance. @param {Conic} conic @param {number} reach */
export function outline(conic, reach) {
  const { a, e } = conic;
  const most = e < 1 ? Math.PI : Math.acosh(Math.max(1.5, Math.abs((reach - a) / (a * e))));
  return Array.from({ length: POINTS + 1 }, (_, i) => point(conic, (2 * i * most) / POINTS - most));
}

/** Where the conic is nearest to the primary and, of an ellipse, farthest. @param {Conic} conic */
export const apsides = (conic) => ({
  periapsis: point(conic, 0),
  apoapsis: conic.e < 1 ? point(conic, Math.PI) : null,
});

/** Where two-body motion leads after a time. @param {Conic} conic @param {number} time */
export function after(conic, time) {
  const { e } = conic;
  const mean = conic.anomaly + conic.motion * time;
  return point(conic, e < 1 ? elliptic(mean, e) : hyperbolic(mean, e));
}

/** Solve Kepler's equation, E - e sin E = M, by bisected Newton steps. @param {number} mean @param {number} e */
function elliptic(mean, e) {
  const m = mean - 2 * Math.PI * Math.round(mean / (2 * Math.PI));
  let [low, high] = [m - e, m + e];
  let at = m + e * Math.sin(m);
  for (let i = 0; i < 60; i++) {
    const off = at - e * Math.sin(at) - m;
    if (off > 0) high = at;
    else low = at;
    const next = at - off / (1 - e * Math.cos(at));
    if (Math.abs(next - at) < 1e-14) return next;
    at = next > low && next < high ? next : low / 2 + high / 2;
  }
  return at;
}

/** Solve e sinh H - H = M. @param {number} mean @param {number} e */
function hyperbolic(mean, e) {
  let at = Math.asinh(mean / e);
  for (let i = 0; i < 60; i++) {
    const next = at - (e * Math.sinh(at) - at - mean) / (e * Math.cosh(at) - 1);
    if (Math.abs(next - at) < 1e-14 * Math.max(1, Math.abs(at))) return next;
    at = next;
  }
  return at;
}
