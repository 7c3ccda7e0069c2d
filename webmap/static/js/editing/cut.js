/* Draw a line across a division: click by click, with snapping to its borders. */

import { L } from "../leaflet.js";
import { Snap, SnapMark } from "./snap.js";

export class Cut {
  constructor(map, session, heard) {
    this.map = map;
    this.session = session;
    this.heard = heard;
    this.active = false;
    this.places = [];
    this.line = L.polyline([], { pane: "edit-lines", className: "cut-line", interactive: false }).addTo(map);
    this.trail = L.polyline([], { pane: "edit-lines", className: "cut-trail", interactive: false }).addTo(map);
    this.dots = L.layerGroup().addTo(map);
    this.mark = new SnapMark(map);
    map.on("click", ({ latlng, originalEvent }) => this.active && this.add(latlng, originalEvent));
    map.on("mousemove", ({ latlng }) => this.active && this.follow(latlng));
    map.on("moveend", () => { this.snap = null; });
    map.on("dblclick", (event) => { if (this.active) { L.DomEvent.stop(event); this.finish(); } });
  }

  start() { this.active = true; this.snap = null; this.map.doubleClickZoom.disable(); this.clear(); }
  stop() { this.active = false; this.mark.show(null); this.map.doubleClickZoom.enable(); this.clear(); }
  clear() { this.set([]); }

  set(places) {
    this.places = places;
    this.draw();
    this.heard.line(places);
  }

  add({ lng, lat }, event) {
    const found = event?.shiftKey ? null : this.near(lng, lat);
    const place = found ? [found.lng, found.lat] : [lng, lat];
    const last = this.places.at(-1);
    if (last && last[0] === place[0] && last[1] === place[1]) return;
    this.set([...this.places, place]);
  }

  near(lng, lat) {
    const { borders, marks } = this.session.state;
    this.snap ??= new Snap(this.map, borders.filter((border) => border.own), marks.map((mark) => mark.place));
    return this.snap.find(lng, lat);
  }

  follow({ lng, lat }) {
    this.mark.show(this.near(lng, lat));
    const last = this.places.at(-1);
    this.trail.setLatLngs(last ? [[last[1], last[0]], [lat, lng]] : []);
  }

  back() {
    if (!this.places.length) return false;
    this.set(this.places.slice(0, -1));
    return true;
  }

  finish() { if (this.places.length > 1) this.heard.finished(this.places); }

  draw() {
    this.line.setLatLngs(this.places.map(([lng, lat]) => [lat, lng]));
    this.trail.setLatLngs([]);
    this.dots.clearLayers();
    for (const [lng, lat] of this.places) {
      L.circleMarker([lat, lng], { pane: "edit-handles", radius: 4, className: "cut-dot", interactive: false }).addTo(this.dots);
    }
  }
}
