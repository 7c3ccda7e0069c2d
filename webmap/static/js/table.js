/* The same as the map, as a table: every division with its area before and after. */

import { ask } from "./ask.js";
import { element, fill } from "./dom.js";
import { count, km2, say, signedKm2 } from "./words.js";

export class Table {
  constructor(panel, { onselect }) {
    this.panel = panel;
    this.onselect = onselect;
  }

  async show(date, changes, selected) {
    const key = `${date} ${changes?.old ?? ""}`;
    if (key !== this.key) {
      this.key = key;
      this.rows = [];
      this.before = new Map((changes?.changed ?? []).map((row) => [row.code, row]));
      this.compared = changes;
      await this.next(date);
    }
    this.mark(selected);
  }

  async next(date) {
    const page = await ask(`/api/v1/table?date=${encodeURIComponent(date)}&after=${encodeURIComponent(this.rows.at(-1)?.code ?? "")}`);
    this.rows.push(...page.nodes);
    this.draw(date, page.left);
  }

  draw(date, left) {
    const head = (text, number) => element("th", { scope: "col", class: number ? "number" : "" }, text);
    const compared = this.compared;
    fill(
      this.panel,
      element(
        "table",
        {},
        element("caption", { class: "hidden" }, say("Divisions as of {date}", { date })),
        element("thead", {}, element("tr", {}, head(say("Division")), compared ? head(say("Before"), true) : null, head(compared ? say("After") : say("Computed area"), true), compared ? head("±", true) : null)),
        element("tbody", {}, ...this.rows.map((row) => this.row(row))),
      ),
      element("p", { class: "kicker" }, say("Computed areas in km², internal use only.")),
      left ? element("button", { class: "button more", onclick: () => this.next(date) }, say("{n} more", { n: count(left) })) : null,
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
    );
    line.dataset.code = node.code;
    return line;
  }

  mark(code) {
    for (const line of this.panel.querySelectorAll("tr[data-code]")) {
      if (line.dataset.code === code) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }
}
