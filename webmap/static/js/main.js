/* The page: reads its address, asks the API, and draws. */

import { read, search as query, write } from "./address.js";
import { ask, path } from "./ask.js";
import { DivisionMap } from "./canvas.js";
import { different, showChanges } from "./changes.js";
import { showDetail } from "./detail.js";
import { byId, element, fill } from "./dom.js";
import { gauss } from "./gauss.js";
import { showLegend } from "./legend.js";
import { Search } from "./search.js";
import { Table } from "./table.js";
import { Tree } from "./tree.js";
import { language, say } from "./words.js";

const PANELS = ["tree", "changes", "table"];
const NONE = "none";
const L = window.L;
const map = window.quhua.map;
const state = read();
let edition = null, shown = null, changes = null, record = null, turn = 0;

map.options.minZoom = 3;
map.options.maxZoom = 20;
L.control.zoom({ position: "topright", zoomInTitle: say("Zoom in"), zoomOutTitle: say("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
const drawn = new DivisionMap({ onload: (left) => loading(left) }).addTo(map);
const tree = new Tree(byId("tree"), { onselect: (code) => select(code, { fit: true }), changed: (code) => changes?.changed.some((row) => row.code === code) });
const table = new Table(byId("table-panel"), { onselect: (code) => select(code, { fit: true }) });
new Search(byId("query"), byId("found"), { onselect: (code) => select(code, { focus: true, fit: true }), date: () => shown?.date ?? "" });

/* ---- what is shown ---- */

async function start() {
  const { at } = state;
  panel(PANELS.includes(state.panel) || state.panel === NONE ? state.panel : "tree", { keep: true });
  if (PANELS.includes(state.panel)) unfoldList(true);
  edition = await ask("/p/current.json");
  if (edition.state === "empty") { location.reload(); return; }
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
  const wait = () => notice(say("Preparing the map of this version…"));
  const next = await ask(`/api/v1/dates/${path(date)}`, { onwait: wait });
  if (mine !== turn) return;
  shown = next;
  drawn.upTo(Number(state.level) || 99);
  drawn.show(shown.tiles, shown.levels);
  if (!state.at && shown.box) frame(shown.box, 0.02);
  const asked = since ? ask(`/api/v1/changes/${path(since, date)}`, { onwait: wait }) : Promise.resolve(null);
  if (state.sel) detail(state.sel).catch(failed);
  status();
  changes = await asked;
  if (mine !== turn) return;
  notice(null);
  drawn.compare(changes?.tiles ?? null, changes?.moves ?? []);
  const legend = (deepest) => showLegend(byId("legend"), {
    levels: shown.levels, ranks: shown.ranks, compared: Boolean(changes), deepest,
    onlevel: (level) => { state.level = level === 99 ? null : String(level); drawn.upTo(level); write(state); },
  });
  legend(Number(state.level) || 99);
  const number = changes ? different(changes).length + changes.successions.length : 0;
  byId("changes-count").textContent = String(number);
  byId("changes-count").hidden = !number;
  showChanges(byId("changes-panel"), changes, { cited: cited(), named: named(), onmove: move, onselect: (code) => select(code, { fit: true }), onhover: (index) => drawn.highlight(index) });
  if (record) detailed();
  await tree.show(date, since ?? "");
  if (record?.division) await tree.reveal(record.division.above, record.code);
  if (state.panel === "table") await table.show(date, changes, state.sel);
  document.body.dataset.ready = `${date} ${since ?? ""}`;
}

/* The versions that came into force after the earlier date, up to the later one. */
function cited() {
  const from = changes?.old ?? "";
  return edition.dates.filter((item) => item.date > from && item.date <= shown.date).flatMap((item) => item.cited);
}

/* Names of the divisions that a change speaks of. */
const named = () => new Map((changes?.changed ?? []).map((row) => [row.code, row.name]));

async function select(code, { focus = false, fit = false } = {}) {
  state.sel = code;
  drawn.select(code);
  tree.mark(code);
  table.mark(code);
  remember(true);
  if (window.innerWidth < 768) byId("side").classList.remove("open");
  await detail(code).catch(failed);
  if (record?.division?.box && (fit || !inView(record.division.box))) frame(withMoves(record.division.box, code), 0.15);
  if (focus) byId("detail-name")?.focus({ preventScroll: true });
  if (record?.division) await tree.reveal(record.division.above, code);
}

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
  const boxes = (changes?.moves ?? []).filter((move) => [move.from?.code, move.to?.code].includes(code)).map((move) => move.box);
  return [box, ...boxes].reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
}

function unselect() {
  state.sel = null;
  record = null;
  byId("detail").hidden = true;
  drawn.select(null);
  tree.mark(null);
  table.mark(null);
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
  frame(changes.moves[index].box, 0.6);
}

/* ---- dates ---- */

function fillDates(dates, date, since) {
  const option = (value, text, chosen) => element("option", { value, selected: value === chosen }, text);
  const named = (item) => (item > edition.opens ? `${item} ${say("(not yet in force)")}` : item);
  fill(byId("date"), ...dates.map((item) => option(item, named(item), date)).reverse());
  fill(byId("since"), option(NONE, say("nothing"), since ?? NONE), ...dates.filter((item) => item !== date).map((item) => option(item, named(item), since)).reverse());
  const at = dates.indexOf(date);
  byId("earlier").disabled = at === 0;
  byId("later").disabled = at === dates.length - 1;
  byId("earlier").onclick = () => toDate(dates[at - 1]);
  byId("later").onclick = () => toDate(dates[at + 1]);
}
byId("date").addEventListener("change", (event) => toDate(event.target.value));
byId("since").addEventListener("change", (event) => toDate(state.date, event.target.value));

/* ---- panels ---- */

function panel(name, { keep = false } = {}) {
  state.panel = name === "tree" ? null : name;
  byId("side").hidden = name === NONE;
  byId("unfold").hidden = name !== NONE;
  for (const other of PANELS) {
    byId(`${other}-panel`).hidden = other !== name;
    byId(`tab-${other}`).setAttribute("aria-selected", String(other === name));
    byId(`tab-${other}`).tabIndex = other === name ? 0 : -1;
  }
  if (name === "table" && shown) table.show(shown.date, changes, state.sel).catch(failed);
  map.invalidateSize({ pan: false });
  if (!keep) remember();
}
for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => panel(tab.dataset.panel));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = PANELS[(PANELS.indexOf(tab.dataset.panel) + step + PANELS.length) % PANELS.length];
    panel(next);
    byId(`tab-${next}`).focus();
  });
}
byId("fold").addEventListener("click", () => {
  if (window.innerWidth < 768) { byId("side").classList.remove("open"); byId("open-list").setAttribute("aria-expanded", "false"); }
  else { panel(NONE); byId("unfold").focus(); }
});
byId("unfold").addEventListener("click", () => { panel("tree"); byId("tab-tree").focus(); });
byId("open-list").addEventListener("click", () => {
  if (state.panel === NONE) panel("tree");
  unfoldList(!byId("side").classList.contains("open"));
});

