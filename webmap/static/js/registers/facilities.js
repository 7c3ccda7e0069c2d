/* The map of facilities beside their list. */

import { path } from "../ask.js";
import { byId } from "../dom.js";
import { say } from "../words.js";
import { pointMap } from "./points.js";

const LOOKS = { planned: "facility-planned", building: "facility-planned", closed: "facility-gone", moved: "facility-gone" };
const KEYS = [
  { style: "facility-open", text: say("operating") },
  { style: "facility-planned", text: say("planned or being built") },
  { style: "facility-gone", text: say("closed or moved") },
];

pointMap(byId("map"), {
  address: "/api/v1/facilities/points",
  style: ({ properties }) => LOOKS[properties.status] ?? "facility-open",
  name: (facility) => facility.name,
  open: (feature) => `/facilities/${path(feature.id)}`,
  legend: () => KEYS,
});
