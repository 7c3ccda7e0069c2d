/* One division: what it is, what became of it and why, and what it was. */

import { element, fill } from "./dom.js";
import { rest, worth } from "./changes.js";
import { reasons } from "./reason.js";
import { ha, km, km2, count, label, say, signedKm2 } from "./words.js";

export function showDetail(panel, record, context) {
  const { division } = record;
  const name = division?.name ?? record.history[0].name;
  fill(
    panel,
    element("button", { class: "button quiet icon close", "aria-label": say("Close"), onclick: context.onclose }, "✕"),
    division ? above(division, context) : null,
    element("h2", { id: "detail-name", tabindex: "-1" }, name),
    element("p", {}, element("span", { class: "badge" }, label(division?.kind ?? record.history[0].kind) || "—"), " ", element("code", {}, record.code)),
    division ? null : element("p", { class: "reason" }, say("Not in force on this date.")),
    ...change(record, context),
    ...(division ? facts(division, context) : []),
    ...history(record, context),
    ...(division ? neighbours(division, context) : []),
  );
  panel.hidden = false;
  panel.scrollTop = 0;
}

function above(division, { onselect }) {
  const parts = division.above.flatMap((upper) => [
    element("button", { class: "link", onclick: () => onselect(upper.code) }, upper.name), " › ",
  ]);
  if (!parts.length && division.parent) parts.push(`${say("Parent")} ${division.parent}`);
  return element("p", { class: "kicker" }, ...parts);
}

/* Before and after, who gained and lost, and the reason: what most come for. */
function change(record, { changes, cited, onmove, onselect, named }) {
  if (!changes) return [];
  const row = changes.changed.find((item) => item.code === record.code);
  const heading = element("h3", {}, say("Change from {old} to {new}", { old: changes.old, new: changes.new }));
  if (!row) return [heading, element("p", { class: "kicker" }, say("This division did not change between these dates."))];
  const succession = changes.successions.find(({ from, to }) => [from.code, to.code].includes(record.code));
  if (succession) {
    const { from, to } = succession;
    const other = to.code === record.code ? from : to;
    const words = to.code === record.code ? say("Continues {whom}", { whom: `${from.name}（${from.code}）` }) : say("Continued as {whom}", { whom: `${to.name}（${to.code}）` });
    return [heading, element("p", {}, element("button", { class: "link", onclick: () => onselect(other.code) }, words)), element("h3", {}, say("Reason")), ...reasons(cited, { about: record.code, named })];
  }
  const both = row.before_km2 !== null && row.after_km2 !== null;
  const difference = both ? row.after_km2 - row.before_km2 : null;
  const moved = changes.moves
    .map((move, index) => ({ ...move, index }))
    .filter((move) => move.from?.code === record.code || move.to?.code === record.code);
  return [
    heading,
    element(
      "div",
      { class: "compare" },
      figure(say("Before"), row.before_km2, changes.old),
      element("span", { class: "arrow", "aria-hidden": "true" }, "→"),
      figure(say("After"), row.after_km2, changes.new),
      element("div", { class: "difference" }, difference === null ? "" : `${say("Difference")} `, difference === null ? null : element("strong", {}, signedKm2(difference)), " ", element("span", { class: "badge internal-only" }, say("computed, internal"))),
    ),
    moved.length ? element("ul", { class: "moves" }, ...moved.filter(worth).map((move) => moveLine(move, record.code, onmove))) : null,
    rest(moved.filter((move) => !worth(move)).length),
    element("h3", {}, say("Reason")),
    ...reasons(cited, { about: record.code, named }),
  ];
}

function figure(title, value, date) {
  return element("div", {}, element("small", {}, `${title} · ${date}`), element("span", { class: "figure" }, value === null ? say("did not exist") : km2(value)));
}

function moveLine(move, code, onmove) {
  const gained = move.to?.code === code;
  const other = gained ? move.from : move.to;
  const whom = other ? other.name || other.code : say("outside the layer");
  const words = gained ? say("gained from {whom}", { whom }) : say("given to {whom}", { whom });
  return element(
    "li",
    {},
    element("span", { class: "number-tag" }, String(move.index + 1)),
    element("button", { class: "link pair", onclick: () => onmove(move.index) }, words),
    element("span", { class: "amount" }, `${gained ? "+" : "−"}${ha(move.ha)}`),
  );
}

function facts(division, { onselect }) {
  const rows = [
    [say("Level"), label(division.level_label)],
    [say("Official area"), division.official_km2 === null ? say("not entered") : km2(division.official_km2)],
    [say("Computed area"), [km2(division.area_km2), " ", element("span", { class: "badge internal-only" }, say("internal"))]],
    division.population === null ? null : [say("Population"), count(division.population)],
    division.seat ? [say("Seat"), division.seat] : null,
    division.pinyin ? [say("Romanised"), division.pinyin] : null,
    division.children ? [say("Divisions below"), count(division.children)] : null,
    [say("In force since"), division.valid_from ?? "—"],
    division.valid_to ? [say("Until"), division.valid_to] : null,
    division.predecessors.length ? [say("Came from"), codes(division.predecessors, onselect)] : null,
    division.successors.length ? [say("Became"), codes(division.successors, onselect)] : null,
    division.remark ? [say("Remark"), division.remark] : null,
  ].filter(Boolean);
  return [
    element("h3", {}, say("Particulars")),
    element("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { class: "number" }, ...[value].flat())])),
  ];
}

const codes = (list, onselect) => list.flatMap((code) => [element("button", { class: "link", onclick: () => onselect(code) }, code), " "]);

function history(record, { ondate, date }) {
  const items = record.history.map((state, index) => {
    const earlier = record.history[index + 1];
    const difference = earlier && state.area_km2 !== null && earlier.area_km2 !== null ? state.area_km2 - earlier.area_km2 : null;
    const shown = state.from <= date && (!state.to || date < state.to);
    return element(
      "li",
      { class: shown ? "shown" : "" },
      element("p", {}, element("button", { class: "link figures", onclick: () => ondate(state.from) }, state.from), ` – ${state.to ?? say("now")}`),
      element("p", {}, state.name, " · ", km2(state.area_km2), difference === null ? "" : ` (${signedKm2(difference)})`),
      ...state.cited.map((version) => element("p", { class: "by" }, version.basis || say("No basis was given."))),
    );
  });
  return [element("h3", {}, say("History")), element("ol", { class: "states" }, ...items)];
}

function neighbours(division, { onselect }) {
  if (!division.neighbours.length) return [];
  return [
    element("h3", {}, say("Neighbours")),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, say("Division")), element("th", { scope: "col", class: "number" }, say("Shared border")))),
      element("tbody", {}, ...division.neighbours.map((other) =>
        element("tr", {}, element("td", {}, element("button", { class: "link", onclick: () => onselect(other.code) }, other.name || other.code)), element("td", { class: "number" }, km(other.km))))),
    ),
  ];
}
