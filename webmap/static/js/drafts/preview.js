/* What a repair would do: before and after on a map, and what it costs. Nothing is written. */

import { byId, element, fill } from "../dom.js";
import { createMap } from "../mapkit.js";
import { complain, send } from "../ui/send.js";
import { label, say } from "../words.js";
import { area, length, styleOf } from "./shared.js";

const MOST = 20;
const LEAST_M2 = 0.01;
const NUMBERS = ["Area before", "Area after", "Change of area"];

/* Plain words for a kind of repair. */
export const kindWords = () => ({
  make_valid: say("Tidy the unit's shape so that its border crosses itself nowhere"),
  fill: say("Give the gap to one unit beside it"),
  give: say("Give the overlap to one unit and take it from the other"),
  cut_host: say("Cut the unit out of the one around it"),
  insert: say("Add the neighbour's vertices to the border; nothing moves"),
  snap: say("Join the vertices that are meant to be one"),
  midline: say("Draw one border in the middle of the two"),
  drop_repeated: say("Remove the vertices drawn twice; nothing moves"),
  orient: say("Turn the rings the usual way; nothing moves"),
  drop: say("Remove the unit that is there twice"),
});

/* Try the repairs; `onaccept` gets who is to have what: {fingerprint: key, "" for neither}. */
export async function preview(address, marks, rows, onaccept, to = {}) {
  if (!marks.length) return;
  const dialog = byId("preview-dialog");
  const words = byId("preview-words");
  words.textContent = marks.length > MOST ? say("The first {n} are shown.", { n: String(MOST) }) : "";
  fill(byId("preview-table"), element("p", { class: "soft", role: "status" }, say("Trying the repair on a copy…")));
  byId("preview-map").replaceChildren();
  if (!dialog.open) dialog.showModal();
  const accept = byId("preview-accept");
  if (accept) { accept.disabled = true; accept.onclick = () => { dialog.close(); onaccept(to); }; }
  try {
    const found = await send(`${address}/repairs/preview`, { findings: marks.slice(0, MOST), to });
    show(found, rows, to, (mark, key) => {
      const wish = { ...to, [mark]: key };
      if (key === null) delete wish[mark];
      preview(address, marks, rows, onaccept, wish);
    });
    if (accept) accept.disabled = !found.repairs.some((each) => each.done);
  } catch (error) {
    dialog.close();
    complain(error);
  }
}

/* Who gets the ground, where that is a choice: whoever borders most of it, one of them, neither. */
function choice(each, row, names, to, onchoose) {
  const suggested = row?.repair;
  if (!suggested || !["fill", "give"].includes(suggested.kind) || suggested.among.length < 2) return null;
  const now = to[each.fingerprint];
  const option = (value, text) => element("option", { value, selected: value === (now === undefined ? "*" : `=${now}`) }, text);
  const select = element("select", { "aria-label": say("Who gets it"), onchange: () => onchoose(each.fingerprint, select.value === "*" ? null : select.value.slice(1)) },
    option("*", say("Who borders most of it")),
    ...suggested.among.map((key) => option(`=${key}`, names[key] ? `${names[key]} ${key}` : key)),
    suggested.kind === "give" ? option("=", say("Neither")) : null);
  return element("p", {}, select);
}

function show({ repairs, units, names, places }, rows, to, onchoose) {
  const kinds = kindWords();
  const moved = units.filter((unit) => repairs.some((each) => each.keys.includes(unit.key)) || Math.abs(unit.area_after_m2 - unit.area_before_m2) > LEAST_M2);
  draw(moved, repairs, rows, places);
  const head = (...names) => element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col", class: NUMBERS.includes(name) ? "number" : "" }, say(name)))));
  fill(byId("preview-table"),
    element("table", { class: "table cards" }, head("Problem", "Repair", "Cost"), element("tbody", {}, ...repairs.map((each) => element("tr", {},
      element("td", {}, rows.get(each.fingerprint) ? `${rows.get(each.fingerprint).number}. ${label(rows.get(each.fingerprint).rule_label)}` : each.fingerprint),
      element("td", {}, kinds[each.kind] ?? each.kind, choice(each, rows.get(each.fingerprint), names, to, onchoose), each.done ? null : element("p", { class: "wrong" }, label(each.why))),
      element("td", { class: "figures", "data-label": say("Cost") }, each.done ? cost(each.cost) : "—"))))),
    moved.length ? element("table", { class: "table cards" }, head("Unit", "Area before", "Area after", "Change of area"), element("tbody", {}, ...moved.map((unit) => element("tr", {},
      element("td", {}, unit.name, " ", element("span", { class: "soft small figures" }, unit.key)),
      element("td", { class: "number", "data-label": say("Area before") }, exact(unit.area_before_m2)), element("td", { class: "number", "data-label": say("Area after") }, exact(unit.area_after_m2)),
      element("td", { class: "number", "data-label": say("Change of area") }, difference(unit.area_after_m2 - unit.area_before_m2)))))) : null);
}

const exact = (m2) => `${(m2 / 10000).toFixed(4)} ha`;

function difference(m2) {
  if (Math.abs(m2) < LEAST_M2) return "±0";
  return `${m2 > 0 ? "+" : "−"}${area(Math.abs(m2))}`;
}

function cost(each) {
  const said = [];
  const total = (parts) => Object.values(parts ?? {}).reduce((sum, m2) => sum + m2, 0);
  if (each.vertices_moved > 0) said.push(say("{n} vertices moved", { n: String(each.vertices_moved) }));
  if (each.largest_shift_m > 0) said.push(say("at most {m} moved", { m: length(each.largest_shift_m) }));
  if (total(each.area_gained_m2) > 0) said.push(`+${area(total(each.area_gained_m2))}`);
  if (total(each.area_lost_m2) > 0) said.push(`−${area(total(each.area_lost_m2))}`);
  return said.join(" · ") || say("nothing moves");
}

function draw(units, repairs, rows, places) {
  const place = byId("preview-map");
  const kit = createMap(place, { label: say("Before and after the repair"), fullscreen: false });
  const collect = (side) => ({ type: "FeatureCollection", features: units.filter((unit) => unit[side]).map((unit) => ({ type: "Feature", properties: { key: unit.key }, geometry: unit[side] })) });
  kit.addFeatures(places, { style: ({ properties }) => styleOf(properties) });
  const after = kit.addFeatures(collect("after"), { style: "new" });
  kit.addFeatures(collect("before"), { style: "old" });
  kit.legend([{ style: "old", text: say("Before the repair") }, { style: "new", text: say("After the repair") }]);
  const boxes = repairs.map((each) => rows.get(each.fingerprint)?.box).filter(Boolean);
  const around = boxes.length ? [Math.min(...boxes.map((b) => b[0])) - 0.0003, Math.min(...boxes.map((b) => b[1])) - 0.0003, Math.max(...boxes.map((b) => b[2])) + 0.0003, Math.max(...boxes.map((b) => b[3])) + 0.0003] : after.bounds();
  kit.frame(around, 0.3);
}
