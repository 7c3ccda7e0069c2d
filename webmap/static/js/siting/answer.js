/* A siting answer on a map: what is chosen, what serves already, who is reached and who is not. */

import { ask, path } from "../ask.js";
import { byId, element, fill, setCurrent } from "../dom.js";
import { Features } from "../features.js";
import { createMap } from "../mapkit.js";
import { Outside } from "../planning/sites.js";
import { Choropleth } from "../services/choropleth.js";
import { LEVELS } from "../services/figures.js";
import { count, say } from "../words.js";

const BOUNDS = [20, 40, 60, 80, 100];
const box = byId("map");

const found = await ask(`/api/v1/siting/${path(box.dataset.siting)}`);
const { answer, question } = found;
const kit = createMap(box, { date: question.as_of, label: box.getAttribute("aria-label"), onClick: ({ code }) => look(code) });
await kit.ready;

const point = ([lon, lat], properties = {}) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } });
const all = (features) => ({ type: "FeatureCollection", features });

function shaded() {
  const level = LEVELS[question.level];
  if (!level || !kit.drawn) return;
  const shades = new Choropleth(kit.drawn, { level, bounds: BOUNDS, ramp: "good" });
  kit.drawn.upTo(level);
  shades.paint(Object.fromEntries(answer.units.map(({ code, people, after }) => [code, people > 0 ? (after / people) * 100 : null])));
  fill(byId("key"), ...shades.items((value) => `${value} %`).map(({ token, text, count: many }) => element("li", {},
    element("span", { class: `seq ${token.replace("--seq-", "")}`, "aria-hidden": "true" }), ` ${text} `, element("span", { class: "soft figures" }, say("{n} units", { n: count(many) })))));
}

function look(code) {
  const unit = answer.units.find((each) => each.code === code);
  if (!unit) return;
  kit.drawn?.select(code);
  if (unit.box) kit.frame(unit.box, 0.3);
}

shaded();
const outside = new Outside().addTo(kit.map);
const layers = {
  outside: { show: (on) => outside.draw(on ? answer.outside : []) },
  candidates: new Features(kit.map, all(answer.offered.map((at) => point(at))), { style: "candidate" }),
  standing: new Features(kit.map, all(answer.standing.map(([name, ...at]) => point(at, { name }))), { style: "facility" }),
};
for (const input of document.querySelectorAll("input[name=layer]")) {
  const turn = () => layers[input.value].show(input.checked);
  input.addEventListener("change", turn);
  turn();
}
const chosen = new Features(kit.map, all(answer.opened.map(({ lon, lat, site }) => point([lon, lat], { site }))), {
  style: "sited", number: (_, index) => index + 1, label: (feature) => feature.properties.site, onClick: (_, index) => show(index),
});
kit.legend([
  { style: "sited", text: say("site chosen") }, { style: "candidate", text: say("candidate") },
  { style: "facility", text: say("facility that serves now") }, { style: "lacking-2", text: say("people still outside") },
]);

/* One site in the table and on the map. */
function show(index) {
  chosen.highlight(index);
  for (const row of byId("sites").querySelectorAll("tbody tr")) setCurrent(row, Number(row.dataset.site) === index);
  const { lon, lat } = answer.opened[index];
  kit.map.setView([lat, lon], Math.max(kit.map.getZoom(), 15), { animate: false });
}

for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(Number(button.dataset.show)));
for (const button of document.querySelectorAll("[data-unit]")) button.addEventListener("click", () => { look(button.dataset.unit); box.scrollIntoView({ block: "nearest" }); });

/* The sites with the units that gain by them; without a gain all units. */
const gaining = answer.units.filter((unit) => unit.newly >= 0.5);
const boxes = [chosen.bounds(), ...(question.within || !gaining.length ? answer.units : gaining).map((unit) => unit.box)].filter(Boolean);
const side = (at, best) => boxes.reduce((value, each) => best(value, each[at]), boxes[0][at]);
if (boxes.length) kit.frame([side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)], 0.04);
document.body.dataset.ready = "";
