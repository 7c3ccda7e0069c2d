/* What stands beside the map of coverage: totals, units, omissions, stamp. */

import { element, fill } from "../dom.js";
import { sortable } from "../ui/table.js";
import { count, label, say } from "../words.js";

const MOST = 400;
const empty = (value) => value === null || value === undefined;
export const percent = (value) => (empty(value) ? "—" : `${value.toFixed(1)} %`);
const people = (value) => (empty(value) ? "—" : count(value));

/* Network beside circle, and what the circle counts too many. */
export function totals(list, total, found) {
  const streets = found.network;
  const fact = (figure, words, look = "") => element("li", { class: look }, element("strong", { class: "figures" }, figure), " ", words);
  fill(list,
    streets ? fact(percent(total.share), say("reached along streets"), "first") : null,
    fact(percent(total.circle_share), say("within the circle")),
    streets ? fact(people(total.difference), say("people more than the streets reach"), "bad") : null,
    fact(people(streets ? total.unreached : total.uncircled), say("people not reached")),
    fact(people(total.people), say("people in all")),
    found.omitted.length ? element("li", {}, element("a", { href: "#omitted" }, element("strong", { class: "figures" }, count(found.omitted.length)), " ", say("points left out or assumed"))) : null);
}

export function table(box, units, found, onpick) {
  const lack = found.network ? "unreached" : "uncircled";
  const rows = [...units].sort((a, b) => (b[lack] ?? -1) - (a[lack] ?? -1));
  const shown = rows.slice(0, MOST);
  const heads = [[say("Unit"), ""], [say("Not reached"), "number"], [say("People"), "number"], [say("Streets"), "number"], [say("Circle"), "number"], [say("Circle counts more"), "number"], [say("Minutes"), "number"], [say("Facilities"), "number"]];
  const body = element("tbody", {}, ...shown.map((unit) => row(unit, lack, heads, onpick)));
  const made = element("table", { class: "table" },
    element("caption", { class: "hidden" }, say("Units, most people lacking first")),
    element("thead", {}, element("tr", {}, ...heads.map(([text, look]) => element("th", { scope: "col", class: look || null }, text)))), body);
  fill(box, made, rows.length > shown.length ? element("p", { class: "soft small" }, say("{n} more units lack fewer people.", { n: count(rows.length - shown.length) })) : null);
  sortable(made);
}

function row(unit, lack, heads, onpick) {
  const cells = [
    [people(unit[lack]), unit[lack]], [people(unit.people), unit.people], [percent(unit.share), unit.share],
    [percent(unit.circle_share), unit.circle_share], [people(unit.difference), unit.difference],
    [empty(unit.minutes) ? "—" : unit.minutes.toFixed(1), unit.minutes], [count(unit.facilities), unit.facilities],
  ];
  const name = element("button", { type: "button", class: "link", onclick: () => onpick(unit) }, unit.name || unit.code);
  return element("tr", { "data-code": unit.code },
    element("th", { scope: "row" }, name),
    ...cells.map(([text, value], at) => element("td", { class: `number figures${at === 0 ? " lack" : ""}`, "data-label": heads[at + 1][0], "data-value": empty(value) ? "" : String(value) }, text)));
}

export function omissions(panel, list, found) {
  panel.hidden = !found.omitted.length;
  fill(list, ...found.omitted.map((each) => element("li", {},
    element("strong", {}, each.left_out ? say("Left out") : say("Assumed")), " ",
    `${label(each.why)} `, element("span", { class: "soft" }, label(each.what_to_do)), " ",
    keys(each))));
}

/* The versions and the ways of one set of figures, as one line. */
export function standsOn({ stamp: on, words }) {
  if (on.words) return label(on.words);
  const layers = { divisions: say("Divisions"), facilities: say("Facilities"), population: say("Population"), network: say("Street network") };
  const versions = Object.entries(layers).filter(([layer]) => on[layer]?.number).map(([layer, title]) => `${title} ${say("version {n}", { n: String(on[layer].number) })}`);
  return [`${say("As of")} ${on.as_of}`, ...versions, label(words), `${say("Stamp")} ${on.id}`].join(" · ");
}

/* How many, how many people, and which. */
function keys({ keys: names, count: many, people: who }) {
  const words = empty(who) ? say("{n} of them", { n: count(many) }) : say("{n} of them, {p} people", { n: count(many), p: count(who) });
  const rest = many > names.length ? " …" : "";
  return element("details", {}, element("summary", { class: "figures" }, words), element("p", { class: "figures soft small" }, names.join("、") + rest));
}

export function stamp(panel, list, found) {
  panel.hidden = false;
  const rows = [[say("As of"), found.stamp.as_of], [say("Time and travel"), label(found.words)], [say("How people are placed"), label(found.placing)]];
  const names = { divisions: say("Divisions"), facilities: say("Facilities"), population: say("Population"), network: say("Street network") };
  for (const [layer, title] of Object.entries(names)) {
    const version = found.stamp[layer];
    if (version) rows.push([title, edition(version, found.stamp.as_of)]);
  }
  rows.push([say("Stamp"), found.stamp.id]);
  fill(list, ...rows.flatMap(([term, text]) => [element("dt", {}, term), element("dd", { class: "figures" }, text)]));
}

/* What names a version; from when, unless the figures are of a day before: then an older state of it counts. */
function edition(version, day) {
  const number = version.number ? say("version {n}", { n: String(version.number) }) : say("not published");
  const since = version.effective && version.effective <= day ? say("in force from {date}", { date: version.effective }) : "";
  const digest = (version.digest ?? version.version ?? "").split(":").pop().slice(0, 12);
  return [version.number || version.version ? number : number, since, version.source, digest].filter(Boolean).join(" · ");
}
