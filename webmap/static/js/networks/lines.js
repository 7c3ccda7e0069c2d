/* Links and barriers drawn on the streets; kept as a whole, then worked into the network. */

import { byId, element, fill } from "../dom.js";
import { createMap } from "../mapkit.js";
import { complain, send } from "../ui/send.js";
import { label, say } from "../words.js";
import { Streets } from "./streets.js";

const stored = JSON.parse(byId("stored").textContent);
const place = byId("map");
const kit = createMap(place, { label: place.getAttribute("aria-label"), onClick: ({ at }) => put(at) });
const streets = new Streets(kit, place.dataset.network);
const lines = stored.lines.map((line) => ({ ...line }));
const kinds = { link: say("Link"), barrier: say("Barrier") };
const round = (degrees) => Math.round(degrees * 1e6) / 1e6;
let drawing = null; // { kind, points }
let changed = false;
let shown = null, sketch = null;

kit.legend([
  { style: "street", text: say("Street") }, { style: "walk", text: say("For people only") }, { style: "isolated", text: say("Isolated part") },
  { style: "link", text: say("Link") }, { style: "barrier", text: say("Barrier") },
]);

const feature = (line) => ({ type: "Feature", properties: { kind: line.kind }, geometry: line.points.length > 1 ? { type: "LineString", coordinates: line.points } : { type: "Point", coordinates: line.points[0] } });

function show() {
  shown?.remove();
  shown = lines.length ? kit.addFeatures({ type: "FeatureCollection", features: lines.map(feature) }, { style: (each) => each.properties.kind, number: (_, index) => String(index + 1) }) : null;
  fill(byId("lines"), ...lines.map((line, index) => item(line, index)));
  byId("none").hidden = lines.length > 0;
  byId("keep").disabled = !changed;
}

function item(line, index) {
  const remark = element("input", { type: "text", value: line.remark, maxlength: 500, "aria-label": say("Remark of line {n}", { n: String(index + 1) }), placeholder: say("Remark") });
  remark.addEventListener("change", () => { line.remark = remark.value; touch(); });
  return element("li", {}, line.unfit ? element("p", { class: "wrong", role: "alert" }, line.unfit) : null, element("div", { class: "line" }, element("strong", {}, kinds[line.kind]), remark,
    element("button", { type: "button", class: "button quiet", onclick: () => look(index) }, say("Look at it")),
    element("button", { type: "button", class: "button quiet", onclick: () => { lines.splice(index, 1); touch(); show(); } }, say("Take away"))));
}

function look(index) {
  const xs = lines[index].points.map((point) => point[0]), ys = lines[index].points.map((point) => point[1]);
  kit.frame([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], 1);
  shown.highlight(index);
}

function touch() { changed = true; byId("keep").disabled = false; }

function begin(kind) {
  drawing = drawing?.kind === kind ? null : { kind, points: [] };
  place.classList.toggle("drawing", Boolean(drawing));
  for (const each of ["link", "barrier"]) byId(`draw-${each}`).setAttribute("aria-pressed", String(drawing?.kind === each));
  draw();
}

function put({ lng, lat }) {
  if (!drawing) return;
  drawing.points.push([round(lng), round(lat)]);
  draw();
}

function draw() {
  sketch?.remove();
  sketch = drawing?.points.length ? kit.addFeatures(feature(drawing), { style: drawing.points.length > 1 ? drawing.kind : "selected" }) : null;
  byId("finish").disabled = !(drawing?.points.length > 1);
}

/* Whether lines meet the streets is told as they are drawn; the server alone knows all streets. */
async function fit(some) {
  const plain = some.map(({ kind, points }) => ({ kind, points }));
  const { left } = await send(`${place.dataset.network}/fit`, { lines: plain });
  for (const line of some) delete line.unfit;
  for (const { line, why } of left) some[line - 1].unfit = say("This line is left out: {why}. Draw its ends on a street, or beside one.", { why: label(why) });
  show();
}

function finish() {
  if (!(drawing?.points.length > 1)) return;
  const line = { ...drawing, remark: "" };
  lines.push(line);
  fit([line]).catch(complain);
  drawing = { kind: drawing.kind, points: [] };
  touch();
  draw();
  show();
}

for (const kind of ["link", "barrier"]) byId(`draw-${kind}`).addEventListener("click", () => begin(kind));
byId("finish").addEventListener("click", finish);
kit.map.doubleClickZoom.disable();
document.addEventListener("keydown", (event) => {
  if (!drawing || event.target.closest("input, textarea")) return;
  if (event.key === "Enter" && !event.target.closest("button")) { event.preventDefault(); finish(); }
  if (event.key === "Escape") begin(drawing.kind);
  if (event.key === "Backspace") { event.preventDefault(); drawing.points.pop(); draw(); }
});
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

byId("save").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("keep").disabled = true;
  try {
    const body = { base: stored.base, lines: lines.map(({ kind, points, remark }) => ({ kind, points, remark })), note: byId("note").value };
    const kept = await send(place.dataset.lines, body, { method: "PUT" });
    stored.base = kept.number;
    changed = false;
    const job = await send(`${place.dataset.network}/amend`);
    location.assign(`${place.dataset.job}${job.id}?go=1`);
  } catch (error) {
    byId("keep").disabled = false;
    complain(error);
  }
});

show();
kit.frame(stored.bounds, 0.05);
await kit.ready;
kit.frame(stored.bounds, 0.05);
await streets.look();
if (lines.length) await fit(lines).catch(complain);
document.body.dataset.ready = "";
