/* The planner's page: choose what counts, drag a facility, see who is reached. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";
import { folding } from "../services/asking.js";
import { complain, inWords, send } from "../ui/send.js";
import { count, language, say } from "../words.js";
import { Adding } from "./adding.js";
import { Gauges } from "./gauges.js";
import * as panels from "./panels.js";
import { Session } from "./session.js";
import { Outside, Sites } from "./sites.js";
import { UnitTable } from "./table.js";
import { UnitMap } from "./units.js";

const USUAL = { group: "aged_60", level: "street", supply: "beds_total" };
const form = byId("ask"), box = byId("planning");
const types = new Map([...form.querySelectorAll("[name=types]")].map((input) => [input.value, input.parentElement.textContent.trim()]));
const kit = createMap(byId("map"), { label: say("Map of facilities and of who is reached"), onClick: ({ at }) => place(at) });
let tool = "pick", order = "outside", picked = null, framed = false, added = 0;
let unsaid = null; // what was said before an answer was late
let safe = "[]"; // the edits that are kept somewhere: leaving the page loses others
let recorded = [], rows = new Map(), current = [];

const sites = new Sites(kit.map, {
  onpick: (site, at) => (tool === "add" ? place(at) : pick(site.id)),
  ondrag: (id, { lat, lng }, at = performance.now()) => session.drag(move(id, lng, lat), at),
  ondrop: (id, { lat, lng }) => act(move(id, lng, lat)),
});
const outside = new Outside().addTo(kit.map);
const shades = new UnitMap(kit);
const table = new UnitTable(byId("units"), (unit) => shades.frame(unit.code).catch(complain));
const session = new Session({ opened, changed, failed: complain, waiting, late });
const adding = new Adding(byId("chosen"), types, add);
const gauges = new Gauges(byId("gauges"), byId("scope"), session);

const folded = folding(byId("asking"), form);

const move = (facility, lon, lat) => ({ do: "move", facility, lon: Number(lon.toFixed(7)), lat: Number(lat.toFixed(7)) });

function waiting(on) {
  byId("preparing").hidden = !on;
  if (on) tell(say("Streets and people are being loaded."));
}

/* An answer that takes longer than a moment: what was said before comes back with it. */
function late(on) {
  if (on ? !("ready" in document.body.dataset) : unsaid === null) return;
  byId("preparing").hidden = !on;
  const before = unsaid;
  unsaid = on ? byId("state").textContent : null;
  tell(on ? say("The figures are being computed.") : before);
}

function opened(answer) {
  recorded = answer.sites;
  const before = new Map(answer.units.map((unit) => [unit.code, unit.before]));
  rows = new Map(answer.all_units.map(({ code, name, ...figures }) => [code, { code, name, after: figures, before: before.get(code) ?? figures }]));
  byId("stamp").textContent = (answer.stamp?.words ?? {})[language] ?? "";
  byId("keep").disabled = false;
  shades.open(answer.level);
  table.clear();
  const left = (answer.omitted ?? []).length;
  tell(left ? say("{n} records are left out of these figures; the coverage page lists them.", { n: count(left) }) : "");
  changed(answer, session.edits);
  gauges.open(session.base);
  if (tool !== "add") pick(picked);
  document.body.dataset.ready = "";
}

/* Everything an answer changes, in one go. Units it does not name are as before any edit. */
function changed(answer, edits) {
  for (const row of rows.values()) row.after = row.before;
  for (const { code, before, after } of answer.units) Object.assign(rows.get(code) ?? {}, { before, after });
  const units = [...rows.values()];
  current = standing(answer.facilities, edits);
  shades.paint(units);
  outside.draw(answer.unreached.places);
  sites.draw(current);
  panels.totals(byId("figures"), answer);
  panels.edits(byId("edits"), edits, (edit) => current.find((site) => site.id === edit.facility)?.name ?? edit.name ?? edit.facility);
  table.show(units, order);
  byId("undo").disabled = !edits.length;
  byId("keep").disabled = !edits.length;
  gauges.want(edits);
  if (!framed) frame();
  box.dataset.answers = String(Number(box.dataset.answers ?? 0) + 1);
}

/* Facilities as recorded, with what the edits made of them. */
function standing(edited, edits) {
  const changes = new Map(edited.map((each) => [each.facility, each]));
  const list = recorded.map((site) => {
    const now = changes.get(site.id);
    changes.delete(site.id);
    return now ? { ...site, ...kept(now), changed: true } : site;
  });
  for (const now of changes.values()) {
    const how = edits.find((edit) => edit.do === "add" && edit.facility === now.facility);
    list.push({ id: now.facility, name: how?.name ?? now.facility, type: how?.type, ...kept(now), changed: true });
  }
  return list;
}

const kept = ({ lon, lat, beds, serves, on_street: street }) => ({ serves, on_street: street, ...(lon === null ? {} : { lon, lat }), ...(beds === null ? {} : { beds }) });

function frame() {
  const placed = current.filter((site) => Number.isFinite(site.lon));
  if (!placed.length) return;
  framed = true;
  const lon = placed.map((site) => site.lon), lat = placed.map((site) => site.lat);
  kit.frame([Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)], 0.05);
}

function pick(id) {
  const site = current.find((each) => each.id === id) ?? null;
  const typing = picked === site?.id && byId("chosen").contains(document.activeElement) && document.activeElement.matches("input");
  picked = site?.id ?? null;
  sites.choose(site);
  if (typing) return; // what is being typed is not taken away by the answer to what was done before
  panels.chosen(byId("chosen"), site, { act, types, list: { sites: current, pick } });
}

