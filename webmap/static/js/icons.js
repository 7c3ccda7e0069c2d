/* The few signs on map buttons, drawn, since fonts lack them. */

import { svg } from "./styles.js";

const PATHS = {
  whole: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5",
  length: "M2 14 14 2l4 4L6 18zM6 10l2 2M9 7l2 2M12 4l2 2",
  area: "M4 5l11-2 2 11-8 3-5-4zM4 5l13 9",
  layers: "M10 2l8 4-8 4-8-4zM2 10l8 4 8-4M2 14l8 4 8-4",
  split: "M10 2v16M3 4h14v12H3zM6 10H4M14 10h2",
  print: "M6 7V2h8v5M5 14H3V7h14v7h-2M6 12h8v6H6z",
};

export const icon = (name) => svg("svg", { width: 20, height: 20, viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", "stroke-width": 1.7, "stroke-linejoin": "round", "stroke-linecap": "round", "aria-hidden": "true" },
  svg("path", { d: PATHS[name] }));
