/* The editor: tools, the map, what the server answers. */

import { byId, element, fill } from "../dom.js";
import { L } from "../leaflet.js";
import { createMap } from "../mapkit.js";
import { complain, inWords } from "../ui/send.js";
import { toast } from "../ui/toast.js";
import { label, say } from "../words.js";
import { Borders } from "./borders.js";
import { Cut } from "./cut.js";
import { areaTable, assignPanel, attributesPanel, mergePanel, movePanel, splitPanel } from "./panels.js";
import { Session } from "./session.js";
import { VertexTable } from "./vertices.js";

const root = byId("editor");
const writable = root.dataset.writable === "yes";
const kinds = JSON.parse(byId("editor-kinds").textContent);
const TOOLS = ["move", "split", "merge", "assign", "attributes"];

let tool = "move", proposal = null, pieces = null, place = null, table = null, framed = false;

const kit = createMap(byId("editor-map"), { published: true, label: say("Map for editing; vertices are in the table beside it") });
kit.map.boxZoom.disable(); // Shift is for dragging without snapping
kit.map.keyboard.disable(); // arrow keys move the chosen vertex first, see below

const points = L.layerGroup().addTo(kit.map);

const session = new Session(root.dataset.draft, { waiting, changed });
const borders = new Borders(kit.map, session, {
  chose: () => tool === "move" && panel(),
  picked: (at) => { table?.marked(at); told(at === null ? "" : say("Vertex {n}: arrow keys move it, Delete leaves it out, Esc lets go.", { n: String(at + 1) })); },
  moved: (operation) => run(operation),
  crowded: (many) => many && told(say("Too many vertices in view: zoom in to move them, or use the table.")),
  pressed: (event) => kit.map.fire("click", event),
  told,
});
const cut = new Cut(kit.map, session, { line: () => { drop(); if (tool === "split") panel(); }, finished: propose });
kit.map.on("click", ({ latlng }) => { if (tool === "assign") { place = [latlng.lng, latlng.lat]; panel(); } });

function told(text) { byId("editor-status").textContent = text; }
function waiting(on) { root.classList.toggle("waiting", on); root.setAttribute("aria-busy", String(on)); }

function changed(state) {
  table ??= new VertexTable(borders, state.zone / 3);
  borders.show(state);
  fill(byId("areas"), areaTable(state.areas));
  fill(byId("steps"), ...state.steps.map((step, at) => element("li", { class: at >= state.at ? "undone" : null }, label(step.said))));
  if (!state.steps.length) fill(byId("steps"), element("li", { class: "soft none" }, say("No step yet.")));
  byId("undo").disabled = !writable || state.at === 0;
  byId("redo").disabled = !writable || state.at >= state.steps.length;
  units(state);
  const behind = byId("moved-on");
  behind.hidden = state.head <= state.draft.base;
  behind.textContent = say("Version {n} was approved after this draft was begun. If it touches the same border, the approval will show both sides.", { n: String(state.head) });
  cut.snap = null;
  marks(state);
  legend(state);
  if (!framed) frame();
  panel();
  document.body.dataset.editor = `${state.rev}`;
}

function units(state) {
  const groups = new Map();
  for (const unit of state.units) groups.set(unit.level, [...(groups.get(unit.level) ?? []), unit]);
  const names = { 1: say("Provinces"), 2: say("Prefectures"), 3: say("Counties and districts"), 4: say("Towns and streets"), 5: say("Villages and communities") };
  fill(byId("unit"), ...[...groups].sort(([a], [b]) => a - b).map(([level, found]) => element("optgroup", { label: names[level] ?? String(level) },
    ...found.map((unit) => element("option", { value: unit.code, selected: unit.code === state.focus[0] }, `${unit.name} ${unit.code}${unit.foreign ? ` · ${say("outside your subtree")}` : ""}`)))));
}

function legend(state) {
  const kinds = new Set(state.borders.filter((border) => border.own).map((border) => session.held(border) ?? "free"));
  const texts = { free: say("Can be moved"), outer: say("Outer border"), foreign: say("With a division outside your subtree") };
  kit.legend(Object.entries(texts).filter(([kind]) => kinds.has(kind)).map(([kind, text]) => ({ style: `edit-${kind}`, text })));
}

function marks(state) {
  points.clearLayers();
  for (const { name, place: [lng, lat] } of state.marks) {
    const mark = L.circleMarker([lat, lng], { pane: "edit-lines", radius: 5, className: "edit-mark", interactive: true }).addTo(points);
    const told = document.createElementNS("http://www.w3.org/2000/svg", "title");
    told.textContent = name; // as text: Leaflet's own tooltips take strings for markup
    mark.getElement()?.append(told);
  }
}

function frame() {
  const own = session.state.borders.filter((border) => border.own).flatMap((border) => border.coordinates);
  if (!own.length) return;
  const lng = own.map((at) => at[0]), lat = own.map((at) => at[1]);
  kit.frame([Math.min(...lng), Math.min(...lat), Math.max(...lng), Math.max(...lat)], 0.1);
  framed = true;
}

