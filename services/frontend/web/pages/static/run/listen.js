// Listens to a run: by the one stream of this browser where there are shared workers, else by one
// of its own. A page that nobody sees listens to nothing, and catches up when it is looked at.

import { Streams } from "./streams.js";

const STILL_HERE_MS = 20_000;

/** @typedef {import("./streams.js").Reader} Reader */

/**
 * Call the reader with what happens to a run, until it is over or what is returned is called.
 * @param {string} address - of the stream of events @param {string} id @param {Reader} reader
 */
export function listen(address, id, reader) {
  const once = (/** @type {import("./streams.js").News} */ news) => {
    if (["done", "gone", "refused"].includes(news.kind)) stop();
    reader(news);
  };
  let line = /** @type {ReturnType<typeof connected> | null} */ (null);
  const attend = () => {
    if (document.hidden) leave();
    else line ??= connected(new URL(address, location.href).href, id, once);
  };
  const leave = () => {
    line?.close();
    line = null;
  };
  const stop = () => {
    leave();
    document.removeEventListener("visibilitychange", attend);
    removeEventListener("pagehide", leave);
    removeEventListener("pageshow", attend);
  };
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", leave); // an open stream would keep the page out of the back cache
  addEventListener("pageshow", attend);
  attend();
  return stop;
}

/** @param {string} address @param {string} id @param {Reader} reader */
function connected(address, id, reader) {
  let own = /** @type {Streams | null} */ (null);
  const alone = () => {
    own ??= new Streams();
    own.add(reader, address, id);
  };
  const worker = shared();
  if (!worker) alone();
  const ask = () => worker?.port.postMessage({ address, id });
  if (worker) {
    worker.onerror = alone; // it could not be loaded
    worker.port.onmessage = ({ data }) => reader(data);
    ask();
  }
  const timer = setInterval(ask, STILL_HERE_MS);
  return {
    close() {
      clearInterval(timer);
      own?.drop(reader);
      if (!worker) return;
      worker.onerror = null;
      worker.port.onmessage = null;
      worker.port.postMessage({ id: "" });
      worker.port.close();
    },
  };
}

/** The browser's shared worker; null where there are none, as in Chrome for Android. */
function shared() {
  if (!("SharedWorker" in window)) return null;
  try {
    return new SharedWorker(new URL("./stream_worker.js", import.meta.url), { type: "module", name: "porta" });
  } catch {
    return null;
  }
}
