/* What changed between the two dates: the reason, the areas that moved, the divisions that differ. */

import { element, fill } from "./dom.js";
import { reasons } from "./reason.js";
import { count, ha, km2, say, signedKm2 } from "./words.js";

const SHOWN = 300;

export function showChanges(panel, changes, { cited, onmove, onselect, onhover }) {
  if (!changes) {
    fill(panel, element("p", { class: "empty" }, say("Choose an earlier date under “Compared with” to see what changed.")), ...reasons(cited));
    return;
  }
  const name = (party) => (party ? party.name || party.code : say("outside the layer"));
  fill(
    panel,
    element("h3", {}, say("From {old} to {new}", { old: changes.old, new: changes.new })),
    ...reasons(cited),
    element("h3", {}, say("Areas that moved ({n})", { n: count(changes.moves.length + changes.more_moves) })),
    changes.moves.length
      ? element("ul", { class: "moves" }, ...changes.moves.slice(0, SHOWN).map((move, index) => element(
          "li",
          { onpointerenter: () => onhover(index), onpointerleave: () => onhover(null) },
          element("span", { class: "number-tag" }, String(index + 1)),
          element("button", { class: "link pair", onclick: () => onmove(index), onfocus: () => onhover(index), onblur: () => onhover(null) }, `${name(move.from)} → ${name(move.to)}`),
          element("span", { class: "amount" }, ha(move.ha)),
        )))
      : element("p", { class: "empty" }, say("No area moved.")),
    changes.moves.length + changes.more_moves > SHOWN ? element("p", { class: "kicker" }, say("{n} smaller ones are not listed.", { n: count(changes.moves.length + changes.more_moves - SHOWN) })) : null,
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
