/* The search box of the bar: divisions (ended ones and former names too), place names and
   markers, each under its heading. Without a script the form asks the divisions page. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { findMarkers, findNames } from "../found.js";
import { Search } from "../search.js";
import { say } from "../words.js";

const SHOWN = 6;

export function searchBox() {
  const form = document.querySelector("form[data-search]");
  if (!form) return;
  const registers = form.dataset.search.split(" ");
  const find = async (words, signal) => {
    const parts = await Promise.all([divisions(words, signal), findNames(registers, words, signal), findMarkers(registers, words, signal)]);
    return { nodes: parts.flat(), more: 0 };
  };
  new Search(byId("query"), byId("found"), { onselect: (code, { href }) => location.assign(href), find });
}

async function divisions(words, signal) {
  const { rows, total } = await ask(`/api/v1/divisions/list?limit=${SHOWN}&q=${encodeURIComponent(words)}`, { signal });
  const left = total - rows.length;
  return [...rows.map(division), ...(left ? [{ group: say("Divisions"), href: `/divisions?q=${encodeURIComponent(words)}`, all: left }] : [])];
}

function division(row) {
  const told = row.ended ? say("ended {date}", { date: row.ended }) : row.now ? say("now {name}", { name: row.now }) : "";
  return {
    group: say("Divisions"),
    href: `/divisions/${path(row.code)}`,
    code: row.code,
    name: told ? `${row.name} (${told})` : row.name,
    kind: row.kind_label,
    above: row.parent_name ? [{ name: row.parent_name }] : [],
  };
}
