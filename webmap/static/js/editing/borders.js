/* The borders on the map: choose one, and its vertices are there to be moved. */

import { L } from "../leaflet.js";
import { say } from "../words.js";
import { Snap, SnapMark } from "./snap.js";

const MOST_HANDLES = 600, NEAR = matchMedia("(pointer: coarse)").matches ? 24 : 11;

const latlng = ([lng, lat]) => [lat, lng];
const pair = ({ lat, lng }) => [lng, lat];
const same = (a, b) => a[0] === b[0] && a[1] === b[1];

export class Borders {
  constructor(map, session, heard) {
    this.map = map;
    this.session = session;
    this.heard = heard;
    this.active = true;
    this.chosen = null;
    this.vertex = null;
    map.createPane("edit-lines").style.zIndex = 460;
    map.createPane("edit-handles").style.zIndex = 650;
    this.lines = L.layerGroup().addTo(map);
    this.handles = L.layerGroup().addTo(map);
    this.mark = new SnapMark(map);
    this.origin = new Map();
    map.on("moveend zoomend", () => this.drawHandles());
  }

  show(state) {
    const before = this.chosen;
    this.lines.clearLayers();
    this.drawn = new Map();
    if (this.focus !== String(state.focus[0])) { this.origin.clear(); this.focus = String(state.focus[0]); }
    if (!this.origin.size) for (const border of state.borders) if (border.own) this.origin.set(border.id, border);
    for (const border of state.borders) {
      const held = border.own ? this.session.held(border) : "near";
      const line = L.polyline(border.coordinates.map(latlng), {
        pane: "edit-lines", className: `edit-border ${held ?? "free"}`, interactive: border.own, bubblingMouseEvents: false, smoothFactor: 1,
      });
      if (border.own) line.on("click", (event) => { if (this.active) { L.DomEvent.stop(event); this.choose(border); } else this.heard.pressed(event); });
      line.addTo(this.lines);
      this.drawn.set(border.id, line);
    }
    const again = before && this.like(state.borders, before);
    this.chosen = null;
    if (again) this.choose(again, this.vertex); else { this.vertex = null; this.drawHandles(); this.heard.chose(null); }
  }

  /* The border that a moved one has become: the same sides, the most vertices in common. */
  like(borders, before) {
    const sides = (b) => JSON.stringify([b.left, b.right].map((side) => Object.values(side).flat().sort()).sort());
    const known = new Set(before.coordinates.map(String));
    let best = null, most = 0;
    for (const border of borders) {
      if (!border.own || sides(border) !== sides(before)) continue;
      const common = border.coordinates.filter((place) => known.has(String(place))).length;
      if (common > most) { most = common; best = border; }
    }
    return best;
  }

  choose(border, vertex = null) {
    if (this.chosen) this.drawn.get(this.chosen.id)?.getElement()?.classList.remove("chosen");
    this.chosen = border && { ...border, coordinates: border.coordinates.map((place) => [...place]) };
    this.vertex = vertex !== null && border && vertex < border.coordinates.length ? vertex : null;
    this.drawn.get(border?.id)?.getElement()?.classList.add("chosen");
    this.drawHandles();
    this.heard.chose(this.chosen);
  }

  cancel() {
    if (this.vertex !== null) { this.pick(null); return true; }
    if (this.chosen) { this.choose(null); return true; }
    return false;
  }

  get closed() { const { coordinates: c } = this.chosen; return c.length > 2 && same(c[0], c.at(-1)); }
  get held() { return this.session.held(this.chosen); }

  pick(at, { look = false } = {}) {
    this.vertex = at;
    if (look && at !== null) this.map.panInside(latlng(this.chosen.coordinates[at]), { padding: [60, 60], animate: false });
    this.drawHandles();
    this.heard.picked(at);
  }

  drawHandles() {
    this.handles.clearLayers();
    if (!this.chosen || !this.active) return;
    const view = this.map.getBounds();
    const { coordinates } = this.chosen;
    const last = this.closed ? coordinates.length - 1 : coordinates.length;
    const seen = coordinates.map((place, at) => at).filter((at) => at < last && view.contains(latlng(coordinates[at])));
    this.heard.crowded(seen.length > MOST_HANDLES);
    if (seen.length > MOST_HANDLES) return;
    // Where vertices lie closer than a finger can tell, every other waits for a closer look.
    let shown = null;
    for (const at of seen) {
      const junction = !this.closed && (at === 0 || at === last - 1);
      const place = this.map.latLngToContainerPoint(latlng(coordinates[at]));
      if (!junction && at !== this.vertex && shown && place.distanceTo(shown) < NEAR) continue;
      this.handle(at, junction);
      shown = place;
    }
    if (this.held === "foreign") return;
    for (let at = 0; at + 1 < coordinates.length; at += 1) {
      const [a, b] = [coordinates[at], coordinates[at + 1]];
      const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      const [p, q] = [a, b].map((place) => this.map.latLngToContainerPoint(latlng(place)));
      if (view.contains(latlng(middle)) && p.distanceTo(q) > 36) this.middle(at, middle);
    }
  }

