/* What stands beside the map for each tool; the forms that need no mouse. */

import { element, fill } from "../dom.js";
import { km2, label, say } from "../words.js";
import { typedLine } from "./typed.js";

const option = (unit, chosen) => element("option", { value: unit.code, selected: unit.code === chosen }, `${unit.name} ${unit.code}`);
let made = 0;

export function field(text, control, hint = null) {
  made += 1;
  control.id = `edit-field-${made}`;
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  return element("div", { class: "field" }, element("label", { for: control.id }, text),
    hint ? element("p", { class: "hint", id: `${control.id}-hint` }, hint) : null, control);
}

export const choose = (units, chosen) => element("select", {}, ...units.map((unit) => option(unit, chosen)));
export const button = (text, press, kind = "", more = {}) => element("button", { type: "button", class: `button ${kind}`, onclick: press, ...more }, text);

export function movePanel(borders, table, session) {
  const { chosen } = borders;
  if (!chosen) {
    const own = session.state.borders.filter((border) => border.own);
    const list = element("select", { size: Math.min(8, Math.max(2, own.length)), onchange: () => borders.choose(own[list.selectedIndex]) },
      ...own.map((border) => element("option", {}, title(border, session))));
    return [element("h2", {}, say("Move border")),
      element("p", { class: "small" }, say("Choose a border on the map or here. Drag a vertex; press a small dot to add one; Delete leaves one out. Shift switches snapping off.")),
      own.length ? field(say("Borders of this division"), list) : null];
  }
  const held = borders.held;
  const word = { foreign: say("A division beside it lies outside your subtree: its superior must move this border."), outer: say("Nobody is on the other side: this moves the outer border of all that is known.") }[held];
  return [element("h2", {}, title(chosen, session)),
    word ? element("p", { class: `note ${held === "foreign" ? "error" : "warning"}` }, word) : null,
    element("p", { class: "small soft" }, sides(chosen, session)),
    table.box];
}

export function title(border, session) {
  const levels = Object.keys({ ...border.left, ...border.right }).sort().reverse();
  const level = levels.find((each) => border.left[each] && border.right[each]) ?? levels[0];
  const name = (codes) => (codes ?? []).map((code) => session.unit(code)?.name ?? code).join("、");
  const [left, right] = [name(border.left[level]), name(border.right[level])];
  return `${left || say("outside")} — ${right || say("outside")} · ${(border.length_m / 1000).toFixed(2)} km`;
}

/* All who move with it, whatever their level. */
function sides(border, session) {
  const codes = [...new Set([...Object.values(border.left), ...Object.values(border.right)].flat())];
  return say("Moves with it: {names}", { names: codes.map((code) => session.unit(code)?.name ?? code).join("、") });
}

export function splitPanel(session, cut, { propose, confirm, proposal, told }) {
  const { state } = session;
  const unit = state.focus[0];
  const text = element("textarea", { rows: 4, class: "figures", spellcheck: "false", placeholder: "117.20310000, 39.10250000" });
  text.value = cut.places.map(([lng, lat]) => `${lng.toFixed(8)}, ${lat.toFixed(8)}`).join("\n");
  const zone = state.zone / 3;
  const read = () => {
    const { places, wrong } = typedLine(text.value, zone);
    text.setAttribute("aria-invalid", String(Boolean(wrong)));
    if (wrong) told(wrong);
    return places;
  };
  text.addEventListener("change", () => { const places = read(); if (places) cut.set(places); });
  const parts = [element("h2", {}, say("Split {name}", { name: session.unit(unit)?.name ?? unit })),
    element("p", { class: "small" }, say("Press points on the map from border to border; Enter or a double click ends the line, Backspace takes a point back, Esc begins again.")),
    field(say("Points of the line"), text, say("One point a line: longitude, latitude; or X, Y of zone {zone} (Y with the zone number or without)", { zone: String(zone) })),
    button(say("Show the pieces"), () => { const places = read(); if (places) propose(places); }, "", { disabled: cut.places.length < 2 })];
  if (!proposal) return parts;
  const rows = proposal.pieces.map((piece, at) => {
    const code = element("input", { class: "figures", inputmode: "numeric", value: at === 0 ? unit : proposal.codes[at - 1] ?? "", autocomplete: "off" });
    const name = element("input", { value: at === 0 ? session.unit(unit)?.name ?? "" : "", autocomplete: "off" });
    return { code, name, box: element("fieldset", { class: "piece" },
      element("legend", {}, say("Piece {n}: {area}", { n: String(at + 1), area: km2(piece.area_m2 / 1e6) })),
      piece.units.length ? element("p", { class: "small soft" }, piece.units.map((each) => session.unit(each)?.name ?? each).join("、")) : null,
      field(say("Code"), code), field(say("Name of the division"), name)) };
  });
  const done = () => confirm(rows.map(({ code, name }) => ({ code: code.value.trim(), name: name.value.trim() })));
  return [...parts, ...rows.map((row) => row.box),
    element("p", { class: "hint" }, say("Codes are proposals: the next free ones. Write those of the approval.")),
    ...proposal.notes.map((note) => element("p", { class: "note warning" }, label(note))),
    button(say("Split"), done, "primary")];
}

