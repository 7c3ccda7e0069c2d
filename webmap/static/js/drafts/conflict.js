/* A conflict on the map: base dashed, mine and theirs, and the ground between both. */

import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";
import { say } from "../words.js";

const { units } = JSON.parse(byId("conflict-data").textContent);
const kit = createMap(byId("map"), { label: byId("map").getAttribute("aria-label") });

const collect = (of) => ({
  type: "FeatureCollection",
  features: units.map((unit, index) => ({ type: "Feature", properties: { index }, geometry: of(unit) })),
});

const pick = ({ properties }) => show(properties.index);
const between = kit.addFeatures(collect((unit) => unit.strip), { style: "overlap", number: ({ properties }) => String(properties.index + 1), label: ({ properties }) => units[properties.index].name ?? units[properties.index].key, onClick: pick });
kit.addFeatures(collect((unit) => unit.sides.base), { style: "old" });
kit.addFeatures(collect((unit) => unit.sides.theirs ?? unit.facing), { style: "theirs" });
kit.addFeatures(collect((unit) => unit.sides.mine), { style: "new" });
kit.legend([
  { style: "old", text: say("Base") }, { style: "new", text: say("My side") },
  { style: "theirs", text: say("Their side") }, { style: "overlap", text: say("Between both drawings") },
]);

function show(index) {
  const unit = units[index];
  between.highlight(index);
  if (unit.box) kit.frame(between.bounds(index) ?? unit.box, 0.8);
  const block = document.querySelector(`[data-unit="${index}"]`);
  block?.scrollIntoView({ block: "nearest" });
}

const hull = (boxes) => [Math.min(...boxes.map((b) => b[0])), Math.min(...boxes.map((b) => b[1])), Math.max(...boxes.map((b) => b[2])), Math.max(...boxes.map((b) => b[3]))];
const boxes = units.map((unit) => unit.box).filter(Boolean);
if (between.bounds()) kit.frame(between.bounds(), 0.6);
else if (boxes.length) kit.frame(hull(boxes), 0.1);
for (const button of document.querySelectorAll("[data-frame]")) button.addEventListener("click", () => show(Number(button.dataset.frame)));
for (const button of document.querySelectorAll("[data-all]")) {
  button.addEventListener("click", () => {
    for (const choice of document.querySelectorAll(`.choices input[value="${button.dataset.all}"]`)) choice.checked = true;
  });
}
document.body.dataset.ready = "yes";
