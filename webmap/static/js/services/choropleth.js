/* Units of one level filled by class: over the published tiles, so a new painting costs
   one pass over what is in view.

   const map = new Choropleth(kit.drawn, { level: 4, bounds: [20, 40, 60, 80, 100], ramp: "good" });
   map.paint({ "990102001": 67.4, … });       // null: no figure
   map.items(format)                          // for a legend: [{ colour, text, count }]

   `bounds` are upper bounds of the classes, `ramp` "good" (more is better) or "bad". */

import { say } from "../words.js";

export const CLASSES = 5;
export const NONE = "--seq-none";

/* Which of the classes a value is in, -1 for none. */
export function classOf(value, bounds) {
  if (value === null || value === undefined || !bounds.length) return -1;
  const at = bounds.findIndex((bound) => value <= bound + 1e-9);
  return at < 0 ? bounds.length - 1 : at;
}

/* The CSS variable of a class: fewer classes take colours spread over the ramp. */
export function token(at, bounds, ramp) {
  if (at < 0) return NONE;
  const last = Math.max(bounds.length - 1, 1);
  return `--seq-${ramp}-${bounds.length === 1 ? 1 : Math.round((at / last) * (CLASSES - 1)) + 1}`;
}

export class Choropleth {
  constructor(drawn, { level = 4, bounds = [], ramp = "good" } = {}) {
    this.drawn = drawn;
    this.values = {};
    this.colours = new Map();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => { this.colours = new Map(); this.paint(this.values); });
    this.set({ level, bounds, ramp });
  }

  set({ level = this.level, bounds = this.bounds, ramp = this.ramp }) {
    Object.assign(this, { level, bounds, ramp });
  }

  paint(values) {
    this.values = values;
    this.drawn.shade(this.level, (code) => this.colour(token(classOf(this.values[code], this.bounds), this.bounds, this.ramp)));
  }

  colour(name) {
    if (!this.colours.has(name)) this.colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    return this.colours.get(name);
  }

  items(format) {
    const counts = new Array(this.bounds.length + 1).fill(0);
    for (const value of Object.values(this.values)) counts[classOf(value, this.bounds) + 1] += 1;
    const found = this.bounds.map((bound, at) => ({
      token: token(at, this.bounds, this.ramp),
      text: at ? say("over {a} to {b}", { a: format(this.bounds[at - 1]), b: format(bound) }) : say("up to {b}", { b: format(bound) }),
      count: counts[at + 1],
    }));
    return [...found, { token: NONE, text: say("no figure"), count: counts[0] }];
  }

  remove() { this.drawn.shade(this.level, null); }
}
