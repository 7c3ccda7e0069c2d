/* What stands beside the planner's map: totals, the chosen facility, changes, the table of units. */

import { element, fill } from "../dom.js";
import { count, say } from "../words.js";

const MOST_ROWS = 60;
const percent = (value) => (value === null || value === undefined ? "—" : `${value.toFixed(1)} %`);
const signed = (value, digits = 0) => {
  const size = Math.abs(value);
  const words = digits ? size.toFixed(digits) : count(size);
  return Number(size.toFixed(digits)) === 0 ? `±${words}` : `${value > 0 ? "+" : "−"}${words}`;
};
const look = (value) => (Math.round(value) > 0 ? "good" : Math.round(value) < 0 ? "bad" : "soft");
const minutes = (value) => (value === null ? "—" : say("{n} min", { n: value.toFixed(1) }));

export function totals(box, { total, gained, lost }) {
  const { before, after } = total;
  const change = (after.reached ?? after.circle) - (before.reached ?? before.circle);
  fill(box,
    element("p", { class: "big figures" }, element("strong", {}, percent(after.share ?? after.circle_share)), " ", element("span", { class: "soft" }, say("of {n} people are reached", { n: count(after.people) }))),
    element("dl", { class: "pairs figures" },
      ...pair(say("Before"), percent(before.share ?? before.circle_share)),
      ...pair(say("Change"), signed(change), look(change)),
      ...pair(say("Newly reached"), count(gained.people)),
      ...pair(say("No longer reached"), count(lost.people)),
      ...pair(say("Still outside"), count(after.unreached ?? after.people - after.circle)),
      ...pair(say("Mean way of those reached"), minutes(after.minutes)),
      ...pair(say("By straight-line circle"), percent(after.circle_share)),
      ...pair(say("Beds per thousand"), after.beds_per_thousand ?? "—"),
    ));
}

const pair = (term, value, how = "") => [element("dt", {}, term), element("dd", { class: how }, String(value))];

/* The card of the chosen facility; `act(edit)` sends an edit that stays. */
export function chosen(box, site, { act, types, list }) {
  const choose = element("label", { class: "field" }, element("span", { class: "hidden" }, say("The facility chosen")),
    element("select", { onchange: (event) => list.pick(event.target.value) }, element("option", { value: "" }, say("Choose a facility")),
      ...list.sites.map((each) => element("option", { value: each.id, selected: each.id === site?.id }, each.name))));
  if (!site) {
    fill(box, element("h2", {}, say("The facility chosen")), choose, element("p", { class: "soft" }, say("Choose a facility here or on the map, then drag its pin.")));
    return;
  }
  const place = form(["lon", say("Longitude"), site.lon?.toFixed(6)], ["lat", say("Latitude"), site.lat?.toFixed(6)], say("Move there"),
    ({ lon, lat }) => act({ do: "move", facility: site.id, lon, lat }));
  const beds = form(["beds", say("Beds"), site.beds ?? ""], null, say("Resize"), (given) => act({ do: "resize", facility: site.id, beds: Math.round(given.beds) }));
  fill(box,
    element("h2", {}, say("The facility chosen")), choose,
    element("p", { class: "soft small" }, [types.get(site.type) ?? site.type, site.serves ? null : say("does not count now")].filter(Boolean).join(" · ")),
    site.on_street === false ? element("p", { class: "note warning small" }, say("No street is near enough: nobody is reached from here.")) : null,
    place, beds,
    element("p", { class: "actions" }, element("button", { class: "button", type: "button", onclick: () => act({ do: site.serves ? "close" : "open", facility: site.id }) }, site.serves ? say("Close it") : say("Open it"))));
}

function form(first, second, words, done) {
  const inputs = [first, second].filter(Boolean).map(([name, label, value]) => [name, element("input", { value: value ?? "", inputmode: "decimal", required: true, autocomplete: "off" }), label]);
  return element("form", { class: "place-form", onsubmit: (event) => {
    event.preventDefault();
    const given = Object.fromEntries(inputs.map(([name, input]) => [name, Number(input.value)]));
    const bad = inputs.find(([name, input]) => !input.value.trim() || !Number.isFinite(given[name]));
    if (bad) { bad[1].setCustomValidity(say("A number is wanted here.")); bad[1].reportValidity(); bad[1].setCustomValidity(""); return; }
    done(given);
  } }, ...inputs.map(([, input, label]) => element("label", { class: "field" }, element("span", {}, label), input)), element("button", { class: "button", type: "submit" }, words));
}

const VERBS = {
  add: (name) => say("Added: {name}", { name }), move: (name) => say("Moved: {name}", { name }), close: (name) => say("Closed: {name}", { name }),
  open: (name) => say("Opened: {name}", { name }), resize: (name) => say("Beds changed: {name}", { name }),
};

export function edits(list, done, nameOf) {
  fill(list, ...(done.length ? done.map((edit) => element("li", {}, VERBS[edit.do]?.(nameOf(edit)) ?? edit.do)) : [element("li", { class: "none soft" }, say("Nothing is changed yet."))]));
}

/* Units by how many stay outside, or by what changed; one press shows the unit on the map. */
export function units(box, rows, order, onpick) {
  const listed = rows.map((unit) => ({
    ...unit, outside: unit.after.unreached ?? unit.after.people - unit.after.circle,
    change: (unit.after.reached ?? unit.after.circle) - (unit.before.reached ?? unit.before.circle),
  }));
  listed.sort(order === "change" ? (a, b) => Math.abs(b.change) - Math.abs(a.change) || b.outside - a.outside : (a, b) => b.outside - a.outside);
  const shown = listed.slice(0, MOST_ROWS);
  const body = element("tbody", {}, ...shown.map((unit) => element("tr", { "data-code": unit.code },
    element("th", { scope: "row" }, element("button", { type: "button", class: "link", onclick: () => onpick(unit) }, unit.name || unit.code)),
    cell(count(unit.after.people)), cell(percent(unit.before.share ?? unit.before.circle_share)), cell(percent(unit.after.share ?? unit.after.circle_share)),
    cell(signed(unit.change), look(unit.change)), cell(count(unit.outside)), cell(percent(unit.after.circle_share), "soft"))));
  const heads = [say("Unit"), say("People"), say("Before"), say("Now"), say("Change"), say("Outside"), say("By circle")];
  const scroll = box.scrollTop;
  fill(box,
    element("table", { class: "table figures" }, element("thead", {}, element("tr", {}, ...heads.map((head, index) => element("th", { scope: "col", class: index ? "number" : null }, head)))), body),
    listed.length > shown.length ? element("p", { class: "soft small" }, say("{n} more units have fewer people outside.", { n: count(listed.length - shown.length) })) : null);
  box.scrollTop = scroll;
}

const cell = (value, how = "") => element("td", { class: `number ${how}` }, value);
