/* The vertices of a border as a table of numbers: the exact way to type a point. */

import { element, fill } from "../dom.js";
import { gauss, ungauss } from "../gauss.js";
import { say } from "../words.js";
import { eastOf } from "./typed.js";

const ROWS = 20;

export class VertexTable {
  constructor(borders, zone) {
    this.borders = borders;
    this.zone = zone;
    this.first = 0;
    this.box = element("div", { class: "vertex-table" });
  }

  show(at = this.borders.vertex) {
    const { chosen } = this.borders;
    if (!chosen) { fill(this.box); return; }
    const { coordinates } = chosen;
    if (at !== null && (at < this.first || at >= this.first + ROWS)) this.first = Math.max(0, at - 3);
    this.first = Math.min(this.first, Math.max(0, coordinates.length - 1));
    const rows = coordinates.slice(this.first, this.first + ROWS).map((place, i) => this.row(this.first + i, place));
    const head = [say("No."), say("Longitude"), say("Latitude"), say("X north (m)"), say("Y east (m)"), ""].map((text) => element("th", { scope: "col" }, text));
    const shown = say("Vertices {a}–{b} of {n}", {
      a: String(this.first + 1), b: String(Math.min(this.first + ROWS, coordinates.length)), n: String(coordinates.length),
    });
    fill(this.box,
      element("div", { class: "vertex-pager" },
        element("button", { type: "button", class: "button", onclick: () => this.turn(-ROWS), disabled: this.first === 0 }, "‹"),
        element("span", { class: "small figures" }, shown),
        element("button", { type: "button", class: "button", onclick: () => this.turn(ROWS), disabled: this.first + ROWS >= coordinates.length }, "›")),
      element("p", { class: "small soft" }, say("CGCS2000, zone {zone}, central meridian {meridian}°. Y is shown without the zone number; {zone} may be typed before it.", { zone: String(this.zone), meridian: String(this.zone * 3) })),
      element("div", { class: "table-scroll" }, element("table", { class: "vertices" },
        element("caption", { class: "hidden" }, say("Vertices of the border")),
        element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows))));
  }

  turn(by) { this.first = Math.max(0, this.first + by); this.show(null); }

  row(at, [lng, lat]) {
    const found = gauss(lng, lat, this.zone);
    const values = { lng: lng.toFixed(8), lat: lat.toFixed(8), north: found.north.toFixed(3), east: (found.east - this.zone * 1e6).toFixed(3) };
    const fixed = this.borders.held === "foreign";
    const inputs = Object.entries(values).map(([name, value]) => element("td", {}, element("input", {
      class: "figures", inputmode: "decimal", value, name, disabled: fixed, autocomplete: "off",
      "aria-label": `${this.word(name)}, ${say("Vertex {n}", { n: String(at + 1) })}`,
      onfocus: () => this.mark(at), onchange: (event) => this.typed(at, name, event.target, value),
    })));
    const buttons = element("td", { class: "vertex-buttons" },
      element("button", { type: "button", class: "button quiet", title: say("Add a vertex after this one"), "aria-label": say("Add a vertex after this one"), disabled: fixed, onclick: () => this.borders.insertAfter(at) }, "+"),
      element("button", { type: "button", class: "button quiet", title: say("Leave this vertex out"), "aria-label": say("Leave this vertex out"), disabled: fixed, onclick: () => this.borders.remove(at) }, "−"));
    return element("tr", { class: this.borders.vertex === at ? "picked" : null, "data-at": String(at) }, element("th", { scope: "row" }, String(at + 1)), ...inputs, buttons);
  }

  word(name) { return { lng: say("Longitude"), lat: say("Latitude"), north: say("X north (m)"), east: say("Y east (m)") }[name]; }

  /* Show on the map which vertex is meant, without taking the focus from the field. */
  mark(at) {
    if (this.borders.vertex === at) return;
    this.borders.pick(at, { look: true });
  }

  marked(at) {
    for (const row of this.box.querySelectorAll("tr[data-at]")) row.classList.toggle("picked", Number(row.dataset.at) === at);
  }

  refuse(field, before, why) {
    field.value = before;
    this.borders.heard.told(why);
  }

  typed(at, name, field, before) {
    let number = Number(field.value.trim().replace(/[,，\s]/g, ""));
    const [lng, lat] = this.borders.chosen.coordinates[at];
    if (!field.value.trim() || !Number.isFinite(number)) { field.value = before; return; }
    if (field.value === before) return;
    if (name === "east") {
      const { east, wrong } = eastOf(number, this.zone);
      if (wrong) { this.refuse(field, before, wrong); return; }
      number = east;
    }
    if ((name === "lng" && Math.abs(number) > 180) || (name === "lat" && Math.abs(number) > 90)) {
      this.refuse(field, before, say("Longitude and latitude are written in degrees, as {text}.", { text: before }));
      return;
    }
    let place = [lng, lat];
    if (name === "lng") place = [number, lat];
    else if (name === "lat") place = [lng, number];
    else {
      const now = gauss(lng, lat, this.zone);
      const north = name === "north" ? number : now.north;
      const east = name === "east" ? number : now.east - this.zone * 1e6;
      const found = ungauss(north, east, this.zone);
      place = [found.lng, found.lat];
    }
    this.borders.vertex = at;
    this.borders.put(at, place);
    this.borders.commit();
  }
}
