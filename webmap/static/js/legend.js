/* The legend: borders by rank, further layers that are on, and before and after while two dates are compared. */

import { element, fill } from "./dom.js";
import { BORDERS } from "./paint.js";
import { swatch } from "./styles.js";
import { label, say } from "./words.js";

/* The legend begins folded where it would cover what was asked for. */
const shut = (id) => document.getElementById(id)?.hidden ?? true;
const roomy = () => shut("other") && window.innerWidth >= (shut("detail") ? 1200 : 1600);

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function line({ width, dash, colour }) {
  return svg("svg", { width: 36, height: 12, "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 6, y2: 6, stroke: `var(--${colour})`, "stroke-width": width, "stroke-dasharray": dash.join(" ") || "none" }));
}

function hatched() {
  const strokes = [4, 12, 20, 28, 36].map((x) => svg("line", { x1: x - 10, x2: x + 4, y1: 15, y2: -1, stroke: "var(--gain-2)", "stroke-width": 1.6 }));
  return svg("svg", { width: 36, height: 14, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 35, height: 13, fill: "none", stroke: "var(--gain-2)" }), ...strokes);
}

const RANKS = ["Border of provinces", "Border of prefectures", "Border of counties and districts", "Border of towns and streets", "Border of villages and communities"];

/* A further layer of points, and among markers those in need of work. */
const overlay = (item) => [
  element("li", {}, swatch(item.style), label(item.label)),
  ...(item.style === "marker" ? [element("li", {}, swatch("unsound"), say("Marker in need of work"))] : []),
];

export function showLegend(box, { ranks, compared, overlays = [] }) {
  const open = box.querySelector("details")?.open ?? roomy();
  fill(box, element("details", { open },
    element("summary", {}, say("Legend")),
    element("ul", {},
      ...ranks.map((rank) => element("li", {}, line({ ...BORDERS[rank], colour: "border" }), say(RANKS[rank]))),
      ...overlays.flatMap(overlay),
      ...(compared ? [
        element("li", {}, line({ width: 2, dash: [6, 4], colour: "old" }), say("Former border")),
        element("li", {}, line({ width: 2.4, dash: [], colour: "new" }), say("New border")),
        element("li", {}, hatched(), say("Area that moved, in the colour of who gained it")),
      ] : []))));
}
