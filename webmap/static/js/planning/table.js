/* The table of units while facilities are dragged: rows are kept, and only what reads otherwise
   is written anew, so that an answer costs the browser little. */

import { element, fill } from "../dom.js";
import { count, say } from "../words.js";
import { percent, signed, tone } from "./figures.js";

const MOST_ROWS = 60;
const COLUMNS = [
  [say("People"), ({ after }) => count(after.people)],
  [say("Before"), ({ before }) => percent(before.share ?? before.circle_share)],
  [say("Now"), ({ after }) => percent(after.share ?? after.circle_share)],
  [say("Change"), (unit) => signed(change(unit)), (unit) => tone(change(unit))],
  [say("Outside"), (unit) => count(outside(unit))],
  [say("By circle"), ({ after }) => percent(after.circle_share), () => "soft"],
  [say("Find room"), ({ after }) => percent(after.roomed_share)],
];

const outside = ({ after }) => after.unreached ?? after.people - after.circle;
const change = ({ before, after }) => (after.reached ?? after.circle) - (before.reached ?? before.circle);

export class UnitTable {
  /* `onpick(unit)`: its name was pressed. */
  constructor(box, onpick) {
    Object.assign(this, { box, onpick, kept: new Map(), listed: [] });
    this.body = element("tbody");
    this.more = element("p", { class: "soft small" });
    const heads = [say("Unit"), ...COLUMNS.map(([head]) => head)];
    fill(box, element("table", { class: "table figures" },
      element("thead", {}, element("tr", {}, ...heads.map((head, at) => element("th", { scope: "col", class: at ? "number" : null }, head)))), this.body), this.more);
  }

  /* Other units than before. */
  clear() {
    this.kept.clear();
    this.listed = [];
  }

  /* Units by how many stay outside, or by what changed; one press shows the unit on the map. */
  show(units, order) {
    const ranked = units.map((unit) => ({ unit, outside: outside(unit), change: Math.abs(change(unit)) }));
    ranked.sort(order === "change" ? (a, b) => b.change - a.change || b.outside - a.outside : (a, b) => b.outside - a.outside);
    const rows = ranked.slice(0, MOST_ROWS).map(({ unit }) => this.row(unit));
    if (rows.length !== this.listed.length || rows.some((row, at) => row !== this.listed[at])) {
      this.body.replaceChildren(...rows);
      this.listed = rows;
    }
    write(this.more, units.length > rows.length ? say("{n} more units have fewer people outside.", { n: count(units.length - rows.length) }) : "");
  }

  row(unit) {
    let row = this.kept.get(unit.code);
    if (!row) {
      const name = element("button", { type: "button", class: "link", onclick: () => this.onpick(unit) }, unit.name || unit.code);
      row = element("tr", { "data-code": unit.code }, element("th", { scope: "row" }, name), ...COLUMNS.map(() => element("td")));
      this.kept.set(unit.code, row);
    }
    COLUMNS.forEach(([, words, look], at) => {
      const cell = row.cells[at + 1];
      write(cell, words(unit));
      const tones = look ? `number ${look(unit)}` : "number";
      if (cell.className !== tones) cell.className = tones;
    });
    return row;
  }
}

function write(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
