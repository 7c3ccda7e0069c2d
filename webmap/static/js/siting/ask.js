/* The siting form: only what the chosen model and source need is shown; the answer is a page of its own. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";
import { Search } from "../search.js";
import { counting } from "../services/types.js";
import { complain, inWords, send } from "../ui/send.js";
import { Sending } from "../uploads/sending.js";
import { group } from "../uploads/group.js";
import { count, say } from "../words.js";
import { Candidates } from "./candidates.js";

const form = byId("ask");
const start = JSON.parse(byId("start").textContent);
const kit = createMap(byId("map"), { label: byId("map").getAttribute("aria-label"), onClick: ({ at }) => mark(at) });
const candidates = new Candidates(kit.map, byId("points").tBodies[0]);
const counted = counting(form, byId("types-count"));
let unit = null;

const value = (name) => form.elements[name].value;
const number = (name) => {
  const field = form.elements[name];
  return field.closest("[hidden]") || field.value === "" ? null : Number(field.value);
};

/* What this model and this source ask for. */
function suit() {
  const model = value("model"), source = value("source");
  for (const part of form.querySelectorAll("[data-source]")) part.hidden = part.dataset.source !== source;
  part("budget").hidden = model === "lscp";
  byId("budget-hint").hidden = model === "lscp";
  part("room").hidden = model !== "capacitated";
  byId("number").placeholder = model === "lscp" ? say("as few as possible") : "";
  if (model === "lscp" && !form.dataset.lscp) byId("number").value = "";
  else if (model !== "lscp" && form.dataset.lscp && !byId("number").value && !byId("budget").value) byId("number").value = "1";
  form.dataset.lscp = model === "lscp" ? "1" : "";
  counted();
  kit.box.classList.toggle("adding", source === "points");
  candidates.show(source === "points");
}

const part = (name) => form.querySelector(`[data-for=${name}]`);

function mark({ lat, lng }) {
  if (value("source") === "points") candidates.add({ lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) });
}

/* Only in this division; null: everywhere. */
async function within(code) {
  unit = code;
  const chosen = byId("unit-chosen"), name = chosen.firstElementChild;
  chosen.hidden = !unit;
  byId("unit").parentElement.hidden = Boolean(unit);
  kit.drawn?.select(unit);
  name.textContent = unit ?? "";
  if (!unit) return;
  try {
    const record = await ask(`/api/v1/divisions/${path(unit)}`);
    if (unit !== code) return;
    name.textContent = `${record.division.name} ${unit}`;
    await kit.ready;
    kit.frame(record.box ?? record.division.box, 0.15);
  } catch (error) { complain(error); }
}

function question() {
  return {
    model: value("model"), number: number("number"), budget: number("budget"), source: value("source"),
    types: counted(), group: value("group"), level: value("level"),
    as_of: value("as_of") || null, minutes: number("minutes"), room: number("room"), price: number("price"),
    most: Number(value("most")) || 1000, within: unit, keep: form.elements.keep.checked,
    points: value("source") === "points" ? candidates.list() : [],
  };
}

async function run() {
  if (!form.reportValidity()) return;
  busy(true);
  try {
    const asked = question();
    if (asked.source === "file") asked.upload = await uploaded();
    tell(say("The question is being handed in."));
    const found = await send("/api/v1/siting", asked);
    location.assign(`/siting/${path(found.id)}`);
  } catch (error) {
    const words = byId("wrong");
    words.hidden = false;
    words.querySelector("p").textContent = inWords(error);
    words.scrollIntoView({ block: "center" });
    tell("");
    busy(false);
  }
}

/* Send the file of candidates; several parts of one Shapefile are one. */
async function uploaded() {
  const files = [...byId("file").files];
  if (!files.length) throw { text: { zh: say("Choose the file of candidates first."), en: say("Choose the file of candidates first.") } };
  const [item] = group(files);
  const sending = new Sending(item, {
    api: "/api/v1/uploads", part: Number(form.dataset.part), purpose: "candidates",
    tell: (state, sent, error) => { if (error && state === "failed") sending.error = error; else tell(say("{n} of {all} bytes sent", { n: count(sent ?? 0), all: count(item.size) })); },
  });
  const done = await sending.run();
  if (sending.error) throw sending.error;
  return done.id;
}

function busy(on) {
  byId("preparing").hidden = !on;
  byId("find").disabled = on;
  if (on) byId("wrong").hidden = true;
}

const tell = (words) => { byId("state").textContent = words; };

/* Put an earlier question, or what the address says, into the form. */
function begin() {
  for (const [name, said] of Object.entries(start)) {
    const field = form.elements[name];
    if (!field || name === "types" || said === null || said === undefined) continue;
    if (name === "keep") field.checked = said !== false && said !== "false";
    else field.value = String(said);
  }
  if (start.budget !== null && start.budget !== undefined && !start.number) byId("number").value = "";
  for (const point of start.points ?? []) candidates.add(point);
  if (start.within) within(start.within);
  suit();
  document.body.dataset.ready = "";
}

new Search(byId("unit"), byId("unit-found"), { onselect: (code) => within(code), date: () => value("as_of") || new Date().toISOString().slice(0, 10) });
byId("unit-chosen").querySelector("button").addEventListener("click", () => within(null));
byId("add-point").addEventListener("click", () => {
  const { lat, lng } = kit.map.getCenter();
  candidates.add({ lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) });
});
byId("number").addEventListener("input", () => { if (byId("number").value) byId("budget").value = ""; });
byId("budget").addEventListener("input", () => { if (byId("budget").value) byId("number").value = ""; });
form.addEventListener("change", suit);
form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
begin();
