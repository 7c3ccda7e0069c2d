/* The points of a register in the window of a map: fetched anew when it moves. */

import { ask } from "../ask.js";
import { createMap } from "../mapkit.js";
import { complain } from "../ui/send.js";

export function pointMap(place, { address, style, name, open, after }) {
  const kit = createMap(place, { label: place.getAttribute("aria-label") });
  let drawn = null;
  let asked = null;
  const draw = async () => {
    asked?.abort();
    asked = new AbortController();
    const box = kit.map.getBounds();
    const bbox = [Math.max(box.getWest(), -180), Math.max(box.getSouth(), -90), Math.min(box.getEast(), 180), Math.min(box.getNorth(), 90)];
    try {
      const found = await ask(`${address}?bbox=${bbox.map((edge) => edge.toFixed(6)).join(",")}`, { signal: asked.signal });
      drawn?.remove();
      drawn = kit.addFeatures(found, { style, label: (feature) => name(feature.properties), onClick: (feature) => location.assign(open(feature)) });
      after?.(kit, found);
    } catch (error) { complain(error); }
  };
  kit.ready.then(() => { draw(); kit.map.on("moveend", draw); }).catch(complain);
  return kit;
}