export function mergePanel(session, run) {
  const unit = session.unit(session.state.focus[0]);
  const beside = neighbours(session, unit);
  const other = choose(beside), into = choose([unit, ...beside.slice(0, 1)], unit?.code);
  other.addEventListener("change", () => fill(into, ...[unit, session.unit(other.value)].map((each) => option(each, unit.code))));
  return [element("h2", {}, say("Merge {name}", { name: unit?.name ?? "" })),
    beside.length ? null : element("p", { class: "note" }, say("No neighbour has the same superior.")),
    ...(beside.length ? [field(say("With the neighbour"), other), field(say("Which goes on"), into, say("The other ends; its code is never used again.")),
      button(say("Merge"), () => run({ op: "merge", units: [unit.code, other.value], into: into.value }), "primary")] : [])];
}

/* Units of the same level and superior along a border of a unit. */
export function neighbours(session, unit) {
  if (!unit) return [];
  const codes = new Set(session.state.borders.filter((border) => border.own)
    .flatMap((border) => [border.left[unit.level] ?? [], border.right[unit.level] ?? []].flat()));
  return session.state.units.filter((each) => codes.has(each.code) && each.code !== unit.code && each.parent === unit.parent);
}

export function assignPanel(session, place, { run, told }) {
  const { units, focus, zone } = session.state;
  const what = element("select", {}, ...[["unit", say("A whole division, to another superior")], ["part", say("A detached piece")], ["gap", say("A gap")], ["overlap", say("An overlap")]]
    .map(([value, text]) => element("option", { value }, text)));
  const from = choose(units.filter((unit) => unit.area_m2 > 0), focus[0]);
  const to = element("select");
  const at = element("input", { class: "figures", autocomplete: "off", placeholder: "117.2031, 39.1025", value: place ? place.map((n) => n.toFixed(8)).join(", ") : "" });
  const fromField = field(say("Division it belongs to"), from);
  const placeField = field(say("A point inside"), at, say("Press on the map, or write longitude, latitude; or X, Y of zone {zone} (Y with the zone number or without)", { zone: String(zone / 3) }));
  const fit = () => {
    const unit = session.unit(from.value);
    const level = what.value === "unit" ? unit.level - 1 : unit.level;
    const taken = what.value === "unit" ? unit.parent : what.value === "gap" ? null : unit.code;
    fill(to, ...units.filter((each) => each.level === level && each.code !== taken).map((each) => option(each)));
    placeField.hidden = what.value === "unit";
  };
  what.addEventListener("change", fit);
  from.addEventListener("change", fit);
  fit();
  const done = () => {
    const said = { op: "assign", what: what.value, to: to.value };
    if (what.value !== "gap") said.unit = from.value;
    if (what.value !== "unit") {
      const { places, wrong } = typedLine(at.value, zone / 3);
      at.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (wrong) { told(wrong); return; }
      said.place = places[0] ?? null;
    }
    run(said);
  };
  return [element("h2", {}, say("Assign")), field(say("What is assigned"), what), fromField, placeField, field(say("Goes to"), to), button(say("Assign"), done, "primary")];
}

const TEXTS = [["name", "Name of the division"], ["seat", "Seat"], ["pinyin", "Pinyin"], ["area_official_km2", "Official area (km²)"], ["population", "Population"], ["remark", "Remark"]];

export function attributesPanel(session, kinds, run) {
  const unit = session.unit(session.state.focus[0]);
  if (!unit) return [];
  const kind = element("select", {}, ...kinds.filter(([, , level]) => level === unit.level).map(([value, text]) => element("option", { value, selected: value === unit.kind }, label(words(text)))));
  const inputs = TEXTS.map(([name, text]) => [name, text, element(name === "remark" ? "textarea" : "input", { autocomplete: "off" })]);
  for (const [name, , input] of inputs) input.value = unit[name] ?? "";
  const done = () => {
    const values = {};
    for (const [name, , input] of inputs) if (input.value.trim() !== String(unit[name] ?? "")) values[name] = input.value.trim() || null;
    if (kind.value !== unit.kind) values.kind = kind.value;
    if (Object.keys(values).length) run({ op: "attributes", unit: unit.code, values });
  };
  return [element("h2", {}, say("Attributes of {name}", { name: unit.name })), element("p", { class: "small soft figures" }, unit.code),
    ...inputs.slice(0, 1).map(([, text, input]) => field(say(text), input)), field(say("Kind of division"), kind),
    ...inputs.slice(1).map(([, text, input]) => field(say(text), input)), button(say("Keep the attributes"), done, "primary")];
}

const words = (text) => (Array.isArray(text) ? { zh: text[0], en: text[1] } : text);

export function areaTable(areas) {
  if (!areas.length) return element("p", { class: "soft" }, say("Nothing has changed yet."));
  const cell = (value) => element("td", { class: "number figures" }, value);
  const rows = areas.map(({ code, name, before_m2: before, after_m2: after }) => element("tr", {},
    element("th", { scope: "row" }, name ?? code, element("small", { class: "soft figures" }, ` ${code}`)),
    cell(before === null ? "—" : km2(before / 1e6)), cell(after === null ? "—" : km2(after / 1e6)), cell(difference(before, after))));
  return element("div", { class: "table-scroll" }, element("table", { class: "areas" }, element("caption", { class: "hidden" }, say("Area of the divisions touched")),
    element("thead", {}, element("tr", {}, ...[say("Division"), say("Before"), say("After"), say("Difference")].map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows)));
}

function difference(before, after) {
  if (before === null) return say("new");
  if (after === null) return say("ended");
  const by = after - before;
  if (Math.abs(by) < 0.5) return "±0 m²";
  const sign = by > 0 ? "+" : "−";
  return Math.abs(by) < 10000 ? `${sign}${Math.round(Math.abs(by))} m²` : `${sign}${(Math.abs(by) / 1e4).toFixed(2)} ha`;
}
