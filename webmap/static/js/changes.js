/* What changed between the two dates: the reason, the areas that moved, the divisions that differ. */

import { element, fill } from "./dom.js";
import { reasons } from "./reason.js";
import { count, ha, km2, say, signedKm2 } from "./words.js";

const SHOWN = 300;
const LEAST_HA = 0.1;

/* Moved areas smaller than this are counted, not listed. */
export const worth = (move) => move.ha >= LEAST_HA;
export const rest = (number) => (number ? element("p", { class: "kicker" }, say("{n} others under 0.1 ha are not listed.", { n: count(number) })) : null);

export function showChanges(panel, changes, { cited, named, onmove, onselect, onhover }) {
  if (!changes) {
    fill(panel, element("p", { class: "empty" }, say("Choose an earlier date under “Compared with” to see what changed.")), ...reasons(cited, { named }));
    return;
  }
  const name = (party) => (party ? party.name || party.code : say("outside the layer"));
  const outer = changes.moves.map((move, index) => ({ ...move, index })).filter((move) => move.within < 0);
  const listed = outer.filter(worth).slice(0, SHOWN);
  const total = outer.length + changes.more_moves;
  const differ = different(changes);
  fill(
    panel,
    element("h3", {}, say("From {old} to {new}", { old: changes.old, new: changes.new })),
    ...reasons(cited, { named }),
    element("h3", {}, say("Areas that moved ({n})", { n: count(total) })),
    listed.length
      ? element("ul", { class: "moves" }, ...listed.map(({ index, ...move }) => element(
          "li",
          { onpointerenter: () => onhover(index), onpointerleave: () => onhover(null) },
          element("span", { class: "number-tag" }, String(index + 1)),
          element("button", { class: "link pair", onclick: () => onmove(index), onfocus: () => onhover(index), onblur: () => onhover(null) }, `${name(move.from)} → ${name(move.to)}`),
          element("span", { class: "amount" }, ha(move.ha)),
        )))
      : element("p", { class: "empty" }, say("No area moved.")),
    total > listed.length && listed.length === SHOWN ? element("p", { class: "kicker" }, say("{n} smaller ones are not listed.", { n: count(total - SHOWN) })) : rest(total - listed.length),
    changes.successions.length ? element("h3", {}, say("Renamed, recoded or changed in kind ({n})", { n: count(changes.successions.length) })) : null,
    element("ul", { class: "moves" }, ...changes.successions.slice(0, SHOWN).map(({ from, to }) => element(
      "li",
      {},
      element("button", { class: "link pair", onclick: () => onselect(to.code) }, from.name === to.name ? to.name : `${from.name} → ${to.name}`),
      element("small", { class: "figures" }, `${from.code} → ${to.code}`),
    ))),
    element("h3", {}, say("Divisions that differ ({n})", { n: count(differ.length) })),
    element("ul", { class: "moves" }, ...differ.slice(0, SHOWN).map((row) => element(
      "li",
      {},
      element("button", { class: "link pair", onclick: () => onselect(row.code) }, row.name || row.code),
      element("span", { class: "amount" }, difference(row)),
    ))),
  );
}

/* Divisions that differ, without those that only go on under another code. */
export function different(changes) {
  const gone = new Set(changes.successions.flatMap(({ from, to }) => [from.code, to.code]));
  return changes.changed.filter((row) => !gone.has(row.code));
}

function difference(row) {
  if (row.before_km2 === null) return `${say("new")} ${km2(row.after_km2)}`;
  if (row.after_km2 === null) return `${say("ended")} ${km2(row.before_km2)}`;
  return signedKm2(row.after_km2 - row.before_km2);
}
