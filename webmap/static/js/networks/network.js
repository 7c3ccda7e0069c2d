/* One network: its streets, isolated parts and near misses; a row of a table leads there. */

import { ask } from "../ask.js";
import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";
import { say } from "../words.js";
import { Streets } from "./streets.js";

const NEAR = 0.001;
const place = byId("map");
const kit = createMap(place, { label: place.getAttribute("aria-label") });
const found = await ask(place.dataset.network);
const streets = new Streets(kit, place.dataset.network);
const parts = found.report.part_list.slice(1);
const misses = found.report.near_list;
const point = (at, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: at } });

kit.addFeatures({
  type: "FeatureCollection",
  features: misses.map((miss) => point([miss.lon, miss.lat], {})),
}, { style: "near-miss" });
kit.addFeatures({
  type: "FeatureCollection",
  features: parts.map((part) => point([part.lon, part.lat], {})),
}, { style: "part-place", number: (_, index) => String(parts[index].number), onClick: (_, index) => kit.frame(parts[index].bounds, 0.6) });
kit.legend([
  { style: "street", text: say("Street") }, { style: "walk", text: say("For people only") }, { style: "vehicle", text: say("For vehicles only") },
  { style: "isolated", text: say("Isolated part") }, { style: "near-miss", text: say("Dead end that nearly meets a street") },
]);
kit.frame(found.bounds, 0.05);
await kit.ready;
kit.frame(found.bounds, 0.05);
await streets.look();

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-part], button[data-near]");
  if (!button) return;
  if (button.dataset.part) kit.frame(parts.find((part) => String(part.number) === button.dataset.part).bounds, 0.6);
  else {
    const miss = misses[Number(button.dataset.near)];
    kit.frame([miss.lon - NEAR, miss.lat - NEAR, miss.lon + NEAR, miss.lat + NEAR], 0);
  }
  place.scrollIntoView({ block: "nearest" });
});
document.body.dataset.ready = "";
