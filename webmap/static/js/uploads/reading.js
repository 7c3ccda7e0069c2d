/* The preview: the file over the published borders; places of invalid shapes can be looked at. */

import { ask } from "../ask.js";
import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";
import { say } from "../words.js";

const place = byId("preview");
const kit = createMap(place, { label: place.getAttribute("aria-label") });
const found = await ask(place.dataset.reading);
const [west, south, east, north] = found.reading.bounds ?? [];
const invalid = new Set(found.reading.geometry.invalid.map((item) => item.record));
kit.addFeatures(found.preview, { style: (feature) => (invalid.has(feature.properties.record) ? "warning" : "draft") });
const places = found.reading.geometry.invalid.filter((item) => item.x !== null);
if (places.length) {
  kit.addFeatures({
    type: "FeatureCollection",
    features: places.map((item) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [item.x, item.y] } })),
  }, { style: "point" });
}
if (west !== undefined) kit.frame([west, south, east, north], 0.3);
/* Far from where it should be: both are shown, so that the distance is seen. */
if (west !== undefined && found.questions.includes("place")) {
  kit.ready.then((state) => {
    if (state?.box) kit.frame([Math.min(west, state.box[0]), Math.min(south, state.box[1]), Math.max(east, state.box[2]), Math.max(north, state.box[3])], 0.1);
  });
}
kit.legend([{ style: "draft", text: say("The file") }, ...(invalid.size ? [{ style: "point", text: say("Invalid shape") }] : [])]);

const NEAR = 0.002;
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-x]");
  if (!button) return;
  const [x, y] = [Number(button.dataset.x), Number(button.dataset.y)];
  kit.frame([x - NEAR, y - NEAR, x + NEAR, y + NEAR], 0.2);
  place.scrollIntoView({ block: "nearest" });
});
document.body.dataset.ready = "";
