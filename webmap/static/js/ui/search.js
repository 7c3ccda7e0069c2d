/* The search box of the bar: divisions (ended ones and former names too), place names and
   markers, each under its heading. Without a script the form asks the divisions page. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { Search } from "../search.js";
import { say } from "../words.js";

const SHOWN = 6;

export function searchBox() {
  const form = document.querySelector("form[data-search]");
  if (form) new Search(byId("query"), byId("found"), { onselect: (code, item) => location.assign(item.dataset.href), find });
}

async function find(words, signal) {
  const asked = `limit=${SHOWN}&q=${encodeURIComponent(words)}`;
  const [divisions, names, markers] = await Promise.all([
    ask(`/api/v1/divisions/list?${asked}`, { signal }),
    part("place_names", `/api/v1/names/search?${asked}`, signal),
    part("markers", `/api/v1/markers?${asked}`, signal),
  ]);
  return {
    nodes: [...divisions.rows.map(division), ...names.items.map(name), ...markers.rows.map(marker)],
    more: divisions.total - divisions.rows.length,
  };
}

/* A register that has nothing yet, or that is not ours to read, is no fault of the search. */
async function part(layer, address, signal) {
  if (!document.querySelector("form[data-search]").dataset.search.split(" ").includes(layer)) return { items: [], rows: [] };
  try {
    return await ask(address, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { items: [], rows: [] };
  }
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

function name(item) {
  const told = item.by === "other" ? ` (${say("by another name")})` : "";
  return {
    group: say("Place names"),
    href: `/names/${path(item.key)}`,
    code: item.key,
    name: `${item.name}${told}`,
    above: item.division_name ? [{ name: item.division_name }] : [],
  };
}

function marker(row) {
  return {
    group: say("Markers"),
    href: `/markers/${path(row.marker)}`,
    code: row.name ? row.marker : "",
    name: row.name || row.marker,
    above: row.side_names.length ? [{ name: row.side_names.join(" – ") }] : [],
  };
}
