// From places in space to pixels: three planes, a view from any side, and what fits.

/** @typedef {import("./frame.js").Moving} Moving */
/** @typedef {"xy" | "xz" | "yz" | "3d"} Plane */

/**
 * @typedef {object} Seen - a body as it is projected: pixels are linear in `u` and `v`
 * @property {Moving} moving
 * @property {Float64Array} u - to the right
 * @property {Float64Array} v - upwards
 * @property {Float64Array} du - the velocity, likewise
 * @property {Float64Array} dv
 *
 * @typedef {readonly [number, number, number]} Extent - centre and width
 */

const MARGIN = 0.09; // of the figure, on each side
const FINEST = 1e-12; // of how far away the middle is: 64-bit numbers tell no smaller pixels apart
const BODY_PX = 14; // the radius of a body with its ring: a circle isn't cut at the edge

/** The axes that point right and up on the screen. @param {Plane} plane @param {readonly [number, number]} turn */
export function axesOf(plane, turn) {
  if (plane === "xy") return { right: [1, 0, 0], up: [0, 1, 0] };
  if (plane === "xz") return { right: [1, 0, 0], up: [0, 0, 1] };
  if (plane === "yz") return { right: [0, 1, 0], up: [0, 0, 1] };
  const [a, e] = turn.map((degrees) => (degrees * Math.PI) / 180);
  return {
    right: [-Math.sin(a), Math.cos(a), 0],
    up: [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)],
  };
}

/** @param {number[]} axis @param {number[]} place */
export const along = (axis, place) => axis[0] * place[0] + axis[1] * place[1] + axis[2] * place[2];

/**
 * Project the bodies. @param {Moving[]} bodies @param {Plane} plane @param {readonly [number, number]} turn
 * @returns {Seen[]}
 */
export function projected(bodies, plane, turn) {
  const { right, up } = axesOf(plane, turn);
  return bodies.map((moving) => ({
    moving,
    u: column(moving.place, right),
    v: column(moving.place, up),
    du: column(moving.speed, right),
    dv: column(moving.speed, up),
  }));
}

/** @param {Float64Array[]} columns @param {number[]} axis */
function column(columns, axis) {
  const only = axis.indexOf(1);
  if (only >= 0) return columns[only];
  const [x, y, z] = columns;
  const [a, b, c] = axis;
  const sum = new Float64Array(x.length);
  for (let i = 0; i < sum.length; i++) sum[i] = a * x[i] + b * y[i] + c * z[i];
  return sum;
}

/**
 * What fits all bodies into a figure of so many pixels; null without any. Where some stay, `ofBound`
 * leaves out where the others go after their escape.
 * @param {readonly Seen[]} bodies @param {number} width @param {number} height @param {boolean} ofBound
 * @returns {Extent | null}
 */
export function fitting(bodies, width, height, ofBound) {
  const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  for (const one of bodies) grow(box, one, ofBound);
  if (!(box.left <= box.right)) return null;
  const inner = Math.max(40, width * (1 - 2 * MARGIN) - 2 * BODY_PX);
  const tall = Math.max(40, height * (1 - 2 * MARGIN) - 2 * BODY_PX);
  const scale = Math.max((box.right - box.left) / inner, (box.high - box.low) / tall);
  const centre = [box.left / 2 + box.right / 2, box.low / 2 + box.high / 2];
  return [centre[0], centre[1], widthOf(scale * width, centre, box)];
}

/**
 * What a figure is wide that fits a box: of a single place about as much as it is away, and of what
 * is nearer together than pixels can be its own size, which no camera resolves.
 * @param {number} width @param {number[]} centre @param {{ left: number, right: number, low: number, high: number }} box
 */
function widthOf(width, centre, { left, right, low, high }) {
  const away = Math.hypot(...centre);
  if (width > 0) return Math.max(width, 2 * FINEST * away);
  return Math.max(right - left, high - low) || 2 * (away || 0.5);
}

/** @param {{ left: number, right: number, low: number, high: number }} box @param {Seen} seen @param {boolean} ofBound */
function grow(box, { moving, u, v }, ofBound) {
  const escape = (ofBound && moving.body.escape) || Infinity;
  const until = escape > moving.t[0] ? escape : Infinity;
  for (let i = 0; i < u.length && (moving.t[i] <= until || i < 2); i++) {
    if (u[i] < box.left) box.left = u[i];
    if (u[i] > box.right) box.right = u[i];
    if (v[i] < box.low) box.low = v[i];
    if (v[i] > box.high) box.high = v[i];
  }
}

/** Where things are on a figure of `width` x `height` pixels that shows an extent. */
export class Camera {
  /** @param {Extent} extent @param {number} width @param {number} height */
  constructor(extent, width, height) {
    this.extent = extent;
    this.cx = extent[0];
    this.cy = extent[1];
    this.width = width;
    this.height = height;
    this.scale = width / extent[2];
  }

  /** @param {number} u */
  x(u) {
    return this.width / 2 + (u - this.cx) * this.scale;
  }

  /** @param {number} v */
  y(v) {
    return this.height / 2 - (v - this.cy) * this.scale;
  }

  /** What is at a pixel. @param {number} x @param {number} y @returns {[number, number]} */
  at(x, y) {
    return [this.cx + (x - this.width / 2) / this.scale, this.cy - (y - this.height / 2) / this.scale];
  }

  /** The extent after zooming by a factor that leaves a pixel where it is. @param {number} factor @param {number} x @param {number} y @returns {Extent} */
  zoomed(factor, x, y) {
    const [u, v] = this.at(x, y);
    return [u + (this.cx - u) / factor, v + (this.cy - v) / factor, this.extent[2] / factor];
  }

  /** The extent after moving what is shown by pixels. @param {number} dx @param {number} dy @returns {Extent} */
  moved(dx, dy) {
    return [this.cx - dx / this.scale, this.cy + dy / this.scale, this.extent[2]];
  }

  /** Whether numbers can still tell the pixels of an extent apart. @param {Extent} extent */
  resolves([cx, cy, width]) {
    return width > 1e-300 && width < 1e300 && width > FINEST * Math.max(Math.abs(cx), Math.abs(cy));
  }
}

/** Whether two extents show about the same. @param {Extent} a @param {Extent} b */
export const alike = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 1e-3 * b[2] && Math.abs(a[2] / b[2] - 1) < 1e-3;
