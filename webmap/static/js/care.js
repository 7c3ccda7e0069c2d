/* The public map of eldercare: a map and the same as a list, for search, filter and the nearest.
   It asks nothing but addresses under /public. */

import { ask } from "./ask.js";
import { DivisionMap } from "./canvas.js";
import { Near } from "./care_near.js";
import { Wish } from "./care_wish.js";
import { byId, element, fill, setCurrent } from "./dom.js";
import { L } from "./leaflet.js";
import { readingAids } from "./aids.js";
import { drawPoints } from "./points.js";
import { swatch } from "./styles.js";
import { count, half, km, label, language, say } from "./words.js";

const SHOWN = 30, PRINTED = 300, CLOSE = 16, NEAREST = 5;
const map = window.quhua.map;
const address = new URLSearchParams(location.search);
let data = null, wish = null, near = null, drawn = null, pin = null, rows = [], selected = address.get("sel"), shown = SHOWN;

map.options.minZoom = 3;
map.options.maxZoom = 18;
L.control.zoom({ position: "topright", zoomInTitle: say("Zoom in"), zoomOutTitle: say("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
const borders = new DivisionMap({ tiles: "/public/t/" }).addTo(map);

async function start() {
  const current = await ask("/public/eldercare/current.json");
  byId("data-notice").textContent = half(current.notice);
  byId("data-notice").hidden = !current.notice;
  if (current.state === "empty") { byId("count").textContent = say("No facilities are published yet."); window.document.body.dataset.ready = "empty"; return; }
  data = await ask(`/public/d/${current.document}.json`);
  wish = new Wish(byId("wish"), data);
  wish.read(address);
  near = new Near({ onchange: () => { shown = SHOWN; list({ look: true }); } });
  byId("wish").addEventListener("input", () => { shown = SHOWN; list({ look: true }); });
  byId("wish").addEventListener("submit", (event) => event.preventDefault());
  byId("version").textContent = say("Facilities as of {date} · version {n}", { date: data.as_of, n: String(data.version) });
  legend();
  list({ look: !address.get("at") });
  if (selected) select(selected, { fit: true });
  window.document.body.dataset.ready = String(data.version);
  await context().catch(failed);
}

/* The published borders under the facilities. */
async function context() {
  const edition = await ask("/public/current.json");
  if (edition.state === "empty") return;
  const { document } = await ask(`/public/dates/${encodeURIComponent(edition.opens)}`);
  const state = await ask(`/public/d/${document}.json`);
  borders.show(state.tiles, state.levels);
  const at = /^(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(address.get("at") ?? "");
  if (at) map.setView([Number(at[2]), Number(at[3])], Number(at[1]), { animate: false });
}

function legend() {
  fill(byId("legend"), element("details", { open: window.innerWidth >= 1200 },
    element("summary", {}, say("Legend")),
    element("ul", {}, ...data.groups.map((group) => element("li", {}, swatch(`care-${group.name}`), label(group.label))))));
}

/* ---- list and points: always the same facilities ---- */

function list({ look = false } = {}) {
  rows = near.sorted(wish.fitting());
  byId("count").textContent = say("{n} facilities", { n: count(rows.length) });
  lines(shown);
  points();
  if (look) frame();
  remember();
}

function lines(most) {
  fill(byId("facilities"),
    ...rows.slice(0, most).map(line),
    rows.length ? null : element("li", { class: "empty" }, element("span"), element("p", {}, say("Nothing fits. Take away a condition."))),
    rows.length > most ? element("li", { class: "rest" }, element("span"), element("button", { type: "button", class: "button", onclick: more }, say("{n} more", { n: count(rows.length - most) }))) : null);
}

function more() {
  const first = shown;
  shown += SHOWN;
  lines(shown);
  byId("facilities").querySelectorAll("button.name")[first]?.focus();
}

/* On paper, whoever is given the sheet has no button for the rest. */
addEventListener("beforeprint", () => { if (data) lines(PRINTED); });
addEventListener("afterprint", () => { if (data) lines(shown); });

function line(row) {
  const place = data.divisions[row.street] ?? data.divisions[row.district] ?? "";
  return element("li", { "aria-current": row.id === selected ? "true" : null, "data-id": row.id },
    swatch(`care-${row.group}`),
    element("div", {},
      element("button", { type: "button", class: "link name", onclick: () => select(row.id, { fit: true, open: true }) }, row.name),
      way(row) ? element("p", { class: "walk" }, way(row)) : null,
      element("p", { class: "soft" }, [label(data.types[row.type]), place].filter(Boolean).join(" · ")),
      rooms(row) ? element("p", {}, rooms(row), row.beds_free ? element("span", {}, " · ", element("span", { class: "free" }, say("{n} beds free", { n: count(row.beds_free) }))) : null) : null,
      element("p", { class: "paper-only" }, [row.address, row.phone].filter(Boolean).join(" · "))));
}

function way(row) {
  const minutes = near.times.get(row.id), metres = near.metres(row);
  if (minutes !== undefined) return say("{n} min on foot", { n: String(Math.max(1, Math.round(minutes))) });
  if (metres === null) return "";
  return say("{d} in a straight line", { d: metres < 10_000 ? `${count(Math.round(metres / 10) * 10)} m` : km(metres / 1000) });
}

const rooms = (row) => [
  row.beds !== null ? say("{n} beds", { n: count(row.beds) }) : "",
  row.day_places !== null ? say("{n} day places", { n: count(row.day_places) }) : "",
  row.meals !== null ? say("{n} meals a day", { n: count(row.meals) }) : "",
].filter(Boolean).join(" · ");

function points() {
  drawn?.remove();
  const placed = rows.filter((row) => row.lon !== null);
  drawn = drawPoints(map, {
    type: "FeatureCollection",
    features: placed.map((row) => ({ type: "Feature", properties: { id: row.id, name: row.name, group: row.group }, geometry: { type: "Point", coordinates: [row.lon, row.lat] } })),
  }, { style: ({ properties }) => `care-${properties.group}`, name: (one) => one.name, onOpen: ({ properties }) => select(properties.id, { open: true }) });
  drawn.highlight(placed.findIndex((row) => row.id === selected));
  pin?.remove();
  pin = near.place ? drawPoints(map, { type: "Feature", properties: { name: near.place.name }, geometry: { type: "Point", coordinates: [near.place.lon, near.place.lat] } }, { style: "here", name: (one) => one.name, onOpen: () => null }) : null;
}

/* What fits, or with a place: the place and the nearest of them. */
function frame() {
  const placed = rows.filter((row) => row.lon !== null);
  const wanted = near.place ? [near.place, ...placed.slice(0, NEAREST)] : placed;
  if (wanted.length) map.fitBounds(L.latLngBounds(wanted.map(({ lat, lon }) => [lat, lon])).pad(0.12), { maxZoom: CLOSE, animate: false });
}

/* ---- one facility ---- */

function select(id, { fit = false, open = false } = {}) {
  const row = data.facilities.find((item) => item.id === id) ?? null, left = row ? null : selected;
  selected = row ? id : null;
  drawn.highlight(rows.filter((item) => item.lon !== null).findIndex((item) => item.id === selected));
  for (const one of byId("facilities").querySelectorAll("li[data-id]")) {
    setCurrent(one, one.dataset.id === selected);
  }
  byId("detail").hidden = !row;
  if (row) card(row);
  if (row && fit && row.lon !== null) map.setView([row.lat, row.lon], Math.max(map.getZoom(), CLOSE), { animate: false });
  if (row && open) byId("detail").querySelector("h2").focus();
  if (left) (byId("facilities").querySelector(`li[data-id="${CSS.escape(left)}"] .name`) ?? byId("query")).focus();
  remember();
}

function card(row) {
  const yuan = (value) => count(value);
  const price = row.price_low === null ? null : row.price_high === null ? say("from {low} yuan a month", { low: yuan(row.price_low) }) : say("{low} to {high} yuan a month", { low: yuan(row.price_low), high: yuan(row.price_high) });
  const facts = [
    [say("Type of facility"), label(data.types[row.type])],
    way(row) && [say("Way"), way(row)],
    row.address && [say("Address"), row.address],
    row.phone && [say("Telephone"), element("a", { class: "call", href: `tel:${row.phone.replace(/[^\d+]/g, "")}` }, row.phone)],
    rooms(row) && [say("Places"), rooms(row)],
    row.beds_nursing !== null && [say("Nursing beds"), count(row.beds_nursing)],
    row.beds !== null && [say("Beds free"), row.beds_free !== null ? count(row.beds_free) : row.has_room ? say("yes, please ask") : say("please ask")],
    row.home_beds !== null && [say("Care beds at home"), count(row.home_beds)],
    price && [say("Price"), price],
    row.rating !== null && [say("Rating"), element("span", {}, element("span", { class: "stars", "aria-hidden": "true" }, "★".repeat(row.rating)), ` ${say("{n} of 5 stars", { n: String(row.rating) })}`)],
    row.functions.length && [say("Services"), row.functions.map((each) => label(data.functions[each])).join(language === "zh" ? "、" : ", ")],
    row.medical && [say("Medical care"), label(data.medical[row.medical])],
    row.ownership && [say("Run by"), label(data.ownership[row.ownership])],
    row.website && [say("Website"), element("a", { href: row.website, rel: "noreferrer" }, row.website)],
    row.updated_on && [say("Last checked"), row.updated_on],
  ].filter(Boolean);
  fill(byId("detail"),
    element("button", { class: "button quiet icon close", "aria-label": say("Close"), onclick: () => select(null) }, "✕"),
    element("h2", { tabindex: "-1" }, row.name),
    element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])));
}

/* ---- reading aids, address ---- */

readingAids(map, borders);

/* Where somebody stands is not part of the address: addresses are passed on. */
function remember() {
  if (!wish) return;
  const centre = map.getCenter();
  const query = wish.asked();
  query.set("at", `${Number(map.getZoom().toFixed(2))}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}`);
  if (selected) query.set("sel", selected);
  const text = query.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", `?${text}`);
  byId("language").href = `?${text}&lang=${byId("language").dataset.lang}`;
}
map.on("moveend", remember);

function failed(error) {
  console.error(error);
  byId("said").textContent = error.text?.[language] ?? say("The server does not answer. Try again.");
}
start().catch(failed);
