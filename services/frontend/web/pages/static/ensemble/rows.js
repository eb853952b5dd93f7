// The numbers behind the figures, as rows of tables.

import { count, figure, percentage } from "../shared/text.js";

/**
 * @typedef {import("./fans.js").Ensemble} Ensemble
 * @typedef {string | HTMLElement} Cell
 */

const LEVELS = ["5", "25", "50", "75", "95"];

/** The quantiles of one quantity and the nominal run, a row for each step of the grid. @param {Ensemble} view @param {string} name @param {string} quantity */
export function quantileRows(view, name, quantity) {
  const { quantiles, nominal } = view.agents[name];
  return view.grid.iterations.map((k, i) => [
    count(k),
    ...LEVELS.map((p) => figure(quantiles[quantity][p][i])),
    figure(nominal[quantity][i]),
  ]);
}

/** The members that are bound and that have ended, a row for each step of the grid. @param {Ensemble} view @param {string} name */
export function survivalRows(view, name) {
  const { bound, ended } = view.agents[name];
  return view.grid.iterations.map((k, i) => [
    count(k),
    count(bound.count[i]),
    percentage(bound.fraction[i]),
    percentage(bound.low[i]),
    percentage(bound.high[i]),
    count(ended[i]),
  ]);
}

/** Write rows into the body of a table; the first cell of each is its heading. @param {HTMLElement} body @param {Cell[][]} rows */
export function fill(body, rows) {
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement("tr");
      for (const [place, content] of cells.entries()) {
        const cell = document.createElement(place === 0 ? "th" : "td");
        if (place === 0) cell.setAttribute("scope", "row");
        cell.className = "number";
        cell.append(content);
        row.append(cell);
      }
      return row;
    }),
  );
}
