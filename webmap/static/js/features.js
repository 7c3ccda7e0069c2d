/* GeoJSON drawn over the divisions: hatched, numbered, clickable, with a keyboard. */

import { L } from "./leaflet.js";
import { corners, pattern, styleOf, STYLES } from "./styles.js";

const MOST_AS_SVG = 1500; // beyond, one canvas is quicker than as many elements
const MOST_NUMBERS = 250;
const MOST_NAMES = 60;
let made = 0;

/* A circle marker drawn with the corners of its `shape`, by either renderer. */
const Cornered = L.CircleMarker.extend({
  _updatePath() {
    if (!this._renderer._drawing && !this._renderer._setPath) return;
    const [first, ...rest] = corners(this._point.x, this._point.y, this._radius, this.options.shape);
    if (this._renderer._setPath) { this._renderer._setPath(this, `M${first}L${rest.join("L")}Z`); return; }
    const pen = this._renderer._ctx;
    pen.beginPath();
    pen.moveTo(...first);
    for (const corner of rest) pen.lineTo(...corner);
    pen.closePath();
    this._renderer._fillStroke(pen, this);
  },
});

export class Features {
  /* `style`: a name of styles.js or (feature) => name. `number`: (feature, index) => text or null.
     `label`: (feature, index) => what a screen reader says of its number. `canvas`: one, however few. */
  constructor(map, geojson, { style = "draft", onClick = null, onHover = null, number = null, label = null, pane = "features", canvas = false } = {}) {
    this.map = map;
    this.prefix = `hatch-${(made += 1)}`;
    this.named = typeof style === "function" ? style : () => style;
    this.items = [];
    const features = geojson.type === "FeatureCollection" ? geojson.features : geojson.type === "Feature" ? [geojson] : [{ type: "Feature", properties: {}, geometry: geojson }];
    this.canvas = canvas || features.length > MOST_AS_SVG;
    this.over = pane;
    this.pane();
    this.renderer = (this.canvas ? L.canvas : L.svg)({ pane, padding: 0.3 });
    this.numbers = L.layerGroup();
    this.layer = L.featureGroup();
    features.forEach((feature, index) => {
      if (!feature.geometry) { this.items.push(null); return; }
      const layer = L.geoJSON(feature, {
        renderer: this.renderer, pane, interactive: Boolean(onClick || onHover),
        style: () => this.path(this.named(feature)),
        pointToLayer: (_, at) => this.point(at, this.named(feature)),
      });
      const item = { feature, layer, index, number: number?.(feature, index) ?? null };
      if (onClick) layer.on("click", (event) => { L.DomEvent.stop(event); onClick(feature, index, event); });
      if (onHover) { layer.on("mouseover", () => onHover(feature, index)); layer.on("mouseout", () => onHover(null, -1)); }
      if (item.number !== null) item.badge = this.badge(item, onClick, label?.(feature, index));
      this.items.push(item);
      this.layer.addLayer(layer);
    });
    this.layer.addTo(map);
    this.numbers.addTo(map);
    this.definitions();
    this.thin = () => this.crowd();
    map.on("moveend zoomend", this.thin);
    this.crowd();
  }

  point(at, name) {
    const { shape } = styleOf(name);
    const Shape = shape ? Cornered : L.CircleMarker;
    return new Shape(at, { ...this.path(name), shape, renderer: this.renderer, pane: this.over });
  }

  pane() {
    if (this.map.getPane("features")) return;
    this.map.createPane("features").style.zIndex = 450;
    this.map.createPane("numbers").style.zIndex = 640;
  }

  path(name) {
    const style = styleOf(name);
    const hatched = style.hatch && !this.canvas;
    const colour = (token) => (this.canvas ? getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim() : `var(--${token})`);
    return {
      stroke: Boolean(style.stroke), color: style.stroke && colour(style.stroke), weight: style.width, opacity: style.opacity ?? 1, dashArray: style.dash ?? null,
      fill: Boolean(style.hatch || style.fill), fillColor: hatched ? `url(#${this.prefix}-${name})` : colour(style.fill ?? style.stroke),
      fillOpacity: hatched ? 1 : style.filled ?? (style.hatch ? 0.3 : 1), radius: style.radius ?? 6,
    };
  }

