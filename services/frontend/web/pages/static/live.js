// Follows a propagation that is under way: shows each event, and tells when it is over.

import { count, duration, rate } from "./text.js";

const COME_BACK_MS = 3000;
const ORDER = ["queued", "starting", "running", "writing"];

/**
 * @typedef {{ status: string,
 *   progress: { done: number, total: number, rate: number | null, eta_s: number | null, position: number | null },
 *   cluster: { name: string, workers: number, arrived: number | null, dashboard: string | null } | null,
 *   error: { detail: string } | null, order?: object }} Resource
 */

/**
 * Show a propagation's progress within `main`; `over` is called once, when there is more to see.
 * @param {HTMLElement} main
 * @param {() => void} over
 */
export function follow(main, over) {
  let source = /** @type {EventSource | null} */ (null);
  let timer = 0;

  const stop = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const finish = () => {
    stop();
    removeEventListener("pagehide", stop);
    removeEventListener("pageshow", start);
    over();
  };
  const failed = () => {
    if (source?.readyState !== EventSource.CLOSED) {
      text("standing", "The connection is interrupted; trying again.");
      return; // the browser comes back by itself
    }
    stop();
    timer = setTimeout(finish, COME_BACK_MS); // refused: the page itself knows what is the matter
  };
  const start = () => {
    if (source) return;
    source = new EventSource(main.dataset.events ?? "");
    for (const name of ["status", "progress"]) {
      source.addEventListener(name, (event) => show(JSON.parse(event.data)));
    }
    source.addEventListener("done", finish);
    source.addEventListener("error", failed);
  };

  addEventListener("pagehide", stop); // an open stream would keep the page out of the back cache
  addEventListener("pageshow", start);
  start();
}

/** @param {Resource} resource */
function show(resource) {
  const { progress, cluster } = resource;
  const stage = stageOf(resource);
  for (const item of document.querySelectorAll("[data-stage]")) mark(item, stage);
  detail("queued", progress.position ? `place ${progress.position}` : "");
  detail("starting", workers(cluster));
  detail("running", progress.done ? `${percent(progress)} %` : "");

  const bar = /** @type {HTMLProgressElement} */ (document.getElementById("bar"));
  bar.value = progress.done;
  const atMost = resource.order ? "at most " : "";
  text("done", `${count(progress.done)} of ${atMost}${count(progress.total)}`);
  text("rate", rate(progress.rate));
  text("left", (progress.eta_s === null ? "" : atMost) + duration(progress.eta_s));
  text("cluster", cluster?.name ?? "–");
  text("standing", sentence(resource, stage));
  announce(stage);
  const link = /** @type {HTMLAnchorElement} */ (document.getElementById("dashboard"));
  link.hidden = !cluster?.dashboard;
  if (cluster?.dashboard) link.href = cluster.dashboard;
}

/** @param {Resource} resource */
function stageOf({ status, progress }) {
  return status === "running" && progress.done >= progress.total ? "writing" : status;
}

/** @param {Resource} resource @param {string} stage */
function sentence({ progress, cluster, error }, stage) {
  if (error) return `${error.detail} It is tried again.`;
  const ahead = (progress.position ?? 1) - 1;
  return {
    queued: ahead > 0 ? `${count(ahead)} before it in the line.` : "Next in the line.",
    starting: `Its cluster is starting: ${workers(cluster) || "asked for"}.`,
    running: "The cluster is propagating.",
    writing: "The result is being written.",
  }[stage] ?? "";
}

/** @param {Resource["cluster"]} cluster */
const workers = (cluster) =>
  cluster ? `${cluster.arrived ?? 0} of ${cluster.workers} worker${cluster.workers === 1 ? "" : "s"}` : "";

/** @param {Resource["progress"]} progress */
const percent = ({ done, total }) => Math.floor((100 * done) / total);

/** @param {Element} item @param {string} stage */
function mark(item, stage) {
  const mine = ORDER.indexOf(item.getAttribute("data-stage") ?? "");
  const now = ORDER.indexOf(stage);
  item.setAttribute("data-state", mine < now ? "done" : mine === now ? "now" : "todo");
  if (mine === now) item.setAttribute("aria-current", "step");
  else item.removeAttribute("aria-current");
}

let announced = "";

/** Tell a screen reader of stages, not of every figure. @param {string} stage */
function announce(stage) {
  if (stage === announced) return;
  announced = stage;
  text("announcement", document.getElementById("standing")?.textContent ?? "");
}

/** @param {string} stage @param {string} words */
function detail(stage, words) {
  const place = document.querySelector(`[data-stage="${stage}"] [data-detail]`);
  if (place) place.textContent = words;
}

/** @param {string} id @param {string} words */
function text(id, words) {
  const place = document.getElementById(id);
  if (place && place.textContent !== words) place.textContent = words;
}
