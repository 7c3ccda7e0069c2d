/* Snapping: the nearest vertex, else the nearest place on a border, within some pixels. */

import { L } from "../leaflet.js";

const VERTEX = 12, EDGE = 9;

export class Snap {
  /* Take the borders in view once, before a drag: places on screen do not change during it. */
  constructor(map, borders, points = []) {
    this.map = map;
    const view = map.getBounds().pad(0.1);
    this.runs = points.filter(([lng, lat]) => view.contains([lat, lng])).map(([lng, lat]) => [{ lng, lat, ...pixel(map, lng, lat) }]);
    for (const { coordinates } of borders) {
      let run = [];
      coordinates.forEach(([lng, lat], at) => {
        const next = coordinates[at + 1] ?? [lng, lat];
        const near = view.contains([lat, lng]) || view.contains([next[1], next[0]]);
        if (near || run.length) run.push({ lng, lat, ...pixel(map, lng, lat) });
        if (!near && run.length) { this.runs.push(run); run = []; }
      });
      if (run.length) this.runs.push(run);
    }
  }

  /* { lng, lat, kind } or null. */
  find(lng, lat) {
    const at = pixel(this.map, lng, lat);
    let best = null, reach = VERTEX;
    for (const run of this.runs) for (const point of run) {
      const away = Math.hypot(point.x - at.x, point.y - at.y);
      if (away < reach) { reach = away; best = { lng: point.lng, lat: point.lat, kind: "vertex" }; }
    }
    if (best) return best;
    reach = EDGE;
    for (const run of this.runs) for (let i = 1; i < run.length; i += 1) {
      const a = run[i - 1], b = run[i];
      const dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
      if (!length) continue;
      const part = Math.min(1, Math.max(0, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length));
      const away = Math.hypot(a.x + part * dx - at.x, a.y + part * dy - at.y);
      if (away < reach) {
        reach = away;
        best = { lng: a.lng + part * (b.lng - a.lng), lat: a.lat + part * (b.lat - a.lat), kind: "edge" };
      }
    }
    return best;
  }
}

/* The sign that shows where a point will be put. */
export class SnapMark {
  constructor(map) {
    this.map = map;
    this.marker = L.marker([0, 0], { pane: "edit-handles", interactive: false, keyboard: false, icon: L.divIcon({ className: "snap-mark", iconSize: null }) });
  }

  show(found) {
    if (!found) { this.marker.remove(); return; }
    this.marker.setLatLng([found.lat, found.lng]).addTo(this.map);
    this.marker.getElement().classList.toggle("on-edge", found.kind === "edge");
  }
}

function pixel(map, lng, lat) {
  const { x, y } = map.latLngToContainerPoint([lat, lng]);
  return { x, y };
}
