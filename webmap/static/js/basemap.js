/* The map under the divisions, as the administrator configured it: pictures from this server only. */

import { L } from "./leaflet.js";

const KEY = "quhua.basemap";

/* Which of the offered ones is chosen on this machine; "" is none. */
export function chosenBasemap(offered) {
  const kept = localStorage.getItem(KEY);
  return offered.some((item) => item.id === kept) ? kept : "";
}

export class Basemap {
  constructor(map, offered = [], drawn = null) {
    Object.assign(this, { map, offered, drawn, layers: [], id: "" });
    map.createPane("basemap").style.zIndex = 150;
  }

  use(id) {
    for (const layer of this.layers) layer.remove();
    const found = this.offered.find((item) => item.id === id);
    this.id = found?.id ?? "";
    localStorage.setItem(KEY, this.id);
    this.layers = (found?.layers ?? []).map((layer) => L.tileLayer(layer.url, {
      pane: "basemap", minNativeZoom: layer.min, maxNativeZoom: layer.max, maxZoom: 20, tileSize: 256,
    }).addTo(this.map));
    this.drawn?.over?.(Boolean(found));
  }
}

export function addBasemap(map, offered, drawn) {
  if (!offered?.length) return null;
  const base = new Basemap(map, offered, drawn);
  base.use(chosenBasemap(offered));
  return base;
}
