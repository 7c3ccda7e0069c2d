/* The search box of the bar: suggests divisions; without a script the form asks the divisions page. */

import { path } from "../ask.js";
import { byId } from "../dom.js";
import { Search } from "../search.js";

export function searchBox() {
  const form = document.querySelector("form[data-search]");
  if (!form) return;
  new Search(byId("query"), byId("found"), { onselect: (code) => location.assign(`/divisions/${path(code)}`), date: () => "" });
}