function panel() {
  if (!session.state) return;
  const box = byId("tool-panel");
  if (tool === "move") table.show();
  const made = {
    move: () => movePanel(borders, table, session),
    split: () => splitPanel(session, cut, { propose, proposal, told, confirm: (parts) => run({ op: "split", unit: session.state.focus[0], line: cut.places, parts }).then((done) => done && cut.clear()) }),
    merge: () => mergePanel(session, run),
    assign: () => assignPanel(session, place, { run, told }),
    attributes: () => attributesPanel(session, kinds, run),
  }[tool]();
  const at = box.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("aria-label") : null;
  fill(box, ...made.filter(Boolean));
  if (at) [...box.querySelectorAll("input, select, textarea, button")].find((each) => each.id === at || each.getAttribute("aria-label") === at)?.focus();
  if (!writable) for (const each of box.querySelectorAll("input, textarea, button.primary")) each.disabled = true;
}

function take(name) {
  tool = name;
  for (const each of document.querySelectorAll("[data-tool]")) each.setAttribute("aria-pressed", String(each.dataset.tool === name));
  borders.active = name === "move";
  if (name !== "move") borders.choose(null); else borders.drawHandles();
  drop();
  if (name === "split") cut.start(); else cut.stop();
  place = null;
  told({ split: say("Press where the line begins on the border."), assign: say("Press inside the piece, or choose beside the map.") }[name] ?? "");
  panel();
}

function drop() { proposal = null; pieces?.remove(); pieces = null; }

async function propose(places) {
  if (!writable) return;
  try {
    const found = await session.propose({ op: "split", unit: session.state.focus[0], line: places });
    drop();
    proposal = found;
    pieces = kit.addFeatures(
      { type: "FeatureCollection", features: found.pieces.map((piece) => ({ type: "Feature", properties: {}, geometry: piece.geometry })) },
      { style: (feature) => `gain-${found.pieces.findIndex((piece) => piece.geometry === feature.geometry) % 5}`, number: (_, at) => String(at + 1) },
    );
    told(say("{n} pieces. Give each a code and a name.", { n: String(found.pieces.length) }));
    panel();
  } catch (error) { refused(error); }
}

async function run(operation) {
  if (!writable) return null;
  try {
    const state = await session.edit(operation);
    if (!state) return null;
    drop();
    place = null;
    told(say("Kept: {what}", { what: label(state.steps[state.at - 1].said) }));
    for (const note of state.notes) toast(label(note), "warning");
    return state;
  } catch (error) { await refused(error); return null; }
}

/* The server's word holds: what was drawn goes back to what it has. */
async function refused(error) {
  complain(error);
  told(inWords(error));
  if (error.status === 409) await session.load(session.state.focus).catch(complain);
  else if (session.state) borders.show(session.state);
}

const step = (by) => () => session[by]().then((state) => state && told(by === "undo" ? say("Taken back.") : say("Done again."))).catch(refused);

byId("undo").addEventListener("click", step("undo"));
byId("redo").addEventListener("click", step("redo"));
byId("unit").addEventListener("change", ({ target }) => { framed = false; drop(); cut.clear(); borders.choose(null); fill(byId("tool-panel"), element("p", { class: "soft" }, say("Loading…"))); session.load([target.value]).catch(refused); });
for (const each of document.querySelectorAll("[data-tool]")) each.addEventListener("click", () => take(each.dataset.tool));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    const which = byId(event.shiftKey ? "redo" : "undo");
    if (!which.disabled) which.click();
    return;
  }
  if (key === "Escape") {
    if (tool === "split" && cut.places.length) cut.clear(); else if (tool === "move") borders.cancel();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (TOOLS[Number(key) - 1]) { take(TOOLS[Number(key) - 1]); return; }
  if (tool === "split" && key === "Enter" && !event.target.closest("button")) cut.finish();
  if (tool === "split" && key === "Backspace") { event.preventDefault(); cut.back(); }
  if (tool !== "move" || !writable) return;
  const far = event.shiftKey ? 10 : 1;
  const way = { ArrowUp: [0, -far], ArrowDown: [0, far], ArrowLeft: [-far, 0], ArrowRight: [far, 0] }[key];
  if (way && (borders.nudge(...way) || pan(way, event.target))) event.preventDefault();
  if (key === "Delete") borders.remove();
});

/* With no vertex chosen the arrow keys move the map, as everywhere else. */
function pan([dx, dy], target) {
  if (!kit.holder.contains(target)) return false;
  kit.map.panBy([dx * 60, dy * 60], { animate: false });
  return true;
}

L.DomEvent.disableScrollPropagation(byId("tool-panel"));
if (!writable) for (const each of document.querySelectorAll("[data-tool]")) each.disabled = each.dataset.tool !== "move";
session.load().catch(complain);
