/* The search box of the bar: suggests divisions, ended ones and former names too.
   Without a script the form asks the divisions page. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { Search } from "../search.js";
import { say } from "../words.js";

const SHOWN = 12;

export function searchBox() {
  const form = document.querySelector("form[data-search]");
  if (form) new Search(byId("query"), byId("found"), { onselect: (code) => location.assign(`/divisions/${path(code)}`), find });
}

async function find(words, signal) {
  const { rows, total } = await ask(`/api/v1/divisions/list?limit=${SHOWN}&q=${encodeURIComponent(words)}`, { signal });
  return { nodes: rows.map(node), more: total - rows.length };
}

function node(row) {
  const told = row.ended ? say("ended {date}", { date: row.ended }) : row.now ? say("now {name}", { name: row.now }) : "";
  return {
    code: row.code,
    name: told ? `${row.name} (${told})` : row.name,
    kind: row.kind_label,
    above: row.parent_name ? [{ name: row.parent_name }] : [],
  };
}
