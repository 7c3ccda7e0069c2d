/* How features are drawn, by name: one table for maps, legends and print.
   Colours are names of CSS variables, so that dark mode and print decide them. */

export const STYLES = {
  overlap: { stroke: "find-overlap", width: 1.6, hatch: 45 },
  gap: { stroke: "find-gap", width: 1.6, hatch: 135 },
  gain: { stroke: "gain-2", width: 1.2, hatch: 45 },
  "gain-0": { stroke: "gain-0", width: 1.2, hatch: 45 },
  "gain-1": { stroke: "gain-1", width: 1.2, hatch: 45 },
  "gain-2": { stroke: "gain-2", width: 1.2, hatch: 45 },
  "gain-3": { stroke: "gain-3", width: 1.2, hatch: 45 },
  "gain-4": { stroke: "gain-4", width: 1.2, hatch: 45 },
  border: { stroke: "find-border", width: 5, opacity: 0.8 },
  point: { stroke: "find-overlap", width: 2.5, fill: "paper", radius: 7 },
  warning: { stroke: "amber", width: 2, fill: "amber", opacity: 0.9, filled: 0.12, radius: 7 },
  note: { stroke: "soft", width: 1.5, fill: "soft", filled: 0.08, radius: 6 },
  old: { stroke: "old", width: 2, dash: "6 4" },
  new: { stroke: "new", width: 2.6 },
  theirs: { stroke: "find-border", width: 2.6, dash: "1 5" },
  unit: { stroke: "ink", width: 1.1, opacity: 0.55 },
  draft: { stroke: "accent", width: 2, fill: "accent", filled: 0.1, radius: 6, area: true },
  selected: { stroke: "accent", width: 4, fill: "accent", filled: 0.18, radius: 9 },
  marker: { stroke: "paper", width: 1.5, fill: "find-border", filled: 1, radius: 6, text: "name" },
  unsound: { stroke: "paper", width: 1.5, fill: "find-overlap", filled: 1, radius: 8, shape: "triangle", text: "name" },
  place: { stroke: "ink", width: 1.2, fill: "paper", filled: 1, radius: 4, text: "name" },
  "facility-open": { stroke: "paper", width: 1.5, fill: "accent", filled: 1, radius: 6, text: "name" },
  "facility-planned": { stroke: "accent", width: 2, fill: "paper", filled: 1, radius: 6, text: "name" },
  "facility-gone": { stroke: "soft", width: 1.5, fill: "paper", filled: 1, radius: 4, text: "name" },
  "selected-place": { stroke: "paper", width: 2, fill: "accent", filled: 1, radius: 8, text: "name" },
  gathered: { stroke: "ink", width: 1.5, fill: "paper", filled: 0.92, radius: 15, text: "count" },
  "gathered-unsound": { stroke: "find-overlap", width: 2.5, fill: "paper", filled: 0.92, radius: 17, text: "count" },
  facility: { stroke: "ink", width: 1.2, fill: "gain-0", filled: 0.9, radius: 6 },
  "care-home": { stroke: "ink", width: 1.5, fill: "gain-2", filled: 0.95, radius: 8, shape: "square", text: "name" },
  "care-centre": { stroke: "ink", width: 1.5, fill: "gain-3", filled: 0.95, radius: 8, shape: "diamond", text: "name" },
  "care-day": { stroke: "ink", width: 1.5, fill: "gain-0", filled: 0.95, radius: 7, text: "name" },
  "care-meal": { stroke: "ink", width: 1.5, fill: "gain-1", filled: 0.95, radius: 8, shape: "triangle", text: "name" },
  "care-other": { stroke: "ink", width: 2.5, fill: "paper", filled: 1, radius: 6, text: "name" },
  street: { stroke: "ink", width: 1.3, opacity: 0.75 },
  walk: { stroke: "gain-0", width: 1.6, dash: "4 3" },
  vehicle: { stroke: "soft", width: 1.2, dash: "1 4" },
  isolated: { stroke: "find-overlap", width: 2.4 },
  "part-place": { stroke: "find-overlap", width: 2.2, fill: "paper", filled: 1, radius: 8 },
  "near-miss": { stroke: "amber", width: 2.5, fill: "amber", filled: 0.35, radius: 6, shape: "diamond" },
  link: { stroke: "find-gap", width: 4 },
  barrier: { stroke: "find-overlap", width: 4.5, dash: "9 4" },
  here: { stroke: "paper", width: 3, fill: "red", filled: 1, radius: 9, text: "name" },
  sited: { stroke: "paper", width: 2, fill: "red", filled: 1, radius: 10, shape: "diamond" },
  candidate: { stroke: "ink", width: 0.8, opacity: 0.7, fill: "paper", filled: 0.6, radius: 2.5 },
  "service-area": { stroke: "ink", width: 1.4, fill: "ink", filled: 0.1 },
  "service-area-far": { width: 0, fill: "ink", filled: 0.22 },
  "service-circle": { stroke: "find-border", width: 1.8, fill: "find-border", filled: 0.04, dash: "6 4" },
  "lacking-1": { stroke: "paper", width: 0.6, fill: "find-overlap", filled: 0.75, radius: 2.5 },
  "lacking-2": { stroke: "paper", width: 0.8, fill: "find-overlap", filled: 0.75, radius: 4 },
  "lacking-3": { stroke: "paper", width: 1, fill: "find-overlap", filled: 0.75, radius: 6 },
  accuracy: { stroke: "accent", width: 1, fill: "accent", filled: 0.08, dash: "3 3" },
  "edit-free": { stroke: "accent", width: 3.5 },
  "edit-outer": { stroke: "amber", width: 3.5, dash: "9 5" },
  "edit-foreign": { stroke: "ink", width: 3, dash: "2 5" },
  measure: { stroke: "find-border", width: 3, fill: "find-border", filled: 0.1, dash: "8 5", radius: 5 },
};