  handle(at, junction) {
    const free = this.held !== "foreign";
    const kind = `vertex${junction ? " junction" : ""}${this.vertex === at ? " picked" : ""}${free ? "" : " fixed"}`;
    const marker = L.marker(latlng(this.chosen.coordinates[at]), {
      pane: "edit-handles", draggable: free, keyboard: false, autoPan: false, icon: L.divIcon({ className: kind, iconSize: null }),
      title: junction ? say("Junction: all borders that meet here move") : say("Vertex {n}", { n: String(at + 1) }),
    });
    marker.on("click", () => this.pick(at));
    this.dragging(marker, at, () => at);
    marker.addTo(this.handles);
  }

  middle(at, place) {
    const marker = L.marker(latlng(place), {
      pane: "edit-handles", draggable: true, keyboard: false, autoPan: false, icon: L.divIcon({ className: "vertex middle", iconSize: null }), title: say("Add a vertex here"),
    });
    const add = () => { this.chosen.coordinates.splice(at + 1, 0, pair(marker.getLatLng())); return at + 1; };
    marker.on("click", () => { this.vertex = add(); this.commit(); });
    this.dragging(marker, at, add);
    marker.addTo(this.handles);
  }

  /* `begin` gives the number of the vertex that is dragged, adding it if it is new. */
  dragging(marker, _, begin) {
    let at = null, snap = null, before = null;
    marker.on("dragstart", () => {
      before = this.chosen.coordinates.map((place) => [...place]);
      at = begin();
      this.vertex = at;
      snap = this.snapping();
    });
    marker.on("drag", ({ originalEvent }) => {
      const { lng, lat } = marker.getLatLng();
      const found = originalEvent?.shiftKey ? null : snap.find(lng, lat);
      this.mark.show(found);
      const place = found ? [found.lng, found.lat] : [lng, lat];
      if (found) marker.setLatLng(latlng(place));
      this.put(at, place);
      this.redraw();
    });
    marker.on("dragend", () => {
      this.mark.show(null);
      if (before.length === this.chosen.coordinates.length && same(before[at], this.chosen.coordinates[at])) return;
      this.commit();
    });
  }

  /* What a vertex may be put onto: boundary markers, and where borders ran before this session.
     A shared border must not touch another one, so others draw it only when it is an outer border. */
  snapping() {
    const { borders, marks } = this.session.state;
    const now = new Set(borders.map((border) => border.id));
    const before = [...this.origin.values()].filter((border) => !now.has(border.id));
    const beside = this.held === "outer" ? borders.filter((border) => !border.own) : [];
    return new Snap(this.map, [...before, ...beside], marks.map((mark) => mark.place));
  }

  put(at, place) {
    const { coordinates } = this.chosen;
    const ring = this.closed;
    coordinates[at] = place;
    if (ring && at === 0) coordinates[coordinates.length - 1] = place;
    if (ring && at === coordinates.length - 1) coordinates[0] = place;
  }

  redraw() { this.drawn.get(this.chosen.id)?.setLatLngs(this.chosen.coordinates.map(latlng)); }

  insertAfter(at) {
    const { coordinates } = this.chosen;
    const [a, b] = at + 1 < coordinates.length ? [coordinates[at], coordinates[at + 1]] : [coordinates[at - 1], coordinates[at]];
    const place = at + 1 < coordinates.length ? at + 1 : at;
    coordinates.splice(place, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    this.vertex = place;
    this.commit();
  }

  remove(at = this.vertex) {
    const { coordinates } = this.chosen ?? {};
    if (at === null || !coordinates) return;
    const ends = !this.closed && (at === 0 || at === coordinates.length - 1);
    if (ends || coordinates.length <= (this.closed ? 4 : 2)) { this.heard.told(say("This vertex cannot be left out.")); return; }
    coordinates.splice(at, 1);
    if (at === 0) coordinates[coordinates.length - 1] = [...coordinates[0]];
    this.vertex = null;
    this.commit();
  }

  /* Arrow keys: one pixel, ten with Shift; committed when the keys rest. */
  nudge(dx, dy) {
    if (this.vertex === null || this.held === "foreign") return false;
    const place = this.map.latLngToContainerPoint(latlng(this.chosen.coordinates[this.vertex])).add([dx, dy]);
    this.put(this.vertex, pair(this.map.containerPointToLatLng(place)));
    this.redraw();
    this.drawHandles();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.commit(), 700);
    return true;
  }

  commit() {
    clearTimeout(this.resting);
    this.redraw();
    const { id, coordinates } = this.chosen;
    this.heard.moved({ op: "move", units: this.session.state.focus, borders: [{ id, coordinates }], outer: this.held === "outer" });
  }
}
