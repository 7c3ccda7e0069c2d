/* The map page: reads its address, asks the API, and draws. */

import { read, search as query, write } from "./address.js";
import { ask, path, recorded } from "./ask.js";
import { addBasemap } from "./basemap.js";
import { DivisionMap } from "./canvas.js";
import { different, showChanges } from "./changes.js";
import { showDetail } from "./detail.js";
import { byId, element, fill } from "./dom.js";
import { findAll } from "./found.js";
import { icon } from "./icons.js";
import { Layers } from "./layers.js";
import { showLegend } from "./legend.js";
import { L } from "./leaflet.js";
import { Measure } from "./measure.js";
import { NONE, Panels, PANELS } from "./panels.js";
import { keepOnPaper } from "./paper.js";
import { lonlat, placeText } from "./place.js";
import { Search } from "./search.js";
import { isSheet, Sheet } from "./sheet.js";
import { Sides } from "./sides.js";
import { Table } from "./table.js";
import { citedWords, Timeline } from "./timeline.js";
import { Tree } from "./tree.js";
import { half, language, say } from "./words.js";

const map = window.quhua.map;
const state = read();
let edition = null, shown = null, changes = null, record = null, turn = 0, here = null;

map.options.minZoom = 3;
map.options.maxZoom = 20;
L.control.zoom({ position: "topright", zoomInTitle: say("Zoom in"), zoomOutTitle: say("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
const drawn = new DivisionMap({ onload: (left) => loading(left) }).addTo(map);

const tree = new Tree(byId("tree"), { onselect: (code) => select(code, { fit: true }), changed: (code) => changes?.changed.some((row) => row.code === code) });
const table = new Table(byId("table-panel"), { onselect: (code) => select(code, { fit: true }) });
new Search(byId("query"), byId("found"), {
  onselect: chosen,
  find: (words, signal) => findAll(shown?.date ?? "", (edition?.overlays ?? []).map(({ id }) => id), words, signal),
});
const sides = new Sides(map, byId("other"), { onselect: (code) => select(code), onhover: (code) => { drawn.hover(code); sides.hover(code); } });
const timeline = new Timeline(byId("timeline"), { onpick: (day) => toDate(day, state.since), words: (date) => citedWords(edition, date) });
const measure = new Measure(map, byId("measure"), { onchange: () => { state.m = measure?.text ?? null; pressed(); if (shown) remember(); } });
const panels = new Panels({ onshow: panelled });
const layers = new Layers(byId("layers-panel"), map, {
  onlevel: (level) => { state.level = level === 99 ? null : String(level); drawn.upTo(level); sides.upTo(level); key(); remember(); },
  onknown: (day) => { state.known = day || null; remember(true); begin().catch(failed); },
  onlayers: (names) => { state.layers = names.join(",") || null; if (shown) { key(); remember(); } },
  onbasemap: () => key(),
  onfeature: pointed,
  failed: (error) => failed(error), basemap: null,
});
const sheet = new Sheet({ resize: refit, onclose: () => printing(null), onsize: (name) => printing(name) });

/* ---- what is shown ---- */

async function start() {
  const { at, m: measured } = state; // sizing the map moves it
  panels.show(state.panel ?? "tree", { keep: true });
  if (PANELS.includes(state.panel)) panels.unfold(true);
  await begin(at);
  measure.read(measured);
  if (isSheet(state.print)) printing(state.print);
}

/* Ask for the edition, as known on the day the address names. */
async function begin(at = state.at) {
  recorded.known = state.known ?? "";
  edition = await ask("/p/current.json");
  if (edition.state === "empty") { location.reload(); return; }
  layers.basemap ??= addBasemap(map, edition.basemaps, drawn);
  tree.forget();
  table.forget();
  lookAt(at);
  await go();
}

/* Take the map to a place the address names, with the detail panel already open. */
function lookAt(at) {
  if (state.sel) byId("detail").hidden = false;
  map.invalidateSize({ pan: false });
  if (at) map.setView([at.lat, at.lng], at.zoom, { animate: false });
  state.at = at;
}

/* Show the address's date, comparison and selection; a later call overtakes an earlier one. */
async function go() {
  const mine = ++turn;
  const dates = edition.dates.map((item) => item.date);
  const date = dates.includes(state.date) ? state.date : (state.date && dates.filter((item) => item <= state.date).at(-1)) || edition.opens;
  const before = dates[dates.indexOf(date) - 1] ?? null;
  const since = state.since === NONE ? null : dates.includes(state.since) && state.since !== date ? state.since : before;
  fillDates(dates, date, since);
  timeline.show(dates, state.date && state.date > date ? state.date : date);
  const wait = () => notice(say("Preparing the map of this version…"));
  const next = await ask(`/api/v1/dates/${path(date)}`, { onwait: wait });
  if (mine !== turn) return;
  shown = next;
  drawn.upTo(deepest());
  drawn.show(shown.tiles, shown.levels);
  if (!state.at && shown.box) frame(shown.box, 0.02);
  const asked = since ? ask(`/api/v1/changes/${path(since, date)}`, { onwait: wait }) : Promise.resolve(null);
  if (state.sel) detail(state.sel).catch(failed);
  status();
  changes = await asked;
  if (mine !== turn) return;
  notice(null);
  drawn.compare(changes?.tiles ?? null, changes?.moves ?? []);
  key();
  layers.show({ levels: shown.levels, deepest: deepest(), edition, known: state.known ?? "", wanted: (state.layers ?? "").split(","), overlays: edition.overlays ?? [] });
  const number = changes ? different(changes).length + changes.successions.length : 0;
  byId("changes-count").textContent = String(number);
  byId("changes-count").hidden = !number;
  showChanges(byId("changes-panel"), changes, { cited: cited(), named: named(), onmove: move, onselect: (code) => select(code, { fit: true }), onhover: (index) => { drawn.highlight(index); sides.highlight(index); } });
  if (record) detailed();
  await beside(since);
  await tree.show(date, since ?? "");
  if (record?.division) await tree.reveal(record.division.above, record.code);
  if (state.panel === "table") await table.show(date, changes, state.sel);
  if (document.body.classList.contains("sheet")) printing(state.print);
  document.body.dataset.ready = `${date} ${since ?? ""}`;
}

const deepest = () => Number(state.level) || 99;
const key = () => showLegend(byId("legend"), { ranks: shown.ranks, compared: Boolean(changes), overlays: (edition.overlays ?? []).filter(({ id }) => (state.layers ?? "").split(",").includes(id)) });

/* The earlier date on a map of its own, when that was asked for and there is one. */
async function beside(since) {
  const on = Boolean(state.side && since);
  byId("beside").setAttribute("aria-pressed", String(on));
  byId("beside").disabled = !since;
  byId("side-date").hidden = !on;
  byId("side-date").textContent = shown.date;
  await sides.show(on ? since : null, { changes, deepest: deepest(), selected: state.sel, ground: ground() });
}
byId("beside").addEventListener("click", () => { state.side = state.side ? null : "1"; remember(true); go().catch(failed); });

/* The versions that came into force after the earlier date, up to the later one. */
function cited() {
  const from = changes?.old ?? "";
  return edition.dates.filter((item) => item.date > from && item.date <= shown.date).flatMap((item) => item.cited);
}

/* Names of the divisions that a change speaks of. */
const named = () => new Map((changes?.changed ?? []).map((row) => [row.code, row.name]));

async function select(code, { focus = false, fit = false } = {}) {
  state.sel = code;
  mark(code);
  remember(true);
  panels.close();
  await detail(code).catch(failed);
  if (record?.division?.box && (fit || !inView(record.division.box))) frame(withMoves(record.division.box, code), 0.15);
  if (focus) byId("detail-name")?.focus({ preventScroll: true });
  if (record?.division) await tree.reveal(record.division.above, code);
}

const mark = (code) => { for (const view of [drawn, sides]) view.select(code); tree.mark(code); table.mark(code); };

async function detail(code) {
  drawn.select(code);
  const found = await ask(`/api/v1/divisions/${path(code)}?date=${encodeURIComponent(shown.date)}`);
  if (state.sel !== code) return;
  record = found;
  detailed();
}

function detailed() {
  const wasHidden = byId("detail").hidden;
  showDetail(byId("detail"), record, {
    changes, cited: cited(), named: named(), date: shown.date, onclose: unselect, onmove: move,
    onselect: (code) => select(code, { fit: true }), ondate: (date) => toDate(date),
  });
  if (wasHidden && window.innerWidth < 1600) byId("legend").querySelector("details")?.removeAttribute("open");
  if (wasHidden) map.invalidateSize({ pan: false });
}

/* A division's box, widened to what it gained and lost. */
function withMoves(box, code) {
  const boxes = (changes?.moves ?? []).filter((one) => [one.from?.code, one.to?.code].includes(code)).map((one) => one.box);
  return [box, ...boxes].reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
}

function unselect() {
  state.sel = null;
  record = null;
  byId("detail").hidden = true;
  mark(null);
  map.invalidateSize({ pan: false });
  remember(true);
}

function toDate(date, since = null) {
  state.date = date;
  state.since = since;
  remember(true);
  go().catch(failed);
}

function move(index) {
  drawn.highlight(index);
  sides.highlight(index);
  frame(changes.moves[index].box, 0.6);
}

/* ---- dates, panels ---- */

function fillDates(dates, date, since) {
  const option = (value, text, chosen) => element("option", { value, selected: value === chosen }, text);
  const worded = (item) => (item > edition.opens ? `${item} ${say("(not yet in force)")}` : item);
  fill(byId("date"), ...dates.map((item) => option(item, worded(item), date)).reverse());
  fill(byId("since"), option(NONE, say("nothing"), since ?? NONE), ...dates.filter((item) => item !== date).map((item) => option(item, worded(item), since)).reverse());
  const at = dates.indexOf(date);
  byId("earlier").disabled = at === 0;
  byId("later").disabled = at === dates.length - 1;
  byId("earlier").onclick = () => toDate(dates[at - 1]);
  byId("later").onclick = () => toDate(dates[at + 1]);
}
byId("date").addEventListener("change", (event) => toDate(event.target.value));
byId("since").addEventListener("change", (event) => toDate(state.date, event.target.value));

function panelled(name, { keep }) {
  state.panel = name === "tree" ? null : name;
  if (name === "table" && shown) table.show(shown.date, changes, state.sel).catch(failed);
  map.invalidateSize({ pan: false });
  if (!keep) remember();
}

/* ---- the map ---- */

const tip = element("div", { class: "tip", hidden: true });
document.querySelector("section.map").append(tip);

function tool(name, words, press) {
  const control = L.control({ position: "topright" });
  const button = element("button", { type: "button", class: "map-button", title: words, "aria-label": words, onclick: press }, icon(name));
  control.onAdd = () => { const bar = element("div", { class: "leaflet-bar" }, button); L.DomEvent.disableClickPropagation(bar); return bar; };
  control.addTo(map);
  return button;
}
const rulers = [["length", tool("length", say("Measure a distance"), () => measure.start("length"))], ["area", tool("area", say("Measure an area"), () => measure.start("area"))]];
if (document.fullscreenEnabled) tool("whole", say("Whole screen"), () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
function pressed() {
  for (const [kind, button] of rulers ?? []) button.setAttribute("aria-pressed", String(measure?.kind === kind));
}

function frame([west, south, east, north], margin) {
  const bounds = L.latLngBounds([south, west], [north, east]).pad(margin);
  const covered = window.innerWidth < 768 && !byId("detail").hidden ? byId("detail").offsetHeight : byId("timeline").offsetHeight + 12;
  map.fitBounds(bounds, { maxZoom: 15, animate: false, paddingBottomRight: [0, document.body.classList.contains("sheet") ? 0 : covered] });
}
const inView = ([west, south, east, north]) => map.getBounds().intersects(L.latLngBounds([south, west], [north, east]));

map.on("click", (event) => {
  if (measure.active) return;
  const { code } = drawn.under(event.layerPoint);
  if (code) select(code);
});
map.on("mousemove", (event) => {
  place(event.latlng);
  if (map.dragging.moving?.() || measure.active) return;
  const { code, move: index } = drawn.under(event.layerPoint);
  drawn.hover(code);
  sides.hover(code);
  map.getContainer().style.cursor = code ? "pointer" : "";
  const found = index === null ? null : changes?.moves[index];
  tip.hidden = !found;
  if (!found) return;
  tip.textContent = `${index + 1}. ${moved(found)}  ${found.ha.toFixed(1)} ha`;
  tip.style.left = `${event.containerPoint.x + 14}px`;
  tip.style.top = `${event.containerPoint.y + 14}px`;
});
const party = (one) => (one ? one.name || one.code : say("outside the layer"));
const moved = (one) => `${party(one.from)} → ${party(one.to)}`;
map.on("mouseout", () => { drawn.hover(null); sides.hover(null); tip.hidden = true; });
map.on("contextmenu", (event) => { place(event.latlng); copyPlace(); });
map.on("moveend", () => {
  const centre = map.getCenter();
  state.at = { zoom: map.getZoom(), lat: centre.lat, lng: centre.lng };
  if (shown) remember();
  place(centre);
});

function place(at) {
  here = at;
  byId("place").textContent = placeText(at);
}
function copyPlace() {
  const text = placeText(here);
  navigator.clipboard?.writeText(text).catch(() => null);
  notice(say("Copied: {text}", { text: lonlat(here) }), { passing: true });
}
byId("place").addEventListener("click", () => { place(map.getCenter()); copyPlace(); });

/* What is seen of the layer: the view without the empty ground around. */
function ground() {
  const view = map.getBounds();
  if (!shown?.box) return view;
  const [west, south, east, north] = shown.box;
  const seen = [Math.max(view.getSouth(), south), Math.max(view.getWest(), west), Math.min(view.getNorth(), north), Math.min(view.getEast(), east)];
  return seen[0] < seen[2] && seen[1] < seen[3] ? L.latLngBounds([seen[0], seen[1]], [seen[2], seen[3]]).pad(0.02) : view;
}

/* ---- the sheet to print ---- */

/* The same ground on paper as on the screen. */
function refit() {
  const seen = ground();
  for (const view of [drawn, sides.drawn]) view?.recolour();
  map.invalidateSize({ pan: false });
  sides.resize();
  map.fitBounds(seen, { animate: false });
}

function printing(name) {
  state.print = isSheet(name) ? name : null;
  remember();
  if (!state.print) { sheet.close(); return; }
  const title = changes && state.side ? say("Divisions on {old} and {new}", { old: changes.old, new: changes.new }) : say("Divisions as of {date}", { date: shown.date });
  sheet.open(state.print, {
    title, mark: byId("mark").textContent,
    lines: [byId("version").textContent, half(edition.notice), state.known ? byId("known-notice").textContent : "", citedWords(edition, shown.date), say("Grid and ellipsoid: CGCS2000. Printed on {day}.", { day: new Date().toLocaleDateString("sv-SE") })].filter(Boolean),
    moves: changes ? changes.moves.map((one, index) => [index, moved(one), one.ha, one]).filter(([, , amount, one]) => one.within < 0 && amount >= 0.1) : [],
  });
}
byId("print").addEventListener("click", () => printing("a4l"));
keepOnPaper(document.querySelector(".maps"), { widest: 1040, highest: 530 });

/* A node of the search was chosen: a division of the date shown, or a point as it is now. */
function chosen(code, { layer, at, href, title, all }) {
  if (all || (layer && !at)) { location.assign(href); return; }
  if (!layer) { select(code, { focus: true, fit: true }); return; }
  map.setView([at[1], at[0]], Math.max(map.getZoom(), 15), { animate: false });
  layers.turnOn(layer);
  pointAt(title, href);
}

/* A marker or a place name that was clicked: what it is, and the way to its page. */
function pointed(item, { id, properties }) {
  const number = String(properties[item.id === "markers" ? "marker" : "place"] ?? properties.key ?? id);
  pointAt([properties.name, properties.marker].filter(Boolean).join(" · "), `${item.page}${encodeURIComponent(number)}`);
}

function pointAt(title, href) {
  notice(title);
  byId("notice").append(" ", element("a", { href }, say("Open the record")), " ",
    element("button", { class: "link", onclick: () => notice(null) }, say("Close")));
}

/* ---- address, status, errors ---- */

function remember(step = false) {
  write(state, { remember: step });
  asked = location.search;
  const other = byId("language");
  if (other) other.href = query(state, { lang: other.dataset.lang });
}
let asked = location.search;
window.addEventListener("popstate", () => {
  if (location.search === asked) return; // only the fragment changed
  asked = location.search;
  Object.assign(state, read());
  const { at } = state;
  panels.show(state.panel ?? "tree", { keep: true });
  lookAt(at);
  if (!state.sel && record) { record = null; byId("detail").hidden = true; mark(null); }
  if (!isSheet(state.print)) sheet.close();
  (recorded.known === (state.known ?? "") ? go() : begin()).catch(failed);
});
byId("share").addEventListener("click", () => {
  navigator.clipboard?.writeText(location.href).catch(() => null);
  notice(say("The link is copied."), { passing: true });
});

function status() {
  byId("version").textContent = say("Data as of {date} · version {n}, entered {when}", { date: shown.date, n: String(edition.version), when: edition.recorded.slice(0, 10) });
  byId("data-notice").textContent = half(edition.notice);
  byId("data-notice").hidden = !edition.notice;
  byId("known-notice").hidden = !state.known;
  byId("known-notice").textContent = state.known ? say("As known on {day}", { day: state.known.slice(0, 10) }) : "";
  if (!state.print) fill(byId("sheet-head"), element("h1", {}, say("Divisions as of {date}", { date: shown.date })));
  document.title = `${shown.date} · ${say("Divisions")}`;
}

let slow = 0, passes = 0;
function loading(left) {
  clearTimeout(slow);
  if (!left) document.body.dataset.tiles = "drawn";
  if (left) slow = setTimeout(() => { if (byId("notice").hidden) notice(say("Loading the map…")); }, 500);
  else if (byId("notice").textContent === say("Loading the map…")) notice(null);
}

function notice(text, { error = false, passing = false } = {}) {
  clearTimeout(passes);
  byId("notice").hidden = !text;
  byId("notice").classList.toggle("error", error);
  byId("notice").textContent = text ?? "";
  if (passing) passes = setTimeout(() => notice(null), 2500);
}

function failed(error) {
  if (error.name === "AbortError") return;
  console.error(error);
  notice(error.text?.[language] ?? say("The server does not answer. Try again."), { error: true });
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); byId("query").focus(); }
  if (event.key.toLowerCase() === "c") copyPlace();
  if (event.key === "Escape" && measure.active) measure.stop();
  else if (event.key === "Escape" && state.sel) unselect();
});

remember();
place(map.getCenter());
start().catch(failed);