export const styleOf = (name) => STYLES[name] ?? STYLES.draft;

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter(Boolean));
  return made;
}

/* A hatching of one colour and direction, to be put among an SVG's definitions. */
export function pattern(id, { stroke, hatch }) {
  return svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${hatch})` },
    svg("rect", { width: 8, height: 8, fill: `var(--${stroke})`, "fill-opacity": 0.14 }),
    svg("line", { x1: 0, x2: 0, y1: 0, y2: 8, stroke: `var(--${stroke})`, "stroke-width": 2.6 }));
}

/* Corners of a shape about a point, as wide as a circle of that radius. */
const SHAPES = {
  triangle: (x, y, r) => [[x, y - r], [x + 0.95 * r, y + 0.75 * r], [x - 0.95 * r, y + 0.75 * r]],
  square: (x, y, r) => [[x - 0.85 * r, y - 0.85 * r], [x + 0.85 * r, y - 0.85 * r], [x + 0.85 * r, y + 0.85 * r], [x - 0.85 * r, y + 0.85 * r]],
  diamond: (x, y, r) => [[x, y - 1.15 * r], [x + 1.15 * r, y], [x, y + 1.15 * r], [x - 1.15 * r, y]],
};
export const corners = (x, y, r, shape = "triangle") => SHAPES[shape](x, y, r);

/* The key of a style: what a legend shows beside its words. */
export function swatch(name) {
  const style = styleOf(name);
  const colour = `var(--${style.stroke})`;
  const id = `key-${name}`;
  const dash = style.dash ?? "none";
  if (style.radius && !style.hatch && !style.area) {
    const look = { stroke: colour, "stroke-width": style.width, fill: style.fill ? `var(--${style.fill})` : "none", "fill-opacity": style.filled ?? 1 };
    return svg("svg", { width: 36, height: 16, "aria-hidden": "true" },
      style.shape ? svg("polygon", { points: corners(18, style.shape === "triangle" ? 9 : 8, style.shape === "triangle" ? 7 : 6, style.shape).join(" "), ...look }) : svg("circle", { cx: 18, cy: 8, r: Math.min(style.radius, 6), ...look }));
  }
  if (style.hatch || style.fill) {
    return svg("svg", { width: 36, height: 16, "aria-hidden": "true" },
      style.hatch ? svg("defs", {}, pattern(id, style)) : null,
      svg("rect", { x: 1, y: 1, width: 34, height: 14, stroke: colour, "stroke-width": style.width, "stroke-dasharray": dash, fill: style.hatch ? `url(#${id})` : `var(--${style.fill})`, "fill-opacity": style.hatch ? 1 : style.filled }));
  }
  return svg("svg", { width: 36, height: 16, "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 8, y2: 8, stroke: colour, "stroke-width": Math.min(style.width, 6), "stroke-dasharray": dash }));
}
