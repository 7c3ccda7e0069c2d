/* Facilities on the planner's map: many as dots on one canvas, the chosen one as a pin to drag. */

import { L } from "../leaflet.js";
import { say } from "../words.js";

const KEY_STEP = 8; // pixels an arrow key moves the pin

export class Sites {
  constructor(map, { onpick, ondrag, ondrop }) {
    Object.assign(this, { map, onpick, ondrag, ondrop, dots: new Map(), colours: new Map(), stepped: null });
    map.createPane("sites").style.zIndex = 460;
    this.renderer = L.canvas({ pane: "sites", padding: 0.1, tolerance: 4 });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = new Map();
      for (const dot of this.dots.values()) dot.setStyle(this.look(dot.site));
    });
  }

  colour(name) {
    if (!this.colours.has(name)) this.colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    return this.colours.get(name);
  }

  look(site) {
    const colour = (name) => this.colour(name);
    const open = site.serves;
    const changed = Boolean(site.changed);
    return {
      renderer: this.renderer, pane: "sites", radius: changed ? 7 : 5,
      color: colour(changed ? "paper" : "ink"), weight: changed ? 2 : 1.2, opacity: open ? 1 : 0.6,
      fillColor: colour(changed ? "red" : "accent"), fillOpacity: open ? 0.95 : 0, dashArray: open ? null : "2 3",
    };
  }

  /* Only what differs is touched: a thousand others stand where they stood. */
  draw(list) {
    const there = new Set(list.map((site) => site.id));
    for (const [id, dot] of this.dots) if (!there.has(id)) { dot.remove(); this.dots.delete(id); }
    for (const site of list) {
      if (site.lon === null || site.lon === undefined) continue;
      const dot = this.dots.get(site.id);
      if (dot) { this.redraw(dot, site); continue; }
      const made = L.circleMarker([site.lat, site.lon], this.look(site)).addTo(this.map);
      made.site = site;
      made.on("click", (event) => { L.DomEvent.stop(event); this.onpick(made.site, event.latlng); });
      made.on("mouseover", () => { this.map.getContainer().title = made.site.name; });
      made.on("mouseout", () => { this.map.getContainer().title = ""; });
      this.dots.set(site.id, made);
    }
  }

  redraw(dot, site) {
    const { site: before } = dot;
    dot.site = site;
    if (before === site) return;
    if (before.lon !== site.lon || before.lat !== site.lat) dot.setLatLng([site.lat, site.lon]);
    if (before.serves !== site.serves || before.changed !== site.changed) dot.setStyle(this.look(site)).setRadius(this.look(site).radius);
  }

  /* Put a pin on the chosen facility: by mouse, finger, or arrow keys when it has the focus. */
  choose(site) {
    if (this.pin && this.held === site?.id) { // the same one keeps the focus it may have
      this.pin.setLatLng([site.lat, site.lon]);
      return;
    }
    this.pin?.remove();
    this.pin = null;
    this.held = site?.id ?? null;
    if (!site || site.lon === null || site.lon === undefined) return;
    const sign = document.createElement("span");
    this.pin = L.marker([site.lat, site.lon], {
      draggable: true, autoPan: true, keyboard: true, zIndexOffset: 1000, pane: "markerPane",
      title: say("Drag {name}, or move it with the arrow keys", { name: site.name }), alt: site.name,
      icon: L.divIcon({ className: "site-pin", html: sign, iconSize: [30, 40], iconAnchor: [15, 38] }),
    }).addTo(this.map);
    this.pin.on("drag", ({ originalEvent: pointer }) => {
      const moved = pointer && pointer !== this.pointer; // else it is the map that moves under a pin at its edge
      this.pointer = pointer;
      this.ondrag(site.id, this.pin.getLatLng(), moved ? pointer.timeStamp : performance.now());
    });
    this.pin.on("dragend", () => this.ondrop(site.id, this.pin.getLatLng()));
    this.pin.getElement()?.addEventListener("keydown", (event) => this.step(event, site.id));
  }

  focus() { this.pin?.getElement()?.focus({ preventScroll: true }); }

  step(event, id) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.map.latLngToContainerPoint(this.pin.getLatLng()).add(L.point(by).multiplyBy(KEY_STEP));
    this.pin.setLatLng(this.map.containerPointToLatLng(at));
    this.ondrag(id, this.pin.getLatLng());
    clearTimeout(this.later);
    this.stepped = id;
    this.later = setTimeout(() => this.settle(), 600);
  }

  /* Where the arrow keys left the pin is where the facility stands: before anything else is done. */
  async settle() {
    clearTimeout(this.later);
    const id = this.stepped;
    this.stepped = null;
    if (id && this.pin) await this.ondrop(id, this.pin.getLatLng());
  }

}

/* The people nobody reaches: dots by their number, all on one canvas under the facilities. */
export const Outside = L.Renderer.extend({
  initialize() {
    L.Renderer.prototype.initialize.call(this, { padding: 0.1, pane: "outside" });
    this.places = [];
    this._dots = new Map();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this._dots.clear(); this._paint(); });
  },
  onAdd() {
    if (!this._map.getPane("outside")) this._map.createPane("outside").style.zIndex = 440;
    this._map.getPane("outside").style.pointerEvents = "none";
    L.Renderer.prototype.onAdd.call(this);
  },
  draw(places) {
    const same = places.length === this.places.length && places.every((place, at) => place.every((value, part) => value === this.places[at][part]));
    if (same) return;
    this.places = places;
    if (!this._due && this._map) this._due = requestAnimationFrame(() => { this._due = 0; this._paint(); });
  },
  _initContainer() {
    this._container = document.createElement("canvas");
    this._pen = this._container.getContext("2d");
  },
  _destroyContainer() {
    cancelAnimationFrame(this._due);
    L.DomUtil.remove(this._container);
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = this._ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    Object.assign(this._container, { width: Math.round(size.x * ratio), height: Math.round(size.y * ratio) });
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._paint();
  },
  _paint() {
    const { _pen: pen, _map: map, _bounds: bounds } = this;
    if (!bounds) return;
    pen.setTransform(this._ratio, 0, 0, this._ratio, -bounds.min.x * this._ratio, -bounds.min.y * this._ratio);
    pen.clearRect(bounds.min.x, bounds.min.y, bounds.max.x - bounds.min.x, bounds.max.y - bounds.min.y);
    const most = this.places.reduce((max, [, , people]) => Math.max(max, people), 1);
    const largest = Math.min(9, Math.max(3, (map.getZoom() - 8) * 1.6));
    for (const [lon, lat, people] of this.places) {
      const { x, y } = map.latLngToLayerPoint([lat, lon]);
      const radius = Math.round(2 * (0.8 + largest * Math.sqrt(people / most))) / 2, side = radius + 1;
      pen.drawImage(this._dot(radius), x - side, y - side, 2 * side, 2 * side);
    }
  },
  /* A dot drawn once for each size: two thousand on one path cost many times as much. */
  _dot(radius) {
    const key = `${radius} ${this._ratio}`;
    if (!this._dots.has(key)) {
      const side = radius + 1, canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.ceil(2 * side * this._ratio);
      const pen = canvas.getContext("2d");
      pen.scale(canvas.width / (2 * side), canvas.width / (2 * side));
      pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--find-overlap").trim();
      pen.globalAlpha = 0.5;
      pen.arc(side, side, radius, 0, 2 * Math.PI);
      pen.fill();
      this._dots.set(key, canvas);
    }
    return this._dots.get(key);
  },
});
