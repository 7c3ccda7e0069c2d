/* Search as you type over the place names, and their map. */

import { ask, path } from "../ask.js";
import { byId } from "../dom.js";
import { Search } from "../search.js";
import { pointMap } from "./points.js";

const open = (place) => location.assign(`/names/${path(place)}`);

new Search(byId("find"), byId("found-names"), {
  onselect: open,
  async find(words, signal) {
    const { items } = await ask(`/api/v1/names/search?q=${encodeURIComponent(words)}`, { signal });
    const nodes = items.map((item) => ({
      name: item.name, code: item.key, kind: { zh: item.division_name, en: item.division_name }, above: [],
    }));
    return { nodes, more: 0 };
  },
});

pointMap(byId("map"), {
  address: "/api/v1/names/points",
  style: "place",
  name: (place) => place.name,
  open: (feature) => `/names/${path(feature.id)}`,
});
