/* Measure a distance or an area: by clicks, or with the keyboard at the cross in the map's middle. */

import { element, fill } from "./dom.js";
import { area, length } from "./geodesy.js";
import { L } from "./leaflet.js";
import { styleOf } from "./styles.js";
import { language, say } from "./words.js";

const MOST = 500;
const number = (value, digits) => new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
export const metres = (value) => (value < 10000 ? `${number(value, value < 100 ? 2 : 0)} m` : `${number(value / 1000, 2)} km`);
export const surface = (value) => (value < 10000 ? `${number(value, 0)} m²` : value < 1e6 ? `${number(value / 1e4, 2)} ha` : `${number(value / 1e6, 2)} km²`);

export class Measure {
  constructor(map, box, { onchange }) {
    Object.assign(this, { map, box, onchange, kind: null, points: [] });
    map.createPane("measure").style.zIndex = 620;
    this.renderer = L.svg({ pane: "measure", padding: 0.3 });
    this.drawn = L.layerGroup().addTo(map);
    this.cross = map.getContainer().appendChild(element("div", { class: "cross", hidden: true, "aria-hidden": "true" }));
    map.on("click", ({ latlng }) => { if (this.kind) this.add(latlng); });
    map.getContainer().addEventListener("keydown", (event) => this.keyed(event));
    map.getContainer().addEventListener("focus", () => { this.cross.hidden = !this.kind; });
    map.getContainer().addEventListener("blur", () => { this.cross.hidden = true; });
  }

  get active() { return Boolean(this.kind); }

  start(kind, points = []) {
    const again = kind === this.kind;
    this.kind = again && !points.length ? null : kind;
    this.points = points.slice(0, MOST);
    this.map.getContainer().classList.toggle("measuring", this.active);
    this.map.doubleClickZoom[this.active ? "disable" : "enable"]();
    this.draw();
    if (this.active) this.map.getContainer().focus({ preventScroll: true });
  }

  add({ lng, lat }) {
    const point = [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
    const last = this.points.at(-1);
    if (this.points.length >= MOST || (last && last[0] === point[0] && last[1] === point[1])) return;
    this.points.push(point);
    this.draw();
  }
  undo() { this.points.pop(); this.draw(); }
  stop() { this.start(this.kind); }

  keyed(event) {
    if (!this.kind || event.target !== this.map.getContainer()) return;
    const deeds = { Enter: () => this.add(this.map.getCenter()), " ": () => this.add(this.map.getCenter()), Backspace: () => this.undo(), Escape: () => this.stop() };
    if (!deeds[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    deeds[event.key]();
  }

  result() {
    if (this.kind === "area") return this.points.length > 2 ? surface(area(this.points)) : "—";
    return this.points.length > 1 ? metres(length(this.points)) : "—";
  }

  draw() {
    this.drawn.clearLayers();
    this.box.hidden = !this.kind;
    this.cross.hidden = !this.kind || document.activeElement !== this.map.getContainer();
    this.onchange();
    if (!this.kind) return;
    const style = styleOf("measure"), colour = `var(--${style.stroke})`;
    const look = { renderer: this.renderer, pane: "measure", interactive: false, color: colour, weight: style.width, dashArray: style.dash, fill: this.kind === "area", fillColor: colour, fillOpacity: 0.12 };
    const spots = this.points.map(([lng, lat]) => [lat, lng]);
    if (spots.length > 1) (this.kind === "area" ? L.polygon : L.polyline)(spots, look).addTo(this.drawn);
    for (const spot of spots) L.circleMarker(spot, { ...look, radius: 4, dashArray: null, weight: 2, fill: true, fillColor: "var(--paper)", fillOpacity: 1 }).addTo(this.drawn);
    const around = this.kind === "area" && this.points.length > 2 ? say("perimeter {length}", { length: metres(length([...this.points, this.points[0]])) }) : "";
    const steps = this.kind === "length" && this.points.length > 2 ? say("last leg {length}", { length: metres(length(this.points.slice(-2))) }) : "";
    fill(this.box,
      element("p", { class: "kicker" }, this.kind === "area" ? say("Area on the ellipsoid") : say("Distance on the ellipsoid")),
      element("p", { class: "measured figures", role: "status" }, this.result()),
      element("p", { class: "kicker" }, [say("{n} points", { n: String(this.points.length) }), steps, around].filter(Boolean).join(" · ")),
      element("p", { class: "kicker" }, say("Click, or press Enter at the cross; Backspace takes back, Esc ends.")),
      element("div", { class: "row" },
        element("button", { class: "button", disabled: !this.points.length, onclick: () => this.undo() }, say("Take back")),
        element("button", { class: "button", onclick: () => { navigator.clipboard?.writeText(this.result()).catch(() => null); } }, say("Copy")),
        element("button", { class: "button", onclick: () => this.stop() }, say("End"))));
  }

  /* As the address keeps it: l:lon,lat;lon,lat */
  get text() { return this.kind && this.points.length ? `${this.kind[0]}:${this.points.map((point) => point.join(",")).join(";")}` : null; }
  read(text) {
    const found = /^([la]):((?:-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?;?)+)$/.exec(text ?? "");
    if (found) this.start(found[1] === "a" ? "area" : "length", found[2].split(";").filter(Boolean).map((pair) => pair.split(",").map(Number)));
  }
}
