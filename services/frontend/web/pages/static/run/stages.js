// The stages of a run, how long each took, and what is said of the present one. Pure functions.

import { count } from "../shared/text.js";

export const ORDER = ["queued", "starting", "running", "writing"];

/**
 * @typedef {{ status: string, members: number,
 *   progress: { done: number, total: number, rate: number | null, eta_s: number | null, position: number | null },
 *   cluster: { name: string, workers: number, arrived: number | null, dashboard: string | null } | null,
 *   timings: { asked_at: string | null, queued_s: number | null, starting_s: number | null, running_s: number | null },
 *   error: { detail: string } | null, order?: object, estimate?: { late: boolean } | null }} Resource
 */

/** The stage of a run: it writes when its computing has an end. @param {Resource} resource */
export const stageOf = ({ status, timings }) =>
  status === "running" && timings.running_s !== null ? "writing" : status;

/**
 * How many seconds each stage has taken, at a time of the server's clock; null of one to come.
 * @param {Resource} resource @param {number} nowMs
 */
export function secondsOf(resource, nowMs) {
  const { asked_at, queued_s, starting_s, running_s } = resource.timings;
  const over = [queued_s, starting_s, running_s];
  const present = ORDER.indexOf(stageOf(resource));
  const since = Date.parse(asked_at ?? "") + 1000 * over.slice(0, present).reduce((/** @type {number} */ sum, one) => sum + (one ?? 0), 0);
  return ORDER.map((_, stage) => {
    if (stage < present) return over[stage] ?? null;
    return stage === present && Number.isFinite(since) ? Math.max(0, (nowMs - since) / 1000) : null;
  });
}

/** What there is to say of the present stage. @param {Resource} resource */
export function sentence(resource) {
  const { progress, cluster, error, estimate } = resource;
  if (error) return `${error.detail} Porta tries again by itself.`;
  const ahead = (progress.position ?? 1) - 1;
  const late = estimate?.late ? " It takes more than four times as long as estimated." : "";
  return {
    queued: ahead > 0 ? `${count(ahead)} ${ahead === 1 ? "run is" : "runs are"} ahead in the queue.` : "Next in the queue.",
    starting: `${progress.done ? "The runner has begun; the" : "The"} cluster is starting${cluster ? `: ${workers(cluster)}` : ""}.`,
    running: `The cluster is computing.${late}`,
    writing: "The result is being written.",
  }[stageOf(resource)] ?? "";
}

/** @param {Resource["cluster"]} cluster */
export const workers = (cluster) =>
  cluster ? `${cluster.arrived ?? 0} of ${cluster.workers} worker${cluster.workers === 1 ? "" : "s"}` : "";

/** @param {Resource["progress"]} progress */
export const percent = ({ done, total }) => Math.floor((100 * done) / total);
