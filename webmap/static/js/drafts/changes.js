/* What a draft changes: old border dashed, new solid, moved ground in the colour of who gains. */

import { ask, path } from "../ask.js";
import { byId, element, fill } from "../dom.js";
import { createMap } from "../mapkit.js";
import { complain } from "../ui/send.js";
import { count, km2, say, signedKm2 } from "../words.js";
import { area, keys, outlines, readAddress, writeAddress } from "./shared.js";

const SHOWN = 300;
const { fields: words, levels } = JSON.parse(byId("field-words")?.textContent ?? "{}");

class Changes {
  constructor(root) {
    this.address = `/api/v1/drafts/${path(root.dataset.draft)}/changes`;
    this.kit = createMap(byId("map"), { label: byId("map").getAttribute("aria-label") });
    this.chosen = Number(readAddress(["move"]).move) || null;
  }

  async begin() {
    this.found = await ask(this.address);
    const side = byId("side");
    if (!this.found.ready) {
      fill(side, element("p", {}, say("The changes are large; they are drawn when the draft is checked.")));
      return;
    }
    /* Ground moves between districts and, within it, between their streets: one level at a time. */
    this.levels = [...new Set(this.found.moves.map((move) => move.level))].sort();
    const asked = readAddress(["level"]).level;
    const chosen = this.found.moves[(this.chosen ?? 0) - 1];
    this.level = chosen ? chosen.level : this.levels.find((level) => String(level) === asked) ?? this.levels[0] ?? null;
    this.draw();
    fill(side, ...this.tables());
    keys({ j: () => this.step(1), k: () => this.step(-1) });
    if (this.chosen) this.pick(this.chosen);
    document.body.dataset.ready = "yes";
  }

  draw() {
    const { drawn } = this.found;
    outlines(this.kit, this.found);
    this.ground();
    this.old = drawn.old ? this.kit.addFeatures(drawn.old, { style: "old" }) : null;
    this.fresh = drawn.new ? this.kit.addFeatures(drawn.new, { style: "new" }) : null;
    this.kit.legend([{ style: "old", text: say("Old border") }, { style: "new", text: say("New border") }, { style: "gain-0", text: say("Moved ground, in the colour of who gains") }]);
    const boxes = [this.moved.bounds(), this.old?.bounds(), this.fresh?.bounds(), ...this.found.units.map((unit) => unit.box)].filter(Boolean);
    this.kit.frame(this.moved.bounds() ?? boxes[0] ?? null, 0.35);
  }

  /* The moved ground of the level chosen. */
  ground() {
    this.moved?.remove();
    const features = this.found.drawn.moved.features.filter(({ properties }) => this.found.moves[properties.number - 1].level === this.level);
    this.moved = this.kit.addFeatures({ type: "FeatureCollection", features }, {
      style: ({ properties }) => `gain-${properties.colour}`,
      number: ({ properties }) => String(properties.number),
      label: ({ properties }) => this.pair(this.found.moves[properties.number - 1]),
      onClick: ({ properties }) => this.pick(properties.number),
    });
    this.shown = features.map(({ properties }) => properties.number);
  }

  choose(level) {
    this.level = level;
    this.chosen = null;
    writeAddress({ level: String(level), move: "" });
    this.ground();
    fill(byId("side"), ...this.tables());
  }

  pair(move) {
    const name = (who, key) => who ?? key ?? say("outside this draft's units");
    return `${name(move.from_name, move.from)} → ${name(move.to_name, move.to)}`;
  }

  step(by) {
    if (!this.shown?.length) return;
    const at = this.chosen ? this.shown.indexOf(this.chosen) : by > 0 ? -1 : this.shown.length;
    this.pick(this.shown[Math.min(Math.max(at + by, 0), this.shown.length - 1)]);
  }

  pick(number) {
    const move = this.found.moves[number - 1];
    if (!move) return;
    this.chosen = number;
    this.moved.highlight(this.shown.indexOf(number));
    this.kit.frame(move.box, 0.6);
    for (const line of document.querySelectorAll("[data-move]")) {
      if (Number(line.dataset.move) === number) { line.setAttribute("aria-current", "true"); line.scrollIntoView({ block: "nearest" }); }
      else line.removeAttribute("aria-current");
    }
    writeAddress({ move: String(number) });
  }

