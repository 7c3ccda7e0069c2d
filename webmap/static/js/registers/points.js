/* The points of a register in the window of a map: those the list beside shows, fetched anew when it moves. */

import { ask } from "../ask.js";
import { createMap } from "../mapkit.js";
import { drawPoints, windowOf } from "../points.js";
import { complain } from "../ui/send.js";

const NOT_ASKED = ["page", "sort", "lang"];

/* What the list is narrowed to, by its address. */
function narrowed() {
  const asked = new URLSearchParams(location.search);
  for (const name of NOT_ASKED) asked.delete(name);
  return [...asked].filter(([, value]) => value);
}

export function pointMap(place, { address, style, name, open, legend }) {
  const kit = createMap(place, { label: place.getAttribute("aria-label") });
  const wish = narrowed();
  let drawn = null;
  let asked = null;
  const fetched = () => {
    asked?.abort();
    asked = new AbortController();
    return ask(`${address}?${new URLSearchParams([...Object.entries(windowOf(kit.map)), ...wish])}`, { signal: asked.signal });
  };
  const draw = async () => {
    try {
      const found = await fetched();
      drawn?.remove();
      drawn = drawPoints(kit.map, found, { style, name, onOpen: (feature) => location.assign(open(feature)) });
      if (legend) kit.legend(legend(found.features));
      place.dataset.drawn = String(found.total);
      return found;
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
      return null;
    }
  };
  const begin = async () => {
    const found = await draw();
    kit.map.on("moveend", draw);
    if (wish.length && found?.box) kit.frame(found.box, 0.15);
  };
  kit.ready.then(begin).catch(complain);
  return kit;
}
