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
  const listed = changes.moves.filter(worth).slice(0, SHOWN);
  const total = changes.moves.length + changes.more_moves;
  fill(
    panel,
    element("h3", {}, say("From {old} to {new}", { old: changes.old, new: changes.new })),
    ...reasons(cited, { named }),
    element("h3", {}, say("Areas that moved ({n})", { n: count(total) })),
    listed.length
      ? element("ul", { class: "moves" }, ...listed.map((move, index) => element(
          "li",
          { onpointerenter: () => onhover(index), onpointerleave: () => onhover(null) },
          element("span", { class: "number-tag" }, String(index + 1)),
          element("button", { class: "link pair", onclick: () => onmove(index), onfocus: () => onhover(index), onblur: () => onhover(null) }, `${name(move.from)} → ${name(move.to)}`),
          element("span", { class: "amount" }, ha(move.ha)),
        )))
      : element("p", { class: "empty" }, say("No area moved.")),
    total > listed.length && listed.length === SHOWN ? element("p", { class: "kicker" }, say("{n} smaller ones are not listed.", { n: count(total - SHOWN) })) : rest(total - listed.length),
    element("h3", {}, say("Divisions that differ ({n})", { n: count(changes.changed.length) })),
    element("ul", { class: "moves" }, ...changes.changed.slice(0, SHOWN).map((row) => element(
      "li",
      {},
      element("button", { class: "link pair", onclick: () => onselect(row.code) }, row.name || row.code),
      element("span", { class: "amount" }, difference(row)),
    ))),
  );
}

function difference(row) {
  if (row.before_km2 === null) return `${say("new")} ${km2(row.after_km2)}`;
  if (row.after_km2 === null) return `${say("ended")} ${km2(row.before_km2)}`;
  return signedKm2(row.after_km2 - row.before_km2);
}
