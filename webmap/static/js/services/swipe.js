/* Two states of coverage on one map: of two dates, or of a scenario before and after. */

import { ask, path } from "../ask.js";
import { DivisionMap } from "../canvas.js";
import { byId, element, fill } from "../dom.js";
import { createMap } from "../mapkit.js";
import { inWords, send } from "../ui/send.js";
import { count, say } from "../words.js";
import { Choropleth } from "./choropleth.js";
import { LEVELS, computed } from "./figures.js";
import { omissions, standsOn } from "./panels.js";

const BOUNDS = [20, 40, 60, 80, 100]; // the same on both sides, so that colours can be compared
const form = byId("ask");
const kit = createMap(byId("map"), { label: byId("map").getAttribute("aria-label") });
kit.map.createPane("right").style.zIndex = 410;
const right = new DivisionMap({ pane: "right" }).addTo(kit.map);
const shades = [kit.drawn, right].map((drawn) => new Choropleth(drawn, { bounds: BOUNDS, ramp: "good" }));
let turn = 0;

/* Figures of a date: share by unit, from the job that computes coverage. */
async function dated(day, level) {
  const found = await computed({ as_of: day || null, group: "aged_60", types: form.dataset.types.split(" ").filter(Boolean) }, tell);
  const units = new Map(found.levels[level].units.map((unit) => [unit.code, { name: unit.name, people: unit.people, share: unit.share ?? unit.circle_share, box: unit.box }]));
  return { units, date: found.stamp?.as_of ?? day, words: day || say("today"), found };
}

/* Both sides of a scenario, from the planning process. */
async function planned(id, level) {
  const { title, base, edits } = await ask(`/api/v1/scenarios/${path(id)}`);
  const answer = await send("/api/v1/planning", { session: `swipe-${id}`, base: { ...base, level }, edits, whole: true });
  const figure = ({ people, share, circle_share: circle }) => ({ people, share: share ?? circle });
  const after = new Map(answer.all_units.map(({ code, name, ...all }) => [code, { name, ...figure(all) }]));
  const before = new Map(after);
  for (const unit of answer.units) before.set(unit.code, { name: unit.name, ...figure(unit.before) });
  const day = base.as_of ?? null;
  return [{ units: before, date: day, words: day ?? say("today") }, { units: after, date: day, words: title, found: { omitted: [], ...answer } }];
}

async function open() {
  const mine = turn += 1;
  const data = Object.fromEntries(new FormData(form));
  tell(say("The figures are being computed."), true);
  try {
    const sides = data.scenario ? await planned(data.scenario, data.level) : [await dated(data.left, data.level), await dated(data.right, data.level)];
    if (mine !== turn) return;
    await Promise.all([kit.ready, ...sides.map(({ date }, at) => draw([kit.drawn, right][at], date))]);
    sides.forEach(({ units }, at) => {
      shades[at].set({ level: LEVELS[data.level] });
      shades[at].paint(Object.fromEntries([...units].map(([code, unit]) => [code, unit.share])));
    });
    for (const drawn of [kit.drawn, right]) drawn.upTo(LEVELS[data.level]);
    [byId("left-words").textContent, byId("right-words").textContent] = sides.map(({ words }) => words);
    table(sides);
    grounds(sides);
    key();
    divide();
    tell("");
    history.replaceState(null, "", `?${new URLSearchParams(data)}`);
    document.body.dataset.ready = "";
  } catch (error) {
    if (mine === turn) tell(inWords(error));
  }
}

/* What the figures of each side stand on, and what they leave out. */
function grounds(sides) {
  fill(byId("grounds"), ...sides.filter(({ found }) => found).map(({ words, found }) => {
    const list = element("ul", {}), panel = element("section", { class: "panel" }, element("h2", {}, words), element("p", { class: "soft small figures" }, standsOn(found)), list);
    omissions(list, list, found);
    return panel;
  }));
}

/* The divisions in force on the date of a side. */
async function draw(drawn, day) {
  const edition = await ask("/p/current.json");
  const state = await ask(`/api/v1/dates/${path(day ?? edition.opens)}`);
  drawn.show(state.tiles, state.levels);
}

function key() {
  fill(byId("key"), ...shades[1].items((value) => `${value} %`).map(({ token, text }) => element("li", {}, element("span", { class: `seq ${token.replace("--seq-", "")}`, "aria-hidden": "true" }), ` ${text}`)));
}

const percent = (value) => (value === null || value === undefined ? "—" : `${value.toFixed(1)} %`);

function table([left, other]) {
  const rows = [...new Set([...left.units.keys(), ...other.units.keys()])].map((code) => {
    const [one, two] = [left.units.get(code), other.units.get(code)];
    return { code, name: (two ?? one).name, people: (two ?? one).people, one: one?.share ?? null, two: two?.share ?? null, box: (two ?? one).box };
  });
  const change = ({ one, two }) => (one === null || two === null ? null : two - one);
  rows.sort((a, b) => Math.abs(change(b) ?? 1000) - Math.abs(change(a) ?? 1000) || b.people - a.people);
  const said = (value) => (value === null ? [say("not in both"), "soft"] : Math.abs(value) < 0.05 ? ["±0.0", "soft"] : [`${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`, value > 0 ? "good" : "bad"]);
  const body = rows.map((row) => {
    const [words, look] = said(change(row));
    return element("tr", {}, element("th", { scope: "row" }, element("button", { type: "button", class: "link", onclick: () => pick(row) }, row.name || row.code)),
      element("td", { class: "number" }, count(row.people ?? 0)), element("td", { class: "number" }, percent(row.one)), element("td", { class: "number" }, percent(row.two)), element("td", { class: `number ${look}` }, words));
  });
  const heads = [say("Unit"), say("People"), say("Left"), say("Right"), say("Points")];
  fill(byId("units"), element("table", { class: "table figures" }, element("thead", {}, element("tr", {}, ...heads.map((head, at) => element("th", { scope: "col", class: at ? "number" : null }, head)))), element("tbody", {}, ...body)));
}

function pick({ code, box }) {
  for (const drawn of [kit.drawn, right]) drawn.select(code);
  if (box) kit.frame(box, 0.4);
}

/* Each side is clipped at the divider, in the pixels of the map's panes. */
function divide() {
  const { map } = kit;
  const size = map.getSize();
  const x = size.x * byId("divider").value / 100;
  const from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size);
  const middle = from.x + x;
  map.getPane("right").style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${middle}px)`;
  kit.drawn.getPane().style.clip = `rect(${from.y}px, ${middle}px, ${to.y}px, ${from.x}px)`;
  byId("line").style.left = `${x}px`;
  byId("line").style.height = `${size.y}px`;
}

function tell(words, busy = false) {
  byId("state").textContent = words;
  byId("preparing").hidden = !busy;
}

kit.map.on("move zoom zoomend resize viewreset", divide);
byId("divider").addEventListener("input", divide);
form.addEventListener("submit", (event) => { event.preventDefault(); open(); });
open();
