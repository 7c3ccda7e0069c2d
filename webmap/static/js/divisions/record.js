/* The small map of one division among its neighbours; a click opens another. */

import { path } from "../ask.js";
import { byId } from "../dom.js";
import { createMap } from "../mapkit.js";

const place = byId("map");
const { date, code, box } = place.dataset;
const on = new URLSearchParams(location.search).get("on");
const kit = createMap(place, {
  date,
  label: place.getAttribute("aria-label"),
  onClick: (hit) => { if (hit.code && hit.code !== code) location.assign(`/divisions/${path(hit.code)}${on ? `?on=${encodeURIComponent(on)}` : ""}`); },
});
if (box) kit.frame(JSON.parse(box), 0.25);
kit.ready.then(() => kit.drawn?.select(code));
