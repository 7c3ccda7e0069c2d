/* Points of a register on a map: what needs work looks different, many together are one
   circle with their number, and names stand beside as far as there is room. */

import { Features } from "./features.js";
import { L } from "./leaflet.js";
import { count, say } from "./words.js";

/* What lies in the window of a map, as the API is asked for it. */
export function windowOf(map) {
  const view = map.getBounds().pad(0.1);
  const box = [Math.max(view.getWest(), -180), Math.max(view.getSouth(), -90), Math.min(view.getEast(), 180), Math.min(view.getNorth(), 90)];
  return { bbox: box.map((side) => side.toFixed(6)).join(","), zoom: map.getZoom().toFixed(2) };
}

const FEW = 15; // longer names stand beside the points only when these are few
const SHORT = 6;

/* `style`: of one sound point, or (feature) => style; `name(properties)`: what stands beside it; `onOpen(feature)`: it was clicked. */
export function drawPoints(map, geojson, { style, name, onOpen }) {
  const looks = (feature) => {
    const { count: many, unsound, sound } = feature.properties;
    if (many) return unsound ? "gathered-unsound" : "gathered";
    return sound === false ? "unsound" : typeof style === "function" ? style(feature) : style;
  };
  const few = geojson.type === "Feature" || geojson.features.length <= FEW;
  const named = (text) => (few || text.length <= SHORT ? text : null);
  return new Features(map, geojson, {
    style: looks,
    number: ({ properties }) => (properties.count ? figures(properties) : named(name(properties))),
    label: ({ properties }) => (properties.count ? inWords(properties) : name(properties)),
    onClick: (feature) => (feature.properties.count ? open(map, feature.properties.box) : onOpen(feature)),
  });
}

const figures = ({ count: many, unsound }) => (unsound ? `${count(many)} ▲${count(unsound)}` : count(many));
const inWords = ({ count: many, unsound }) => (unsound
  ? say("{n} points here, {bad} in need of work: look closer", { n: count(many), bad: count(unsound) })
  : say("{n} points here: look closer", { n: count(many) }));

/* Nearer by two steps at least, so that points at one place come apart in the end. */
function open(map, [west, south, east, north]) {
  const box = L.latLngBounds([south, west], [north, east]).pad(0.1);
  map.setView(box.getCenter(), Math.min(Math.max(map.getBoundsZoom(box), map.getZoom() + 2), map.getMaxZoom()), { animate: false });
}