async function act(edit) {
  try {
    if (edit.do !== "move") await sites.settle();
    await session.keep(edit);
    pick(edit.facility);
  } catch (error) {
    complain(error);
    pick(picked); // the pin goes back to where the facility stands
  }
}

function place(at) {
  if (tool === "add" && rows.size) adding.place(at);
}

async function add({ lon, lat, ...given }, typed) {
  if (!rows.size) return;
  const facility = `NEW-${added += 1}`;
  use("pick");
  await act({ ...move(facility, lon, lat), do: "add", ...given });
  if (typed) sites.focus(); // whoever gave numbers goes on with the arrow keys
}

/* A new one is most often a place to go by day. */
function usual() {
  const ticked = [...form.querySelectorAll("[name=types]:checked")].map((input) => input.value);
  return !ticked.length || ticked.includes("DAY") ? "DAY" : ticked[0];
}

function use(name) {
  tool = name;
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  kit.box.classList.toggle("adding", name === "add");
  if (name === "add") {
    picked = null;
    sites.choose(null);
    adding.open(usual(), say("New site {n}", { n: String(added + 1) }), kit.map.getCenter());
  } else {
    adding.close();
    pick(picked);
  }
  tell(name === "add" ? say("Click where the new facility would stand.") : "");
}

const tell = (words) => { byId("state").textContent = words; };

const wish = () => ({
  types: [...form.querySelectorAll("[name=types]:checked")].map((input) => input.value),
  group: form.elements.group.value, level: form.elements.level.value, supply: form.elements.supply.value, as_of: form.elements.as_of.value || null, profile: minutes(),
});

const minutes = () => Object.fromEntries(["urban_minutes", "rural_minutes"].map((name) => [name, form.elements[name].valueAsNumber]).filter(([, value]) => value > 0));

/* The question stands in the address; a scenario's or an answer's is its own. */
function remember({ types: counting, profile, ...rest }) {
  if (box.dataset.scenario || box.dataset.siting) return;
  const words = new URLSearchParams(location.search), usual = [...form.querySelectorAll("[name=types][data-usual]")].map((input) => input.value);
  words.delete("type");
  if (counting.join() !== usual.join()) for (const type of counting) words.append("type", type);
  for (const name of ["group", "level", "supply", "as_of", "urban_minutes", "rural_minutes"]) {
    const value = rest[name] ?? profile[name];
    if (value && String(value) !== USUAL[name]) words.set(name, String(value));
    else words.delete(name);
  }
  history.replaceState(null, "", `${location.pathname}${words.size ? `?${words}` : ""}`);
}

async function open(edits = session.edits, base = wish()) {
  remember(base);
  framed = false;
  delete document.body.dataset.ready;
  try {
    await session.open(base, edits);
  } catch (error) {
    tell(inWords(error));
  }
}

/* A scenario saved before, or a siting answer: its edits, on what it was made on. */
async function begin() {
  const { scenario, siting } = box.dataset;
  if (!scenario && !siting) { open(); return; }
  try {
    const { base, edits } = await ask(scenario ? `/api/v1/scenarios/${path(scenario)}` : `/api/v1/siting/${path(siting)}/plan`);
    added = Math.max(0, ...edits.map(({ facility }) => Number(/^NEW-(\d+)$/.exec(facility)?.[1] ?? 0)));
    safe = JSON.stringify(edits);
    refill(base);
    open(edits, { ...wish(), ...base });
  } catch (error) { tell(inWords(error)); }
}

/* Put the question of a saved scenario into the form. */
function refill({ types: counting, group, level, supply, as_of: day, profile }) {
  for (const input of form.querySelectorAll("[name=types]")) input.checked = (counting ?? []).includes(input.value);
  for (const [name, value] of Object.entries({ group, level, supply, as_of: day, ...profile })) {
    if (value !== null && value !== undefined && form.elements[name]) form.elements[name].value = value;
  }
  counted();
  folded();
}

function counted() { byId("types-count").textContent = `(${form.querySelectorAll("[name=types]:checked").length})`; }

form.addEventListener("change", counted);
form.addEventListener("submit", (event) => { event.preventDefault(); open(); });
for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => use(button.dataset.tool));
for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", () => {
    order = button.dataset.order;
    for (const each of document.querySelectorAll("[data-order]")) each.setAttribute("aria-pressed", String(each === button));
    table.show([...rows.values()], order);
  });
}
byId("undo").addEventListener("click", async () => {
  try {
    await sites.settle();
    await session.undo();
    pick(picked);
  } catch (error) { complain(error); }
});
byId("keep-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { title, note } = event.target.elements;
  try {
    await sites.settle();
    const made = await send("/api/v1/scenarios", { title: title.value, note: note.value, base: { ...session.base, scope: gauges.scope }, edits: session.edits });
    safe = JSON.stringify(session.edits);
    location.assign(`/scenarios/${path(made.id)}`);
  } catch (error) { complain(error); }
});
addEventListener("keydown", (event) => { if (event.key === "Escape" && tool === "add") use("pick"); });
addEventListener("beforeunload", (event) => { if (session.edits.length && JSON.stringify(session.edits) !== safe) event.preventDefault(); });
kit.map.on("moveend", () => adding.middle(kit.map.getCenter()));

const figures = () => Object.fromEntries([...rows].map(([code, { after }]) => [code, after]));

window.quhua = { ...window.quhua, planning: session, kit, plan: { figures, shades } };
counted();
begin();
