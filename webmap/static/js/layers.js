/* What the map shows: levels of divisions, base map, further layers, and what was known when. */

import { ask } from "./ask.js";
import { element, fill } from "./dom.js";
import { drawPoints, windowOf } from "./points.js";
import { label, language, say } from "./words.js";

export class Layers {
  /* `onlevel(level)`, `onknown(day | "")`, `onlayers(names)`, `basemap`: a Basemap or null. */
  constructor(panel, map, handlers) {
    Object.assign(this, { panel, map, ...handlers, sets: new Map() });
  }

  show({ levels, deepest, edition, known, wanted, overlays }) {
    this.overlays = overlays;
    const option = (value, text, chosen) => element("option", { value, selected: chosen }, text);
    const row = (text, field, hint = null) => element("div", { class: "layer-row" }, element("label", {}, text, field), hint ? element("p", { class: "kicker" }, hint) : null);
    fill(this.panel,
      element("h2", {}, say("Divisions")),
      row(say("Show down to"), element("select", { id: "deepest", onchange: (event) => this.onlevel(Number(event.target.value)) },
        option("99", say("as the scale allows"), deepest === 99),
        ...levels.map((item) => option(item.level, label(item.label), item.level === deepest)))),
      overlays.length ? element("h2", {}, say("Further layers")) : null,
      ...overlays.map((item) => element("div", { class: "layer-row" }, element("label", { class: "check" },
        element("input", { type: "checkbox", value: item.id, checked: wanted.includes(item.id), onchange: (event) => this.toggle(item, event.target.checked).catch(this.failed) }), " ", label(item.label)))),
      element("h2", {}, say("Base map")),
      row(say("Under the divisions"), element("select", { id: "basemap", onchange: (event) => { this.basemap?.use(event.target.value); this.onbasemap(event.target.value); } },
        option("", say("none"), !this.basemap?.id),
        ...(this.basemap?.offered ?? []).map((item) => option(item.id, label(item.label), item.id === this.basemap.id)))),
      element("h2", {}, say("Recorded time")),
      row(say("As known on"), element("select", { id: "known", onchange: (event) => this.onknown(event.target.value) },
        option("", say("today (version {n})", { n: String(edition.versions.at(-1).version) }), !known),
        ...(known && !edition.versions.some((item) => item.recorded === known) ? [option(known, known.slice(0, 10), true)] : []),
        ...this.all(edition).map((item) => option(item.recorded, say("version {n}, entered {when}", { n: String(item.version), when: moment(item.recorded) }), item.recorded === known)).reverse()),
        say("What the bureau knew then about the date shown; later corrections are left out.")));
    for (const item of overlays) if (wanted.includes(item.id)) this.toggle(item, true).catch(this.failed);
  }

  /* The versions that can be gone back to, also while an earlier one is shown. */
  all(edition) {
    this.versions = edition.versions.length > (this.versions?.length ?? 0) ? edition.versions : this.versions;
    return this.versions;
  }

  async toggle(item, on) {
    this.drop(item.id);
    if (on) {
      const set = { features: null, turn: 0 };
      set.renew = () => { clearTimeout(set.later); set.later = setTimeout(() => this.draw(item, set).catch(this.failed), 250); };
      this.sets.set(item.id, set);
      this.map.on("moveend", set.renew);
      await this.draw(item, set);
    }
    this.onlayers(this.overlays.filter(({ id }) => this.sets.has(id)).map(({ id }) => id));
  }

  /* Show a layer as if its box had been ticked. */
  turnOn(id) {
    const box = this.panel.querySelector(`input[value="${id}"]`);
    if (box && !box.checked) box.click();
  }

  drop(id) {
    const set = this.sets.get(id);
    if (!set) return;
    clearTimeout(set.later);
    this.map.off("moveend", set.renew);
    set.features?.remove();
    this.sets.delete(id);
  }

  /* What lies in view; a later view overtakes an earlier one. */
  async draw(item, set) {
    const turn = (set.turn += 1);
    const found = await ask(`${item.url}?${new URLSearchParams(windowOf(this.map))}`);
    if (turn !== set.turn || this.sets.get(item.id) !== set) return;
    set.features?.remove();
    set.features = drawPoints(this.map, found, { style: item.style, name: (point) => point.name ?? point.marker ?? "", onOpen: (feature) => this.onfeature(item, feature) });
  }
}

const moment = (text) => new Date(text).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
