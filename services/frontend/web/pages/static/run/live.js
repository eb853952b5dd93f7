// Follows a propagation that is under way: shows each event, and tells when it is over.

import { count, duration, rate } from "../shared/text.js";
import { listen } from "./listen.js";
import { LiveOrbit } from "./live_orbit.js";
import { ORDER, percent, secondsOf, sentence, stageOf, workers } from "./stages.js";

const COME_BACK_MS = 3000;
const TICK_MS = 1000;

/** @typedef {import("./stages.js").Resource} Resource */

/**
 * Show a propagation's progress within `main`; `over` is called once, when there is more to see, and
 * `further` whenever more is computed.
 * @param {HTMLElement} main
 * @param {() => void} over
 * @param {() => void} [further]
 */
export function follow(main, over, further) {
  const { stream = "", id = "", now = "" } = /** @type {HTMLElement} */ (main.querySelector(".progress")).dataset;
  const ahead = Number(now) - Date.now(); // of the server's clock: it says when a stage began
  let newest = /** @type {Resource | null} */ (null);
  const ticking = setInterval(() => newest && tick(newest, Date.now() + ahead), TICK_MS);
  const orbit = new LiveOrbit(main);
  const finish = () => {
    clearInterval(ticking);
    over();
  };
  listen(stream, id, ({ kind, resource }) => {
    if (kind === "interrupted") text("standing", "Connection interrupted; reconnecting.");
    else if (kind === "refused") setTimeout(finish, COME_BACK_MS); // the page itself knows what is the matter
    else if (kind === "done" || kind === "gone") finish();
    else {
      newest = /** @type {Resource} */ (resource);
      show(newest);
      tick(newest, Date.now() + ahead);
      if (newest.progress.done) further?.();
      orbit.look(newest.progress.done);
    }
  });
}

/** @param {Resource} resource */
function show(resource) {
  const { progress, cluster } = resource;
  const stage = stageOf(resource);
  for (const item of document.querySelectorAll("[data-stage]")) mark(item, stage);
  detail("queued", progress.position ? `place ${count(progress.position)}` : "");
  detail("starting", workers(cluster));
  detail("running", progress.done && stage !== "starting" ? `${percent(progress)} %` : "");

  const bar = /** @type {HTMLProgressElement} */ (document.getElementById("bar"));
  bar.value = progress.done;
  const atMost = resource.order ? "at most " : "";
  text("done", `${count(progress.done)} of ${atMost}${count(progress.total)}`);
  text("rate", rate(progress.rate, resource.members > 1 ? "members" : "steps"));
  text("left", (progress.eta_s === null ? "" : atMost) + duration(progress.eta_s));
  text("cluster", cluster?.name ?? "–");
  text("workers", cluster ? `${cluster.arrived ?? 0} of ${cluster.workers}` : "–");
  text("standing", sentence(resource));
  announce(stage);
  const link = /** @type {HTMLAnchorElement} */ (document.getElementById("dashboard"));
  link.hidden = !cluster?.dashboard;
  if (cluster?.dashboard) link.href = cluster.dashboard;
}

/** Show how long each stage has taken, at a time of the server's clock. @param {Resource} resource @param {number} nowMs */
function tick(resource, nowMs) {
  for (const [index, seconds] of secondsOf(resource, nowMs).entries()) {
    const place = document.querySelector(`[data-stage="${ORDER[index]}"] [data-took]`);
    const words = seconds === null ? "" : duration(seconds);
    if (place && place.textContent !== words) place.textContent = words;
  }
}

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
