// The page of two runs: says how far apart they are, draws their paths and the difference over time.

import { CHART_CONFIG, loaded, themeOf } from "../shared/charts.js";
import { onScheme } from "../shared/colours.js";
import { fill } from "../ensemble/rows.js";
import { differences, differencesLayout, isZero, paths, pathsLayout, rows, sentences, shown } from "./apart.js";
import { reasonOf } from "../shared/text.js";

/** @typedef {import("./apart.js").Runs} Runs */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const units = { length: main.dataset.length ?? "", time: main.dataset.time ?? "" };

/** @param {string} name */
const part = (name) => /** @type {HTMLElement} */ (main.querySelector(`[data-figure="${name}"]`));

/** @param {Runs} runs */
function say(runs) {
  const words = sentences(runs, units).map((text) => {
    const line = document.createElement("p");
    line.className = "words";
    line.textContent = text;
    return line;
  });
  part("words").replaceChildren(...words);
  part("same").hidden = !isZero(runs);
  part("paths-shown").textContent = shown(runs, units);
  const details = /** @type {HTMLDetailsElement} */ (main.querySelector("details[data-rows]"));
  details.addEventListener("toggle", () => fill(/** @type {HTMLElement} */ (details.querySelector("tbody")), rows(runs)), { once: true });
}

/** @param {Runs} runs */
async function paint(runs) {
  const theme = themeOf(main);
  part("figures").hidden = false;
  await plot("paths", paths(runs, theme), pathsLayout(theme, units));
  if (isZero(runs)) return;
  part("difference").hidden = false;
  await plot("difference", differences(runs, theme), differencesLayout(theme, units));
}

/** @param {string} name @param {object[]} traces @param {object} layout */
async function plot(name, traces, layout) {
  await window.Plotly.react(part(name), traces, layout, CHART_CONFIG);
  part(name).dataset.drawn = "yes";
}

async function begin() {
  try {
    const answer = await fetch(main.dataset.document ?? "");
    if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
    const runs = await answer.json();
    say(runs);
    await loaded();
    await paint(runs);
    onScheme(() => paint(runs));
  } catch (error) {
    part("problem").textContent = `Not drawn: ${reasonOf(error)}`;
    part("problem").hidden = false;
  }
}

begin();
