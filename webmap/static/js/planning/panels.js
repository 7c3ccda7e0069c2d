/* What stands beside the planner's map: totals, the chosen facility, changes. */

import { element, fill } from "../dom.js";
import { count, say } from "../words.js";
import { percent, signed, tone } from "./figures.js";

const minutes = (value) => (value === null ? "—" : say("{n} min", { n: value.toFixed(1) }));

export function totals(box, { total, gained, lost }) {
  const { before, after } = total;
  const change = (after.reached ?? after.circle) - (before.reached ?? before.circle);
  fill(box,
    element("p", { class: "big figures" }, element("strong", {}, percent(after.share ?? after.circle_share)), " ", element("span", { class: "soft" }, say("of {n} people are reached", { n: count(after.people) }))),
    element("dl", { class: "pairs figures" },
      ...pair(say("Before"), percent(before.share ?? before.circle_share)),
      ...pair(say("Change"), signed(change), tone(change)),
      ...pair(say("Newly reached"), count(gained.people)),
      ...pair(say("No longer reached"), count(lost.people)),
      ...pair(say("Still outside"), count(after.unreached ?? after.people - after.circle)),
      ...pair(say("Mean way of those reached"), minutes(after.minutes)),
      ...pair(say("By straight-line circle"), percent(after.circle_share)),
      ...pair(say("Beds per thousand"), after.beds_per_thousand ?? "—"),
      ...pair(say("In need of a place"), count(after.need)),
      ...pair(say("Of these, find room"), `${percent(before.roomed_share)} → ${percent(after.roomed_share)}`, tone(10 * ((after.roomed_share ?? 0) - (before.roomed_share ?? 0)))),
      ...pair(say("Find no room"), after.unroomed === null ? "—" : count(after.unroomed)),
      ...pair(say("Places within reach per thousand"), after.per_thousand?.toFixed(1) ?? "—"),
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
  const beds = form(["beds", say("Beds"), site.beds ?? ""], null, say("Resize"), (given) => act({ do: "resize", facility: site.id, beds: given.beds }));
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
    const given = numbers(Object.fromEntries(inputs));
    if (given) done(given);
  } }, ...inputs.map(([, input, label]) => element("label", { class: "field" }, element("span", {}, label), input)), element("button", { class: "button", type: "submit" }, words));
}

const LIMITS = { lon: [-180, 180], lat: [-90, 90], beds: [0, 100000] }; // as the server has them

/* The numbers of inputs by name; null after telling at its field which is none, or out of bounds. */
export function numbers(inputs) {
  const given = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, Number(input.value)]));
  for (const [name, input] of Object.entries(inputs)) {
    const [least, most] = LIMITS[name], value = given[name];
    const whole = name !== "beds" || Number.isInteger(value);
    if (input.value.trim() && whole && value >= least && value <= most) continue;
    input.setCustomValidity(Number.isFinite(value) && input.value.trim() && whole ? say("A number from {least} to {most} is wanted here.", { least: String(least), most: String(most) }) : name === "beds" ? say("A whole number is wanted here.") : say("A number is wanted here."));
    input.reportValidity();
    input.addEventListener("input", () => input.setCustomValidity(""), { once: true });
    return null;
  }
  return given;
}

const VERBS = {
  add: (name) => say("Added: {name}", { name }), move: (name) => say("Moved: {name}", { name }), close: (name) => say("Closed: {name}", { name }),
  open: (name) => say("Opened: {name}", { name }), resize: (name) => say("Beds changed: {name}", { name }),
};

export function edits(list, done, nameOf) {
  fill(list, ...(done.length ? done.map((edit) => element("li", {}, VERBS[edit.do]?.(nameOf(edit)) ?? edit.do)) : [element("li", { class: "none soft" }, say("Nothing is changed yet."))]));
}
