/* A map inside a page: published borders as context, features over them.

   const kit = createMap(element, { date });       // at once; kit.ready: the borders are there
   const set = kit.addFeatures(geojson, { style: (f) => "overlap", onClick, number: (f, i) => i + 1 });
   kit.frame(set.bounds(3), 0.6); set.highlight(3); kit.legend([{ style: "overlap", text: say("Overlap") }]);

   Names of styles are in styles.js. Boxes are [west, south, east, north] in degrees. */

import { ask, path } from "./ask.js";
import { addBasemap } from "./basemap.js";
import { DivisionMap } from "./canvas.js";
import { element, fill } from "./dom.js";
import { Features } from "./features.js";
import { icon } from "./icons.js";
import { L, stylesheet } from "./leaflet.js";
import { keepOnPaper } from "./paper.js";
import { placeText } from "./place.js";
import { swatch } from "./styles.js";
import { say } from "./words.js";

await stylesheet("../css/mapkit.css");

const ROOMY = 370; // pixels of a map that a legend does not cover
const CHINA = [73, 18, 135, 54];

export class Kit {
  constructor(box, { date = null, published = true, label = "", fullscreen = true, onClick = null } = {}) {
    this.box = box;
    box.classList.add("mapkit");
    this.holder = box.appendChild(element("div", { class: "mapkit-map", role: "application", "aria-label": label || say("Map; the same is in the table"), tabindex: "0" }));
    this.strip = box.appendChild(element("div", { class: "mapkit-strip" }));
    this.said = this.strip.appendChild(element("span", { class: "mapkit-said", role: "status" }));
    this.place = this.strip.appendChild(element("span", { class: "mapkit-place figures" }));
    this.map = L.map(this.holder, { zoomControl: false, attributionControl: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 20, keyboard: true });
    L.control.zoom({ position: "topright", zoomInTitle: say("Zoom in"), zoomOutTitle: say("Zoom out") }).addTo(this.map);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(this.map);
    if (fullscreen && document.fullscreenEnabled) this.corner(icon("whole"), say("Whole screen"), () => this.whole());
    this.map.on("mousemove", ({ latlng }) => { this.place.textContent = placeText(latlng); });
    this.map.on("moveend", () => { this.place.textContent = placeText(this.map.getCenter()); });
    if (onClick) this.map.on("click", (event) => onClick({ at: event.latlng, ...this.drawn?.under(event.layerPoint) }));
    this.framed = false;
    this.frame(CHINA, 0);
    this.framed = false;
    this.drawn = published ? new DivisionMap().addTo(this.map) : null;
    this.ready = published ? this.context(date).catch((error) => this.failed(error)) : Promise.resolve(null);
    keepOnPaper(box);
    new ResizeObserver(() => this.map.invalidateSize({ pan: false })).observe(this.holder);
  }

  /* Draw the published divisions in force on a date; null: today. */
  async context(date) {
    const edition = await ask("/p/current.json");
    addBasemap(this.map, edition.basemaps, this.drawn);
    if (edition.state === "empty") { this.said.textContent = say("Nothing is published yet"); return null; }
    const state = await ask(`/api/v1/dates/${path(date ?? edition.opens)}`);
    this.drawn.show(state.tiles, state.levels);
    this.said.textContent = say("Published borders of {date}, version {n}", { date: state.date, n: String(edition.version) });
    if (state.box && !this.framed) { this.frame(state.box, 0.03); this.framed = false; }
    return state;
  }

  addFeatures(geojson, options = {}) { return new Features(this.map, geojson, options); }

  /* Look at a box with some of its surroundings: `context` 0.5 shows half as much again on each side. */
  frame(box, context = 0.3) {
    if (!box) return;
    const [west, south, east, north] = box;
    this.framed = true;
    this.map.fitBounds(L.latLngBounds([south, west], [north, east]).pad(context), { maxZoom: 18, animate: false });
  }

  legend(items) {
    if (!this.keys) {
      this.keys = this.holder.appendChild(element("details", { class: "mapkit-legend", open: this.holder.clientWidth >= ROOMY }));
      L.DomEvent.disableClickPropagation(this.keys);
    }
    fill(this.keys, element("summary", {}, say("Legend")), element("ul", {}, ...items.map(({ style, text }) => element("li", {}, swatch(style), text))));
  }

  /* A button in the map's corner under the zoom buttons. */
  corner(sign, title, press) {
    const control = L.control({ position: "topright" });
    const button = element("button", { type: "button", class: "map-button", title, "aria-label": title, onclick: press }, sign);
    control.onAdd = () => {
      const bar = element("div", { class: "leaflet-bar" }, button);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    control.addTo(this.map);
    return button;
  }

  whole() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.box.requestFullscreen();
  }

  failed(error) {
    console.error(error);
    this.said.textContent = say("The published borders cannot be drawn now.");
  }

  remove() { this.map.remove(); this.box.replaceChildren(); }
}

export const createMap = (box, options = {}) => new Kit(box, options);
