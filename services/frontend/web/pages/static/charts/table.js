// The values of the charts as a table, from the same data.

import { count, figure } from "../shared/text.js";
import { timeText } from "./words.js";

/** @typedef {import("./source.js").Series} Series */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../time/system.js").System} System */

const MOST = 200; // rows

/**
 * The table of one agent. @param {Series} series @param {number} which @param {Row[]} rows
 * @param {System} system
 */
export function tableOf(series, which, rows, system) {
  const agent = series.agents[which];
  const table = document.createElement("table");
  table.className = "dense";
  const own = rows.filter(({ key }) => agent?.[key]);
  const caption = table.createCaption();
  const steps = agent ? [...agent.t0.keys()].filter((i) => own.some(({ key }) => agent[key]?.min[i] !== null)) : [];
  const first = steps.slice(0, MOST);
  caption.textContent = agent
    ? `${agent.name}${first.length < steps.length ? `, the first ${count(MOST)} of ${count(steps.length)} rows; zoom in for others` : ""}`
    : "No agent is shown.";
  if (!agent) return table;
  const unit = (/** @type {Row["unit"]} */ name) => (name && system.units[name] ? ` (${system.units[name]})` : "");
  const time = system.units.time ? ` (${system.units.time})` : "";
  const heads = series.exact
    ? ["Step", `t${time}`, ...own.map((row) => row.symbol + unit(row.unit))]
    : ["Steps", `t from${time}`, `to${time}`, ...own.flatMap((row) => [`${row.symbol} min${unit(row.unit)}`, "max"])];
  cells(table.createTHead().insertRow(), heads, "th");
  const body = table.createTBody();
  const span = series.window.t1 - series.window.t0;
  for (const i of first) {
    const step = series.first + i * 2 ** series.level;
    const values = series.exact
      ? [count(step + 1), timeText(agent.t0[i], span), ...own.map(({ key }) => figure(agent[key]?.min[i], 9))]
      : [
          `${count(step + 1)} to ${count(step + 2 ** series.level)}`,
          timeText(agent.t0[i], span),
          timeText(agent.t1[i], span),
          ...own.flatMap(({ key }) => [figure(agent[key]?.min[i], 7), figure(agent[key]?.max[i], 7)]),
        ];
    cells(body.insertRow(), values, "td");
  }
  return table;
}

/** @param {HTMLTableRowElement} row @param {string[]} texts @param {"th" | "td"} kind */
function cells(row, texts, kind) {
  for (const text of texts) {
    const cell = row.appendChild(document.createElement(kind));
    cell.className = "number";
    if (kind === "th") cell.scope = "col";
    cell.textContent = text;
  }
}
