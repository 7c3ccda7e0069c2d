/* Facilities on the planner's map: many as dots on one canvas, the chosen one as a pin to drag. */

import { L } from "../leaflet.js";
import { say } from "../words.js";

const KEY_STEP = 8; // pixels an arrow key moves the pin

export class Sites {
  constructor(map, { onpick, ondrag, ondrop }) {
    Object.assign(this, { map, onpick, ondrag, ondrop, dots: new Map(), stepped: null });
    map.createPane("sites").style.zIndex = 460;
    this.renderer = L.canvas({ pane: "sites", padding: 0.3, tolerance: 4 });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(this.list ?? []));
  }

  look(site) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const open = site.serves;
    const changed = Boolean(site.changed);
    return {
      renderer: this.renderer, pane: "sites", radius: changed ? 7 : 5,
      color: colour(changed ? "paper" : "ink"), weight: changed ? 2 : 1.2, opacity: open ? 1 : 0.6,
      fillColor: colour(changed ? "red" : "accent"), fillOpacity: open ? 0.95 : 0, dashArray: open ? null : "2 3",
    };
  }

  draw(list) {
    this.list = list;
    const there = new Set(list.map((site) => site.id));
    for (const [id, dot] of this.dots) if (!there.has(id)) { dot.remove(); this.dots.delete(id); }
    for (const site of list) {
      if (site.lon === null || site.lon === undefined) continue;
      const dot = this.dots.get(site.id);
      if (dot) { dot.setLatLng([site.lat, site.lon]).setStyle(this.look(site)).setRadius(this.look(site).radius); dot.site = site; continue; }
      const made = L.circleMarker([site.lat, site.lon], this.look(site)).addTo(this.map);
      made.site = site;
      made.on("click", (event) => { L.DomEvent.stop(event); this.onpick(made.site); });
      made.on("mouseover", () => { this.map.getContainer().title = made.site.name; });
      made.on("mouseout", () => { this.map.getContainer().title = ""; });
      this.dots.set(site.id, made);
    }
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
    this.pin.on("drag", () => this.ondrag(site.id, this.pin.getLatLng()));
    this.pin.on("dragend", () => this.ondrop(site.id, this.pin.getLatLng()));
    this.pin.getElement()?.addEventListener("keydown", (event) => this.step(event, site.id));
  }

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
    L.Renderer.prototype.initialize.call(this, { padding: 0.2, pane: "outside" });
    this.places = [];
  },
  onAdd() {
    if (!this._map.getPane("outside")) this._map.createPane("outside").style.zIndex = 440;
    this._map.getPane("outside").style.pointerEvents = "none";
    L.Renderer.prototype.onAdd.call(this);
  },
  draw(places) {
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
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--find-overlap").trim() || "#a8201a";
    pen.globalAlpha = 0.5;
    const most = this.places.reduce((max, [, , people]) => Math.max(max, people), 1);
    const largest = Math.min(9, Math.max(3, (map.getZoom() - 8) * 1.6));
    pen.beginPath();
    for (const [lon, lat, people] of this.places) {
      const { x, y } = map.latLngToLayerPoint([lat, lon]);
      const radius = 0.8 + largest * Math.sqrt(people / most);
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 2 * Math.PI);
    }
    pen.fill();
  },
});