/* On a narrow screen the list lies over the map; an address that names a panel opens it. */
function unfoldList(open) {
  byId("side").classList.toggle("open", open);
  byId("open-list").setAttribute("aria-expanded", String(open));
}

/* ---- the map ---- */

const tip = element("div", { class: "tip", hidden: true });
document.querySelector("section.map").append(tip);

function frame([west, south, east, north], margin) {
  const bounds = L.latLngBounds([south, west], [north, east]).pad(margin);
  const sheet = window.innerWidth < 768 && !byId("detail").hidden ? byId("detail").offsetHeight : 0;
  map.fitBounds(bounds, { maxZoom: 15, animate: false, paddingBottomRight: [0, sheet] });
}
const inView = ([west, south, east, north]) => map.getBounds().intersects(L.latLngBounds([south, west], [north, east]));

map.on("click", (event) => {
  const { code } = drawn.under(event.layerPoint);
  if (code) select(code);
});
map.on("mousemove", (event) => {
  place(event.latlng);
  if (map.dragging.moving?.()) return;
  const { code, move: index } = drawn.under(event.layerPoint);
  drawn.hover(code);
  map.getContainer().style.cursor = code ? "pointer" : "";
  const found = index === null ? null : changes?.moves[index];
  tip.hidden = !found;
  if (!found) return;
  const name = (party) => (party ? party.name || party.code : say("outside the layer"));
  tip.textContent = `${index + 1}. ${name(found.from)} → ${name(found.to)}  ${found.ha.toFixed(1)} ha`;
  tip.style.left = `${event.containerPoint.x + 14}px`;
  tip.style.top = `${event.containerPoint.y + 14}px`;
});
map.on("mouseout", () => { drawn.hover(null); tip.hidden = true; });
map.on("moveend", () => {
  const centre = map.getCenter();
  state.at = { zoom: map.getZoom(), lat: centre.lat, lng: centre.lng };
  if (shown) remember();
  place(centre);
});

