// One stream of events for several readers of runs. A browser has six connections to a host, so
// all its pages share this, in a shared worker (stream_worker.js) where there are any.

const REST_MS = 60; // pages that open together are followed by one new stream
const AT_MOST = 32; // ids in a stream, as the server has it; what is beyond waits for a place
const SILENT_MS = 70_000; // who has not been heard for so long is a page that crashed

/**
 * @typedef {{ kind: "status" | "progress" | "done" | "gone" | "interrupted" | "refused", resource: any }} News
 * @typedef {(news: News) => void} Reader
 */

export class Streams {
  constructor() {
    /** @type {Map<Reader, { address: string, id: string, heard: number }>} */
    this.readers = new Map();
    /** @type {Map<string, News>} the newest of each id in the stream that is open */
    this.newest = new Map();
    this.source = /** @type {EventSource | null} */ (null);
    this.open = "";
    this.timer = 0;
  }

  /** Follow an id; again, to say that the reader is still there. @param {Reader} reader @param {string} address @param {string} id */
  add(reader, address, id) {
    const known = this.readers.get(reader);
    this.readers.set(reader, { address, id, heard: Date.now() });
    if (known?.id === id) return;
    const newest = this.newest.get(id);
    if (newest) reader(newest);
    this.rest();
  }

  /** @param {Reader} reader */
  drop(reader) {
    if (this.readers.delete(reader)) this.rest();
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), REST_MS);
  }

  /** Open the stream that the readers need; none if there are none. */
  renew() {
    for (const [reader, { heard }] of this.readers) if (Date.now() - heard > SILENT_MS) this.readers.delete(reader);
    const wanted = [...this.readers.values()];
    const ids = [...new Set(wanted.map((one) => one.id))].sort().slice(0, AT_MOST);
    const address = ids.length ? `${wanted[0].address}?ids=${ids.join(",")}` : "";
    if (address === this.open && this.source?.readyState !== 2) return;
    this.source?.close();
    this.source = null;
    this.newest.clear();
    this.open = address;
    if (address) this.listen(new EventSource(address));
  }

  /** @param {EventSource} source */
  listen(source) {
    this.source = source;
    for (const kind of /** @type {const} */ (["status", "progress", "done", "gone"]))
      source.addEventListener(kind, (event) => {
        const { id, resource } = JSON.parse(event.data);
        this.tell({ kind, resource }, id);
      });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      const refused = source.readyState === 2;
      if (refused) [this.source, this.open] = [null, ""];
      this.tell({ kind: refused ? "refused" : "interrupted", resource: null });
    });
  }

  /** Pass on what concerns an id, or all; who has heard the end is no reader any more. @param {News} news @param {string} [id] */
  tell(news, id) {
    const isLast = news.kind === "done" || news.kind === "gone" || news.kind === "refused";
    if (id !== undefined && !isLast) this.newest.set(id, news);
    else if (id !== undefined) this.newest.delete(id);
    for (const [reader, wanted] of this.readers) {
      if (id !== undefined && wanted.id !== id) continue;
      if (isLast) this.readers.delete(reader);
      reader(news);
    }
    if (isLast) this.rest();
  }
}
