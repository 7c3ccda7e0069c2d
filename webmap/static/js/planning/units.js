/* Units shaded by the share of their people who are reached, as it is now. */

import { ask, path } from "../ask.js";
import { element, fill } from "../dom.js";
import { Choropleth } from "../services/choropleth.js";
import { LEVELS } from "../services/figures.js";
import { count, say } from "../words.js";

const BOUNDS = [20, 40, 60, 80, 100]; // fixed, so that colours mean the same before and after an edit

export class UnitMap {
  constructor(kit) {
    this.kit = kit;
    this.shades = new Choropleth(kit.drawn, { bounds: BOUNDS, ramp: "good" });
  }

  open(level) {
    this.shades.set({ level: LEVELS[level] });
    this.kit.drawn.upTo(LEVELS[level]);
  }

  paint(units) {
    this.shades.paint(Object.fromEntries(units.map(({ code, after }) => [code, after.share])));
    this.key();
  }

  key() {
    const holder = document.getElementById("key"), items = this.shades.items((value) => `${value} %`);
    const counts = items.map(({ count: many }) => many).join();
    if (this.counts === counts) return;
    this.counts = counts;
    fill(holder, ...items.map(({ token, text, count: many }) => element("li", {},
      element("span", { class: `seq ${token.replace("--seq-", "")}`, "aria-hidden": "true" }), ` ${text} `, element("span", { class: "soft figures" }, say("{n} units", { n: count(many) })))));
  }

  async frame(code) {
    const record = await ask(`/api/v1/divisions/${path(code)}`);
    this.kit.drawn.select(code);
    const box = record.box ?? record.division?.box;
    if (box) this.kit.frame(box, 0.2);
  }
}