function place({ lat, lng }) {
  const grid = gauss(lng, lat);
  const lonlat = `${Math.abs(lng).toFixed(5)}°${lng < 0 ? "W" : "E"} ${Math.abs(lat).toFixed(5)}°${lat < 0 ? "S" : "N"}`;
  const projected = say("GK zone {zone} (CM {meridian}°): X {north} Y {east}", {
    zone: String(grid.zone), meridian: String(grid.meridian), north: grid.north.toFixed(0), east: grid.east.toFixed(0),
  });
  byId("place").textContent = `${lonlat} · ${projected}`;
}

/* ---- address, status, errors ---- */

function remember(step = false) {
  write(state, { remember: step });
  asked = location.search;
  const other = byId("language");
  other.href = query(state, { lang: other.dataset.lang });
}
let asked = location.search;
window.addEventListener("popstate", () => {
  if (location.search === asked) return; // only the fragment changed
  asked = location.search;
  Object.assign(state, read());
  const { at } = state;
  panel(PANELS.includes(state.panel) || state.panel === NONE ? state.panel : "tree", { keep: true });
  lookAt(at);
  if (!state.sel && record) { record = null; byId("detail").hidden = true; drawn.select(null); }
  go().catch(failed);
});
byId("language").addEventListener("click", () => { byId("language").href = query(state, { lang: byId("language").dataset.lang }); });
byId("share").addEventListener("click", async () => {
  await navigator.clipboard?.writeText(location.href).catch(() => null);
  notice(say("The link is copied."));
  setTimeout(() => notice(null), 2000);
});

function status() {
  const recorded = edition.recorded.slice(0, 10);
  byId("version").textContent = say("Data as of {date} · version {n}, entered {when}", { date: shown.date, n: String(edition.version), when: recorded });
  byId("data-notice").textContent = edition.notice;
  byId("data-notice").hidden = !edition.notice;
  document.title = `${shown.date} · ${say("Divisions")}`;
}

let slow = 0;
function loading(left) {
  clearTimeout(slow);
  if (!left) document.body.dataset.tiles = "drawn";
  if (left) slow = setTimeout(() => { if (byId("notice").hidden) notice(say("Loading the map…")); }, 500);
  else if (byId("notice").textContent === say("Loading the map…")) notice(null);
}

function notice(text, { error = false } = {}) {
  byId("notice").hidden = !text;
  byId("notice").classList.toggle("error", error);
  byId("notice").textContent = text ?? "";
}

function failed(error) {
  if (error.name === "AbortError") return;
  console.error(error);
  notice(error.text?.[language] ?? say("The server does not answer. Try again."), { error: true });
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "/") { event.preventDefault(); byId("query").focus(); }
  if (event.key === "Escape" && state.sel) unselect();
});

remember();
place(map.getCenter());
start().catch(failed);
