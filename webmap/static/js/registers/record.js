/* The small map of one record. */

import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";

const place = byId("map");
if (place) {
  const { lon, lat, look } = place.dataset;
  const at = [Number(lon), Number(lat)];
  const kit = createMap(place, { label: place.getAttribute("aria-label") });
  kit.addFeatures({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }, { style: look });
  kit.frame([at[0] - 0.02, at[1] - 0.015, at[0] + 0.02, at[1] + 0.015]);
}
