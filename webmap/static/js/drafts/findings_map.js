/* The findings on the map: shapes of what is in view, dots for the rest. */

import { ask } from "../ask.js";
import { element } from "../dom.js";
import { L } from "../leaflet.js";
import { count, say } from "../words.js";
import { outlines, query, styleOf } from "./shared.js";

const AT_ONCE = 500; // as many shapes as the server gives at a time
const LEAST_DEG = 0.0004; // a finding of a few metres is looked at with its street around it
const COLOURS = ["red", "amber", "soft"];
const CELL = 56; // pixels: findings nearer than this are one circle with their number
const FEW = 3; // so few are shown one by one

export class FindingsMap {
  constructor(kit, address, onpick) {
    Object.assign(this, { kit, address, onpick, units: new Map(), framed: false });
    kit.map.on("moveend", () => { if (this.many) { this.gather(); this.later(); } });
    kit.legend([
      { style: "overlap", text: say("Overlap") }, { style: "gap", text: say("Gap") },
      { style: "border", text: say("Border that does not match") }, { style: "point", text: say("Another error") },
    ]);
  }

  /* Draw those that match: all their shapes, or dots and the shapes in view. */
  async draw(filter, matching) {
    this.filter = filter;
    this.many = matching > AT_ONCE;
    this.dots?.remove();
    this.dots = null;
    this.marks = null;
    if (this.many) await this.scatter();
    await this.shapes();
    if (!this.framed) this.whole();
  }

  async scatter() {
    ({ marks: this.marks } = await ask(`${this.address}/findings.geojson?${query({ ...this.filter, marks: "true" })}`));
    if (!this.framed) this.whole();
    this.gather();
  }

  /* Put findings that are close together on the screen into one circle with their number. */
  gather() {
    const { map } = this.kit;
    const view = map.getBounds().pad(0.2);
    const cells = new Map();
    for (const mark of this.marks ?? []) {
      const place = L.latLng(mark[2], mark[1]);
      if (!view.contains(place)) continue;
      const at = map.project(place);
      const cell = `${Math.floor(at.x / CELL)},${Math.floor(at.y / CELL)}`;
      const held = cells.get(cell);
      if (held) held.push(mark);
      else cells.set(cell, [mark]);
    }
    const style = getComputedStyle(document.documentElement);
    const colours = COLOURS.map((name) => style.getPropertyValue(`--${name}`).trim());
    const drawn = [...cells.values()].flatMap((held) => (held.length > FEW ? [this.circle(held)] : held.map((mark) => this.dot(mark, colours))));
    this.dots?.remove();
    this.dots = L.featureGroup(drawn).addTo(map);
  }

  dot([number, x, y, grade, , waived], colours) {
    return L.circleMarker([y, x], { radius: 5, weight: 1, color: colours[grade], fillColor: colours[grade], fillOpacity: waived ? 0.15 : 0.6 })
      .on("click", () => this.onpick(number));
  }

  circle(held) {
    const [x, y] = [1, 2].map((side) => held.reduce((sum, mark) => sum + mark[side], 0) / held.length);
    const worst = Math.min(...held.map((mark) => mark[3]));
    const words = say("{n} findings here; press to look closer", { n: String(held.length) });
    const size = held.length < 100 ? 30 : held.length < 1000 ? 36 : 44;
    const icon = L.divIcon({ className: `gathered ${COLOURS[worst]}`, iconSize: [size, size], html: element("span", {}, count(held.length)) });
    const [xs, ys] = [held.map((mark) => mark[1]), held.map((mark) => mark[2])];
    const box = L.latLngBounds([Math.min(...ys), Math.min(...xs)], [Math.max(...ys), Math.max(...xs)]);
    return L.marker([y, x], { icon, title: words, alt: words, keyboard: true })
      .on("click keypress", () => (box.isValid() ? this.kit.map.fitBounds(box, { maxZoom: 18, padding: [40, 40] }) : null));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.shapes().catch(() => null), 200);
  }

  async shapes() {
    const view = this.kit.map.getBounds();
    const bbox = this.many ? [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((v) => v.toFixed(6)).join(",") : "";
    const found = await ask(`${this.address}/findings.geojson?${query({ ...this.filter, bbox })}`);
    if (found.left) found.features = found.features.filter(({ properties }) => properties.number === this.marked?.number); // too many: the dots say where
    this.set?.remove();
    this.drawn = found.features.map((feature) => feature.properties.number);
    this.set = this.kit.addFeatures(found, {
      style: ({ properties }) => styleOf(properties),
      number: ({ properties }) => String(properties.number),
      label: ({ properties }) => say("Finding {n}", { n: String(properties.number) }),
      onClick: ({ properties }) => this.onpick(properties.number),
    });
    if (this.marked) this.set.highlight(this.index(this.marked.number));
  }

  index(number) {
    const at = this.drawn?.indexOf(number) ?? -1;
    return at < 0 ? null : at;
  }

  outline(changes) {
    this.under = outlines(this.kit, changes);
    for (const unit of changes?.units ?? []) this.units.set(unit.key, unit.box);
    if (this.marked && !this.marked.box) this.frame(this.marked);
  }

  whole() {
    const all = this.many && this.marks?.length ? L.latLngBounds(this.marks.map((mark) => [mark[2], mark[1]])) : null;
    const box = all?.isValid() ? [all.getWest(), all.getSouth(), all.getEast(), all.getNorth()] : this.set?.bounds() ?? null;
    if (box) this.kit.frame(box, 0.1);
  }

  mark(row) {
    this.marked = row ?? null;
    this.set?.highlight(row ? this.index(row.number) : null);
  }

  /* Where a finding is: its own place, else the units it is about. */
  place(row) {
    if (row.box) return row.box;
    const boxes = row.participants.map((key) => this.units.get(key)).filter(Boolean);
    if (!boxes.length) return null;
    return [Math.min(...boxes.map((b) => b[0])), Math.min(...boxes.map((b) => b[1])), Math.max(...boxes.map((b) => b[2])), Math.max(...boxes.map((b) => b[3]))];
  }

  frame(row) {
    const box = this.place(row);
    if (!box) return;
    this.framed = true;
    const grow = Math.max(0, LEAST_DEG - Math.max(box[2] - box[0], box[3] - box[1])) / 2;
    this.kit.frame([box[0] - grow, box[1] - grow, box[2] + grow, box[3] + grow], 0.6);
  }
}
