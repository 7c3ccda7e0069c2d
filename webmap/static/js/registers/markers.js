/* The map of markers beside their list. */

import { path } from "../ask.js";
import { byId } from "../dom.js";
import { say } from "../words.js";
import { pointMap } from "./points.js";

const look = (feature) => (feature.properties.sound ? "marker" : "warning");
const kit = pointMap(byId("map"), {
  address: "/api/v1/markers/points",
  style: look,
  name: (marker) => `${marker.marker} ${marker.side_names.join(" / ")}`,
  open: (feature) => `/markers/${path(feature.id)}`,
});
kit.ready.then(() => kit.legend([{ style: "marker", text: say("sound") }, { style: "warning", text: say("in need of work") }]));