  tables() {
    const { moves, units, first } = this.found;
    if (!units.length) return [element("p", { class: "soft" }, say("Nothing is changed yet."))];
    return [
      this.found.simplified_m > 0 ? element("p", { class: "soft small" }, say("Lines are simplified by up to {m} m for drawing; areas are exact.", { m: String(this.found.simplified_m) })) : null,
      element("h2", {}, say("Moved ground ({n})", { n: count(moves.filter((move) => move.level === this.level).length + this.found.more_moves) })),
      first ? element("p", { class: "soft" }, say("This is the first content of the layer; there is nothing to compare with."))
        : moves.length ? element("div", {}, this.levelChoice(), this.moveTable(moves)) : element("p", { class: "soft" }, say("No ground moves between units.")),
      element("h2", {}, say("Units ({n})", { n: count(units.length + this.found.more_units) })),
      this.unitTable(units),
    ];
  }

  levelChoice() {
    if (this.levels.length < 2) return null;
    return element("div", { class: "tabs small-tabs", role: "group", "aria-label": say("Level") }, ...this.levels.map((level) => element("button", { type: "button", "aria-pressed": String(level === this.level), onclick: () => this.choose(level) }, levels[level] ?? String(level))));
  }

  moveTable(moves) {
    const body = moves.filter((move) => move.level === this.level).slice(0, SHOWN).map((move) => element("tr", { "data-move": String(move.number) },
      element("td", {}, element("button", { type: "button", class: "link number-tag", onclick: () => this.pick(move.number) }, String(move.number))),
      element("td", {}, element("span", { class: `gain gain-${move.colour}` }), element("button", { type: "button", class: "link", onclick: () => this.pick(move.number) }, this.pair(move))),
      element("td", { class: "number" }, area(move.area_m2))));
    return frame(say("Moved ground"), element("table", { class: "table changes-table", "aria-label": say("Moved ground") },
      element("thead", {}, element("tr", {}, head("#"), head(say("From whom to whom")), head(say("Area"), true))), element("tbody", {}, ...body)));
  }

  unitTable(units) {
    const kinds = { added: say("new"), removed: say("ended"), changed: say("changed") };
    const body = units.slice(0, SHOWN).map((unit) => element("tr", {},
      element("td", { "data-label": say("Unit") }, element("button", { type: "button", class: "link", onclick: () => unit.box && this.kit.frame(unit.box, 0.2) }, unit.name ?? unit.old_name ?? unit.key), " ", element("small", { class: "figures soft" }, unit.key)),
      element("td", { "data-label": say("What changes") }, element("div", {}, kinds[unit.change], this.attributes(unit))),
      element("td", { class: "number", "data-label": say("Area") }, this.areas(unit))));
    return frame(say("Units"), element("table", { class: "table cards changes-table", "aria-label": say("Units") },
      element("thead", {}, element("tr", {}, head(say("Unit")), head(say("What changes")), head(say("Area"), true))), element("tbody", {}, ...body)),
      units.length > SHOWN || this.found.more_units ? element("p", { class: "soft small" }, say("{n} more are not listed here.", { n: count(Math.max(0, units.length - SHOWN) + this.found.more_units) })) : null);
  }

  attributes(unit) {
    const pairs = Object.entries(unit.attributes);
    if (unit.change !== "changed") return null;
    const parts = pairs.map(([name, [was, now]]) => element("li", {}, `${words[name] ?? name.replace("extra.", "")}: `, element("span", { class: "soft" }, text(was)), " → ", text(now)));
    if (unit.redrawn) parts.unshift(element("li", {}, say("drawn anew")));
    return element("ul", { class: "small" }, ...parts);
  }

  areas(unit) {
    if (unit.area_after_m2 === null) return unit.area_before_m2 === null ? "—" : km2(unit.area_before_m2 / 1e6);
    if (unit.area_before_m2 === null) return km2(unit.area_after_m2 / 1e6);
    const by = unit.area_after_m2 - unit.area_before_m2;
    return Math.abs(by) < 1 ? km2(unit.area_after_m2 / 1e6) : `${km2(unit.area_after_m2 / 1e6)} (${Math.abs(by) < 5000 ? `${by > 0 ? "+" : "−"}${area(Math.abs(by))}` : signedKm2(by / 1e6)})`;
  }
}

const head = (words_, number) => element("th", { scope: "col", class: number ? "number" : "" }, words_);
const text = (value) => (value === null || value === undefined || value === "" ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value));
const frame = (label_, ...content) => element("div", { class: "table-scroll", role: "region", tabindex: "0", "aria-label": label_ }, ...content);

const root = byId("changes");
if (root) new Changes(root).begin().catch(complain);
