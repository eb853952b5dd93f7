// Writes SVG in place of pixels: as much of a canvas context as the painters use.

/** @param {number} value */
const short = (value) => String(Math.round(value * 100) / 100);
/** @param {string} text */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STATE = /** @type {const} */ (["strokeStyle", "fillStyle", "lineWidth", "globalAlpha", "font", "textAlign", "lineCap", "lineJoin", "dashes", "shift"]);

/** Collects what is drawn; `text` is the whole picture. */
export class SvgContext {
  /** @param {number} width @param {number} height @param {CanvasRenderingContext2D} ruler measures text */
  constructor(width, height, ruler) {
    this.size = { width, height };
    this.ruler = ruler;
    this.strokeStyle = "#000000";
    this.fillStyle = "#000000";
    this.lineWidth = 1;
    this.globalAlpha = 1;
    this.font = "12px sans-serif";
    this.textAlign = "left";
    this.lineCap = "butt";
    this.lineJoin = "miter";
    this.dashes = "";
    this.shift = [0, 0];
    /** @type {Record<string, unknown>[]} */
    this.saved = [];
    /** @type {string[]} */
    this.path = [];
    /** @type {string[]} */
    this.parts = [];
  }

  save() {
    this.saved.push(Object.fromEntries(STATE.map((name) => [name, this[name]])));
  }

  restore() {
    Object.assign(this, this.saved.pop());
  }

  /** @param {number} x @param {number} y */
  translate(x, y) {
    this.shift = [this.shift[0] + x, this.shift[1] + y];
  }

  /** @param {number[]} lengths */
  setLineDash(lengths) {
    this.dashes = lengths.join(" ");
  }

  beginPath() {
    this.path = [];
  }

  closePath() {
    this.path.push("Z");
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.path.push(`M${this.#at(x, y)}`);
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.path.push(`L${this.#at(x, y)}`);
  }

  /** @param {...number} numbers */
  bezierCurveTo(...numbers) {
    const [a, b, c, d, e, f] = numbers;
    this.path.push(`C${this.#at(a, b)} ${this.#at(c, d)} ${this.#at(e, f)}`);
  }

  /** A whole circle. @param {number} x @param {number} y @param {number} r */
  arc(x, y, r) {
    this.path.push(`M${this.#at(x - r, y)}`);
    const radii = `${short(r)} ${short(r)} 0 1 0`;
    this.path.push(`A${radii} ${this.#at(x + r, y)}A${radii} ${this.#at(x - r, y)}`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  rect(x, y, width, height) {
    this.path.push(`M${this.#at(x, y)}h${short(width)}v${short(height)}h${short(-width)}Z`);
  }

  stroke() {
    if (!this.path.length) return;
    const dashes = this.dashes ? ` stroke-dasharray="${this.dashes}"` : "";
    this.parts.push(
      `<path d="${this.path.join("")}" fill="none" stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"` +
        ` stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"${dashes}${this.#opacity()}/>`,
    );
  }

  fill() {
    if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" fill="${this.fillStyle}"${this.#opacity()}/>`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    this.parts.push(this.#text(text, x, y, `fill="${this.fillStyle}"`));
  }

  /** @param {string} text @param {number} x @param {number} y */
  strokeText(text, x, y) {
    this.parts.push(this.#text(text, x, y, `fill="none" stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"`));
  }

  /** @param {string} text */
  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} paint */
  #text(text, x, y, paint) {
    const anchor = { center: "middle", right: "end" }[this.textAlign] ?? "start";
    const [size, family] = this.font.match(/^(?:\d+ )?(\S+) (.*)$/)?.slice(1) ?? ["12px", "sans-serif"];
    const [px, py] = this.#at(x, y).split(" ");
    const weight = this.font.match(/^(\d+) /)?.[1] ?? "400";
    return `<text x="${px}" y="${py}" ${paint} font-size="${size}" font-weight="${weight}" font-family="${escaped(family)}" text-anchor="${anchor}"${this.#opacity()}>${escaped(text)}</text>`;
  }

  /** @param {number} x @param {number} y */
  #at(x, y) {
    return `${short(x + this.shift[0])} ${short(y + this.shift[1])}`;
  }

  #opacity() {
    return this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : "";
  }

  /** The picture. @param {string} title */
  text(title) {
    const { width, height } = this.size;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
      `<title>${escaped(title)}</title>${this.parts.join("\n")}</svg>\n`
    );
  }
}
