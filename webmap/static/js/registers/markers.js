/* The map of markers beside their list. */

import { path } from "../ask.js";
import { byId } from "../dom.js";
import { say } from "../words.js";
import { pointMap } from "./points.js";

const KEYS = [{ style: "marker", text: say("sound") }, { style: "unsound", text: say("in need of work") }];
const GATHERED = { style: "gathered", text: say("several; ▲ how many need work") };

pointMap(byId("map"), {
  address: "/api/v1/markers/points",
  style: "marker",
  name: (marker) => marker.marker,
  open: (feature) => `/markers/${path(feature.id)}`,
  legend: (features) => (features.some(({ properties }) => properties.count) ? [...KEYS, GATHERED] : KEYS),
});
