/* The same as the map, as a table: every division with its area before and after. */

import { ask } from "./ask.js";
import { element, fill, setCurrent } from "./dom.js";
import { count, km2, say, signedKm2 } from "./words.js";

export class Table {
  constructor(panel, { onselect }) {
    this.panel = panel;
    this.onselect = onselect;
    this.sort = "code";
  }

  forget() { this.key = null; }

  async show(date, changes, selected) {
    const key = `${date} ${changes?.old ?? ""}`;
    if (key !== this.key) {
      this.key = key;
      this.date = date;
      this.rows = [];
      this.before = new Map((changes?.changed ?? []).map((row) => [row.code, row]));
      this.compared = changes;
      await this.next();
    }
    this.selected = selected;
    this.mark(selected);
  }

  async next() {
    const query = new URLSearchParams({ date: this.date, sort: this.sort, after: this.rows.at(-1)?.code ?? "", offset: this.rows.length });
    const page = await ask(`/api/v1/table?${query}`);
    this.rows.push(...page.nodes);
    this.draw(page.left);
  }

  /* Order by a column; the same again turns it round. */
  async order(column) {
    this.sort = this.sort === column ? `-${column}` : column;
    this.rows = [];
    await this.next();
    this.mark(this.selected);
    this.panel.querySelector(`[data-column="${column}"]`)?.focus();
  }

  draw(left) {
    const way = this.sort.startsWith("-") ? "descending" : "ascending";
    const head = (column, text, number) => element("th", { scope: "col", class: number ? "number" : "", "aria-sort": column ? (this.sort.replace("-", "") === column ? way : "none") : null },
      column ? element("button", { class: "link sort", "data-column": column, onclick: () => this.order(column) }, text) : text);
    const compared = this.compared;
    fill(
      this.panel,
      element(
        "table",
        {},
        element("caption", { class: "hidden" }, say("Divisions as of {date}", { date: this.date })),
        element("thead", {}, element("tr", {}, element("th", { scope: "col", "aria-sort": ["code", "name"].includes(this.sort.replace("-", "")) ? way : "none" },
          element("button", { class: "link sort", "data-column": "name", onclick: () => this.order("name") }, say("Division")), " ",
          element("button", { class: "link sort", "data-column": "code", onclick: () => this.order("code") }, say("Code"))),
        compared ? head(null, say("Before"), true) : null, head("area", compared ? say("After") : say("Computed area"), true), compared ? head(null, "±", true) : null, compared ? null : head("official", say("Official area"), true))),
        element("tbody", {}, ...this.rows.map((row) => this.row(row))),
      ),
      element("p", { class: "kicker" }, say("Computed areas in km², internal use only.")),
      left ? element("button", { class: "button more", onclick: () => this.next() }, say("{n} more", { n: count(left) })) : null,
    );
  }

  row(node) {
    const changed = this.before.get(node.code);
    const before = changed ? changed.before_km2 : node.area_km2;
    const bare = (value) => km2(value).replace(" km²", "");
    const line = element(
      "tr",
      {},
      element("td", {}, element("button", { class: "link", onclick: () => this.onselect(node.code) }, node.name || node.code), " ", element("small", { class: "figures" }, node.code)),
      this.compared ? element("td", { class: "number" }, bare(before)) : null,
      element("td", { class: "number" }, bare(node.area_km2)),
      this.compared ? element("td", { class: "number" }, changed && before !== null ? signedKm2(node.area_km2 - before).replace(" km²", "") : changed ? say("new") : "") : null,
      this.compared ? null : element("td", { class: "number" }, node.official_km2 === null ? "—" : bare(node.official_km2)),
    );
    line.dataset.code = node.code;
    return line;
  }

  mark(code) {
    this.selected = code;
    for (const line of this.panel.querySelectorAll("tr[data-code]")) {
      setCurrent(line, line.dataset.code === code);
    }
  }
}