  definitions() {
    const root = this.renderer._container;
    if (this.canvas || !root) return;
    const holder = document.createElementNS("http://www.w3.org/2000/svg", "defs");
    for (const [name, style] of Object.entries(STYLES)) {
      if (style.hatch) holder.append(pattern(`${this.prefix}-${name}`, style));
    }
    root.prepend(holder);
  }

  badge(item, onClick, label) {
    const text = document.createElement("span");
    text.textContent = item.number;
    const name = this.named(item.feature);
    const kind = styleOf(name).text ?? "number";
    const marker = L.marker(item.layer.getBounds().getCenter(), {
      pane: "numbers", keyboard: Boolean(onClick) && kind !== "name", interactive: Boolean(onClick),
      alt: label ?? String(item.number), title: kind === "name" ? "" : label ?? "",
      icon: L.divIcon({ className: `map-${kind} style-${name}${kind === "number" && item.feature.geometry.type === "Point" ? " above" : ""}`, html: text, iconSize: null }),
    });
    if (onClick) marker.on("click", (event) => { L.DomEvent.stop(event); onClick(item.feature, item.index, event); });
    item.kind = kind;
    return marker;
  }

  /* Numbers and names that would touch another are left out until there is room. */
  crowd() {
    const taken = [], view = this.map.getBounds().pad(0.05), keep = new Set();
    const order = (item) => (item === this.marked ? 0 : item.kind === "count" ? 1 : 2);
    const first = this.items.filter((item) => item?.badge).sort((a, b) => order(a) - order(b));
    for (const item of first) {
      if (keep.size >= (item.kind === "name" ? MOST_NAMES : MOST_NUMBERS)) break;
      const at = item.badge.getLatLng();
      if (!view.contains(at)) continue;
      const box = this.room(item, this.map.latLngToContainerPoint(at));
      if (item.kind !== "count" && taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      keep.add(item.badge);
    }
    for (const item of first) {
      if (keep.has(item.badge)) this.numbers.addLayer(item.badge);
      else this.numbers.removeLayer(item.badge);
    }
  }

  /* The pixels a badge takes: [left, top, right, bottom]. */
  room(item, { x, y }) {
    if (item.kind !== "name") return [x - 12, y - 11, x + 12, y + 11];
    const wide = [...item.number].reduce((sum, char) => sum + (char > "\u2e7f" ? 13 : 7.5), 0);
    return [x + 6, y - 9, x + 14 + wide, y + 9];
  }

  /* Draw one stronger than the rest; null: none. */
  highlight(index) {
    if (this.marked) {
      this.marked.layer.setStyle(this.path(this.named(this.marked.feature)));
      this.marked.badge?.getElement()?.classList.remove("marked");
    }
    this.marked = index === null || index === undefined ? null : this.items[index] ?? null;
    this.crowd();
    if (!this.marked) return;
    const usual = this.path(this.named(this.marked.feature));
    this.marked.layer.setStyle({ ...usual, weight: usual.weight + 2.5 });
    this.marked.layer.bringToFront();
    this.marked.badge?.getElement()?.classList.add("marked");
  }

  /* [west, south, east, north] of one feature, or of all. */
  bounds(index = null) {
    const box = index === null ? this.layer.getBounds() : this.items[index]?.layer.getBounds();
    return box?.isValid() ? [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()] : null;
  }

  show(on) {
    for (const group of [this.layer, this.numbers]) {
      if (on) group.addTo(this.map);
      else group.remove();
    }
    if (on) { this.definitions(); this.crowd(); }
  }

  remove() {
    this.map.off("moveend zoomend", this.thin);
    this.layer.remove();
    this.numbers.remove();
    this.renderer.remove();
  }
}
