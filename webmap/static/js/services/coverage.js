/* The coverage page: asks for the figures, colours the units, lists who lacks. */

import { path, Refused } from "../ask.js";
import { byId, element, fill, setCurrent } from "../dom.js";
import { createMap } from "../mapkit.js";
import { complain, inWords, send } from "../ui/send.js";
import { swatch } from "../styles.js";
import { count, label, language, say } from "../words.js";
import { folding } from "./asking.js";
import { Choropleth } from "./choropleth.js";
import { computed, finished, LEVELS } from "./figures.js";
import { Layers } from "./layers.js";
import { omissions, stamp, table, totals } from "./panels.js";
import { counting } from "./types.js";

const GOOD = new Set(["share", "circle_share", "area_share", "per_thousand"]);

const form = byId("ask"), state = byId("state"), bar = byId("preparing");
const pick = (name) => document.querySelector(`select[name=${name}]`);
const indicator = pick("indicator"), level = pick("level");
const kit = createMap(byId("map"), { label: byId("map").getAttribute("aria-label"), onClick: ({ code }) => choose(code) });
const shades = new Choropleth(kit.drawn, {});
const layers = new Layers(kit);
const counted = counting(form, byId("types-count"));
let found = null, asked = 0, framed = false, chosen = null;
let given = new URLSearchParams(location.search).get("unit"); // the address chooses once, when there are figures
folding(byId("asking"), form);

/* What the form asks for; what is empty is as the settings have it. */
function question() {
  const types = counted();
  const data = new FormData(form);
  const number = (name) => (data.get(name) ? Number(data.get(name)) : null);
  return {
    as_of: data.get("as_of") || null, group: data.get("group"), types,
    urban_minutes: number("urban_minutes"), rural_minutes: number("rural_minutes"),
  };
}

async function run() {
  const turn = asked += 1;
  const wanted = question();
  tell(say("The figures are being computed."), true);
  try {
    const document = await computed(wanted, tell, () => turn === asked);
    if (turn !== asked) return;
    found = document;
    await kit.ready;
    if (wanted.as_of !== kit.shownDate) { kit.shownDate = wanted.as_of; if (wanted.as_of) await kit.context(wanted.as_of); }
    tell("");
    layers.take(document);
    show();
    globalThis.document.body.dataset.ready = "";
  } catch (error) {
    if (turn !== asked) return;
    tell(inWords(error));
    if (!(error instanceof Refused)) complain(error);
  }
}

/* The sheet to print is drawn by a job, then handed out. */
async function print() {
  const button = byId("sheet");
  button.disabled = true;
  try {
    tell(say("The sheet is being drawn."), true);
    const answer = await send(`/api/v1/coverage/${path(found.key)}/sheet`, { level: level.value, indicator: indicator.value, language });
    const turn = asked;
    if (!answer.ready) await finished(answer.job, tell, () => turn === asked);
    tell("");
    location.assign(`/coverage/sheets/${path(answer.key)}.pdf`);
  } catch (error) {
    tell(inWords(error));
  }
  button.disabled = false;
}

function tell(words, busy = false) {
  state.textContent = words;
  bar.hidden = !busy;
}

const percent = (name) => name.endsWith("share");

/* Everything that follows from the document, the level and the indicator. */
function show() {
  if (!found) return;
  const part = found.levels[level.value], name = indicator.value;
  const values = Object.fromEntries(part.units.map((unit) => [unit.code, unit[name]]));
  shades.set({ level: LEVELS[level.value], bounds: part.classes[name], ramp: GOOD.has(name) ? "good" : "bad" });
  shades.paint(values);
  kit.drawn.upTo(LEVELS[level.value]);
  legend(label(found.indicators[name]), name);
  totals(byId("totals"), part.total, found);
  table(byId("units"), part.units, found, (unit) => choose(unit.code));
  mark();
  omissions(byId("omitted"), byId("omissions"), found);
  stamp(byId("method"), byId("stamp"), found);
  byId("sheet").disabled = false;
  ways();
  onward();
  remember();
  if (!framed) { framed = true; frame(part.units); }
  if (given) { const code = given; given = null; choose(code); }
}

function legend(title, name) {
  const figures = percent(name) ? (value) => `${count(value)} %` : count;
  const classes = shades.items(figures).filter((item) => item.count || item.token !== "--seq-none");
  const rows = classes.map(({ token, text, count: many }) => element("li", {}, element("span", { class: `seq ${token.replace("--seq-", "")}`, "aria-hidden": "true" }), element("span", {}, text), element("span", { class: "soft figures" }, say("{n} units", { n: count(many) }))));
  const drawn = layers.legend().map(({ style, text }) => element("li", {}, swatch(style), text));
  kit.legend([]);
  fill(kit.keys, element("summary", {}, title), element("ul", {}, ...rows, ...drawn));
}

/* One unit in the table and on the map. */
function choose(code) {
  if (!found) return;
  const unit = found.levels[level.value].units.find((each) => each.code === code);
  if (!unit) return;
  chosen = chosen === code ? null : code;
  kit.drawn.select(chosen);
  mark();
  ways();
  remember();
  if (!chosen) return;
  byId("units").querySelector("tr[aria-current]")?.scrollIntoView({ block: "nearest" });
  if (unit.box) kit.frame(unit.box, 0.6);
}

function mark() {
  for (const row of byId("units").querySelectorAll("tbody tr")) setCurrent(row, row.dataset.code === chosen);
}

/* On to planning, with the question asked here: what was seen is what is changed there. */
function onward() {
  const link = byId("plan-it");
  if (!link) return;
  const { types, ...rest } = question(), words = new URLSearchParams({ level: level.value });
  for (const type of types) words.append("type", type);
  for (const [name, value] of Object.entries(rest)) if (value) words.set(name, String(value));
  link.href = `/planning?${words}`;
}

/* On to siting: in the unit chosen, else in the one with most people lacking. */
function ways() {
  const link = byId("site-unit"), code = chosen ?? byId("units").querySelector("tbody tr")?.dataset.code;
  if (!link || !code) return;
  const { types, group, as_of: day } = question();
  const words = new URLSearchParams({ within: code, number: "1", group, level: level.value === "district" ? "street" : "community" });
  for (const type of types) words.append("type", type);
  if (day) words.set("as_of", day);
  link.href = `/siting?${words}`;
  link.hidden = false;
}

function frame(units) {
  const boxes = units.map((unit) => unit.box).filter(Boolean);
  if (!boxes.length) return;
  const side = (at, best) => boxes.reduce((value, box) => best(value, box[at]), boxes[0][at]);
  kit.frame([side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)], 0.04);
}

function remember() {
  const { types, group, ...rest } = question(), words = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value) words.set(name, String(value));
  if (group !== "aged_60") words.set("group", group);
  for (const type of types) words.append("type", type);
  words.set("level", level.value);
  words.set("indicator", indicator.value);
  const drawn = [...document.querySelectorAll("input[name=layer]:checked")].map((input) => input.value).join();
  if (drawn !== "areas,facilities") words.set("layers", drawn);
  if (chosen) words.set("unit", chosen);
  history.replaceState(null, "", `?${words.toString().replaceAll("%2C", ",")}`);
}

form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
byId("sheet").addEventListener("click", print);
form.addEventListener("change", () => question());
indicator.addEventListener("change", show);
level.addEventListener("change", () => { chosen = null; kit.drawn.select(null); show(); });
for (const input of document.querySelectorAll("input[name=layer]")) {
  layers.turn(input.value, input.checked);
  input.addEventListener("change", () => { layers.turn(input.value, input.checked); if (found) show(); });
}
run();
