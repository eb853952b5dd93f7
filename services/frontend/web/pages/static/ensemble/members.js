// The table of an ensemble's members: the server sorts, filters and pages it, this asks and shows.

import { sentenceOf } from "./density.js";
import { count, figure, reasonOf, wasGivenUp } from "../shared/text.js";

const ROWS = 20;

/**
 * @typedef {Record<string, string | number | null>} Row
 * @typedef {{ rows: Row[], matching: number | null, next: string | null }} Part
 */

const COLUMNS = [
  { key: "member", title: "Member", number: true },
  { key: "agent", title: "Agent", number: false },
  { key: "outcome", title: "Outcome", number: false },
  { key: "escape_at", title: "Escape at step", number: true },
  { key: "closest", title: "Closest approach", number: true, unit: "length" },
  { key: "closest_at", title: "at step", number: true },
  { key: "a", title: "Semi-major axis at the end", number: true, unit: "length" },
  { key: "e", title: "Eccentricity at the end", number: true },
];
const COUNTS = new Set(["member", "escape_at", "closest_at"]);
const UNSORTED = new Set(["agent", "outcome"]); // these are filters

export class MembersTable {
  /** @param {HTMLElement} main */
  constructor(main) {
    const { members = "", page = "", length = "" } = main.dataset;
    this.url = members;
    this.page = page;
    this.units = /** @type {Record<string, string>} */ ({ length });
    this.place = /** @type {HTMLElement} */ (main.querySelector('[data-figure="members"]'));
    this.note = /** @type {HTMLElement} */ (main.querySelector('[data-note="members"]'));
    this.filters = /** @type {HTMLSelectElement[]} */ ([...main.querySelectorAll("[data-filter]")]);
    this.back = /** @type {HTMLButtonElement} */ (main.querySelector('[data-page="back"]'));
    this.forth = /** @type {HTMLButtonElement} */ (main.querySelector('[data-page="forth"]'));
    this.sort = "member";
    this.cursors = /** @type {string[]} */ ([]); // of the pages up to this one; the first has none
    this.next = /** @type {string | null} */ (null);
    this.asking = new AbortController();
    for (const one of this.filters) one.addEventListener("change", () => this.restart());
    this.back.addEventListener("click", () => this.turn(this.cursors.slice(0, -1)));
    this.forth.addEventListener("click", () => this.next && this.turn([...this.cursors, this.next]));
  }

  restart() {
    return this.turn([]);
  }

  /** Show the page at the last of these cursors. @param {string[]} cursors */
  async turn(cursors) {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const answer = await fetch(this.address(cursors.at(-1)), { signal: this.asking.signal });
      if (!answer.ok) throw new Error(await sentenceOf(answer));
      const part = partOf(await answer.json());
      this.cursors = cursors;
      this.next = part.next;
      this.paint(part);
    } catch (error) {
      if (!wasGivenUp(error)) this.note.textContent = `No table: ${reasonOf(error)}`;
    }
  }

  /** @param {string | undefined} cursor */
  address(cursor) {
    const query = new URLSearchParams({ format: "json", limit: String(ROWS) });
    for (const { name, value } of this.filters) if (value) query.set(name, value);
    if (this.sort) query.set("sort", this.sort);
    if (cursor) query.set("cursor", cursor);
    return `${this.url}?${query}`;
  }

  /** @param {Part} part */
  paint({ rows, matching }) {
    const table = document.createElement("table");
    table.append(this.head(), this.body(rows));
    const focused = document.activeElement?.getAttribute("data-key");
    this.place.replaceChildren(table);
    if (focused) /** @type {HTMLElement | null} */ (table.querySelector(`[data-key="${focused}"]`))?.focus();
    const first = this.cursors.length * ROWS;
    const span = rows.length ? `Rows ${count(first + 1)} to ${count(first + rows.length)}` : "No member is like that";
    this.note.textContent = rows.length && matching !== null ? `${span} of ${count(matching)}.` : `${span}.`;
    this.back.disabled = this.cursors.length === 0;
    this.forth.disabled = this.next === null;
  }

  head() {
    const row = document.createElement("tr");
    for (const { key, title, number, unit } of COLUMNS) {
      const cell = document.createElement("th");
      cell.scope = "col";
      if (number) cell.className = "number";
      const words = unit && this.units[unit] ? `${title} (${this.units[unit]})` : title;
      const order = { [key]: "ascending", [`-${key}`]: "descending" }[this.sort];
      if (order) cell.ariaSort = order;
      cell.append(UNSORTED.has(key) ? words : this.sorter(key, words, order));
      row.append(cell);
    }
    const head = document.createElement("thead");
    head.append(row);
    return head;
  }

  /** A button that sorts by a column, the other way the second time. @param {string} key @param {string} words @param {string | undefined} order */
  sorter(key, words, order) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.dataset.key = key;
    button.textContent = words + (order ? (order === "ascending" ? " ▲" : " ▼") : "");
    button.addEventListener("click", () => {
      this.sort = this.sort === key ? `-${key}` : key;
      this.restart();
    });
    return button;
  }

  /** @param {Row[]} rows */
  body(rows) {
    const body = document.createElement("tbody");
    for (const one of rows) {
      const row = document.createElement("tr");
      for (const { key, number } of COLUMNS) {
        const cell = document.createElement(key === "member" ? "th" : "td");
        if (number) cell.className = "number";
        if (key === "member") cell.append(link(this.page, Number(one.member)));
        else cell.textContent = written(key, one[key]);
        row.append(cell);
      }
      body.append(row);
    }
    return body;
  }
}

/** @param {string} key @param {string | number | null | undefined} value */
function written(key, value) {
  if (typeof value === "string") return value;
  return COUNTS.has(key) && value != null ? count(value) : figure(value);
}

/** A link that opens a member as a run of its own. @param {string} page @param {number} member */
export function link(page, member) {
  const anchor = document.createElement("a");
  anchor.href = `${page}?member=${member}`;
  anchor.rel = "nofollow";
  anchor.textContent = count(member);
  return anchor;
}

/** A part of the table, from the server's document. @param {any} document @returns {Part} */
const partOf = ({ rows, matching = null, next = null }) => ({ rows, matching, next });
