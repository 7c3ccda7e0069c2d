/* The public view: published divisions, their official figures, and the date slider.
   It asks nothing but addresses under /public. */

import { ask } from "./ask.js";
import { DivisionMap } from "./canvas.js";
import { byId, element, fill, setCurrent } from "./dom.js";
import { L } from "./leaflet.js";
import { showLegend } from "./legend.js";
import { readingAids } from "./aids.js";
import { drawPoints } from "./points.js";
import { citedWords, Timeline } from "./timeline.js";
import { count as figures, half, km2, label, language, say } from "./words.js";

const SHOWN = 200, PAUSE = 200, NEAR = 15;
const map = window.quhua.map;
const address = new URLSearchParams(location.search);
let edition = null, shown = null, found = [], sorted = ["code", 1], selected = address.get("sel");

map.options.minZoom = 3;
map.options.maxZoom = 18;
L.control.zoom({ position: "topright", zoomInTitle: say("Zoom in"), zoomOutTitle: say("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
const drawn = new DivisionMap({ tiles: "/public/t/" }).addTo(map);
const timeline = new Timeline(byId("timeline"), { onpick: (day) => go(day).catch(failed), words: (date) => citedWords(edition, date) });

async function start() {
  edition = await ask("/public/current.json");
  if (edition.state === "empty") { byId("said").textContent = say("Nothing is published yet"); return; }
  byId("data-notice").textContent = half(edition.notice);
  byId("data-notice").hidden = !edition.notice;
  await go(address.get("date") ?? edition.opens);
}

async function go(day) {
  const dates = edition.dates.map((item) => item.date);
  timeline.show(dates, day < dates[0] ? dates[0] : day);
  const { document } = await ask(`/public/dates/${encodeURIComponent(timeline.at(timeline.day))}`);
  const first = !shown;
  shown = await ask(`/public/d/${document}.json`);
  drawn.show(shown.tiles, shown.levels);
  showLegend(byId("legend"), { ranks: shown.ranks, compared: false });
  if (first) look();
  byId("version").textContent = say("Data as of {date} · version {n}", { date: shown.date, n: String(edition.version) });
  list();
  select(selected, { fit: first && Boolean(selected) });
  remember();
  window.document.body.dataset.ready = shown.date;
}

function look() {
  const at = /^(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(address.get("at") ?? "");
  if (at) map.setView([Number(at[2]), Number(at[3])], Number(at[1]), { animate: false });
  else frame(shown.box, 0.02);
}

function frame(box, margin) {
  if (box) map.fitBounds(L.latLngBounds([box[1], box[0]], [box[3], box[2]]).pad(margin), { maxZoom: 15, animate: false, paddingBottomRight: [0, byId("timeline").offsetHeight + 12] });
}

/* ---- the list: the same as the map, sorted by any column ---- */

const COLUMNS = [
  ["name", "Division", (row) => row.name],
  ["code", "Code", (row) => row.code],
  ["kind", "Kind", (row) => label(row.kind)],
  ["area", "Official area (km²)", (row) => row.official_km2 ?? -1],
];

function list() {
  const words = byId("query").value.trim().toLowerCase();
  const [column, way] = sorted;
  const key = COLUMNS.find(([name]) => name === column)[2];
  found = shown.divisions
    .filter((row) => !words || row.name.toLowerCase().includes(words) || row.code.startsWith(words) || row.initials.startsWith(words))
    .sort((a, b) => way * (typeof key(a) === "number" ? key(a) - key(b) : key(a).localeCompare(key(b), "zh-CN")));
  table(SHOWN);
}

function table(count) {
  const head = ([name, text]) => element("th", { scope: "col", class: name === "area" ? "number" : "", "aria-sort": sorted[0] === name ? (sorted[1] > 0 ? "ascending" : "descending") : "none" },
    element("button", { class: "link sort", onclick: () => { sorted = [name, sorted[0] === name ? -sorted[1] : 1]; list(); } }, say(text)));
  fill(byId("table"),
    element("table", {},
      element("caption", {}, say("Divisions as of {date}", { date: shown.date }), ` (${found.length})`),
      element("thead", {}, element("tr", {}, ...COLUMNS.map(head))),
      element("tbody", {}, ...found.slice(0, count).map(line))),
    found.length ? null : element("p", { class: "empty" }, say("Nothing found. Try the code or the first letters of the pinyin.")),
    found.length > count ? element("button", { class: "button more", onclick: () => table(count + SHOWN) }, say("{n} more", { n: String(found.length - count) })) : null);
}

function line(row) {
  const area = row.official_km2 === null ? "—" : km2(row.official_km2).replace(" km²", "");
  const made = element("tr", { "aria-current": row.code === selected ? "true" : null },
    element("td", {}, element("button", { class: "link", onclick: () => select(row.code, { fit: true }) }, row.name || row.code)),
    element("td", { class: "figures" }, row.code), element("td", {}, label(row.kind)), element("td", { class: "number" }, area));
  made.dataset.code = row.code;
  return made;
}

/* ---- place names: those everybody may know ---- */

let turn = 0, timer = 0, pin = null;

async function names() {
  const words = byId("query").value.trim(), mine = ++turn;
  const { items, total } = words ? await ask(`/public/names?q=${encodeURIComponent(words)}`) : { items: [], total: 0 };
  if (mine !== turn) return;
  byId("names").hidden = !items.length;
  fill(byId("names"),
    element("h2", {}, say("Place names"), ` (${figures(total)})`),
    element("ul", { class: "plain-list" }, ...items.map((item) => element("li", {},
      element("button", { class: "link", onclick: () => pinned(item) }, item.name), " ",
      element("span", { class: "soft small" }, [item.kind && label(item.kind), item.division_name].filter(Boolean).join(" · "))))),
    total > items.length ? element("p", { class: "soft small" }, say("{n} more; type more of the name", { n: figures(total - items.length) })) : null);
}

/* A place name as the one thing looked at: on the map and in the card. */
function pinned(item) {
  select(null);
  if (item.lon !== null) {
    const feature = { type: "Feature", properties: { name: item.name }, geometry: { type: "Point", coordinates: [item.lon, item.lat] } };
    pin = drawPoints(map, feature, { style: "selected-place", name: (one) => one.name, onOpen: () => null });
    map.setView([item.lat, item.lon], Math.max(map.getZoom(), NEAR), { animate: false });
  }
  showCard([], item.name, [item.kind && [say("Kind"), label(item.kind)], item.division_name && [say("Division"), item.division_name]].filter(Boolean));
}

function unpin() {
  pin?.remove();
  pin = null;
}

function select(code, { fit = false } = {}) {
  const row = shown.divisions.find((item) => item.code === code) ?? null;
  selected = row ? code : null;
  unpin();
  drawn.select(selected);
  for (const one of byId("table").querySelectorAll("tr[data-code]")) {
    setCurrent(one, one.dataset.code === selected);
  }
  byId("detail").hidden = !row;
  if (row) card(row);
  if (row && fit) frame(row.box, 0.3);
  remember();
}

function card(row) {
  const named = new Map(shown.divisions.map((item) => [item.code, item.name]));
  const above = [];
  for (let up = row.parent; up && named.has(up) && above.length < 8; up = shown.divisions.find((item) => item.code === up)?.parent) above.unshift(named.get(up));
  const facts = [
    [say("Code"), row.code], [say("Kind"), label(row.kind)],
    [say("Official area"), row.official_km2 === null ? say("not entered") : km2(row.official_km2)],
    row.seat ? [say("Seat"), row.seat] : null,
    row.children ? [say("Divisions below"), String(row.children)] : null,
    row.valid_from ? [say("In force since"), row.valid_from] : null,
  ].filter(Boolean);
  showCard(above, row.name || row.code, facts);
}

function showCard(above, title, facts) {
  byId("detail").hidden = false;
  fill(byId("detail"),
    element("button", { class: "button quiet icon close", "aria-label": say("Close"), onclick: () => select(null) }, "✕"),
    above.length ? element("p", { class: "kicker" }, above.join(" › ")) : null,
    element("h2", {}, title),
    element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])));
}

/* ---- reading aids, address ---- */

readingAids(map, drawn);

function remember() {
  if (!shown) return;
  const centre = map.getCenter();
  const query = new URLSearchParams({ date: timeline.day, at: `${Number(map.getZoom().toFixed(2))}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}` });
  if (selected) query.set("sel", selected);
  const text = query.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", `?${text}`);
  byId("language").href = `?${text}&lang=${byId("language").dataset.lang}`;
}

map.on("click", (event) => {
  const { code } = drawn.under(event.layerPoint);
  if (code) select(code);
});
map.on("mousemove", (event) => drawn.hover(drawn.under(event.layerPoint).code));
map.on("moveend", remember);
byId("query").addEventListener("input", () => {
  if (shown) list();
  clearTimeout(timer);
  timer = setTimeout(() => names().catch(failed), PAUSE);
});

function failed(error) {
  console.error(error);
  byId("said").textContent = error.text?.[language] ?? say("The server does not answer. Try again.");
}
start().catch(failed);
