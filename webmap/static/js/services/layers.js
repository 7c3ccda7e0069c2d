/* What lies over the classes: service areas, circles, people who lack, facilities. */

import { Features } from "../features.js";
import { drawPoints } from "../points.js";
import { count, label, say } from "../words.js";

const NEAR = 46; // pixels: facilities nearer than this on the screen are one circle with their number
const SMALL = 20, LARGE = 200; // people at one place, for the size of its dot

export class Layers {
  constructor(kit) {
    this.kit = kit;
    this.on = new Set();
    this.made = new Map();
    this.found = null;
    kit.map.on("zoomend", () => this.redraw("facilities"));
  }

  take(found) {
    this.found = found;
    for (const name of ["circles", "areas", "unreached", "facilities"]) this.redraw(name);
  }

  turn(name, on) {
    if (on) this.on.add(name); else this.on.delete(name);
    this.redraw(name);
  }

  redraw(name) {
    this.made.get(name)?.remove();
    this.made.delete(name);
    if (!this.found || !this.on.has(name)) return;
    const made = this[name]();
    if (made) this.made.set(name, made);
  }

  areas() { return this.found.areas && new Features(this.kit.map, this.found.areas, { style: "service-area" }); }
  circles() { return new Features(this.kit.map, this.found.circles, { style: "service-circle" }); }

  unreached() {
    const points = this.found.unreached.map(([lon, lat, people]) => feature(lon, lat, { people }));
    if (!points.length) return null;
    return new Features(this.kit.map, collection(points), { style: ({ properties: { people } }) => (people < SMALL ? "lacking-1" : people < LARGE ? "lacking-2" : "lacking-3") });
  }

  facilities() {
    const points = gathered(this.kit.map, this.found.facilities);
    if (!points.length) return null;
    return drawPoints(this.kit.map, collection(points), { style: "facility", name: ({ name }) => name, onOpen: ({ properties }) => this.tell(properties) });
  }

  tell({ name, type, people }) {
    this.kit.said.textContent = people === null
      ? `${name} · ${type}` : say("{name} ({type}): nearest for {n} people", { name, type, n: count(people) });
  }

  legend() {
    const words = {
      areas: ["service-area", say("service area, urban time")], circles: ["service-circle", say("straight circle, urban")],
      unreached: ["lacking-2", say("people not reached")], facilities: ["facility", say("facility")],
    };
    return [...this.on].filter((name) => words[name]).map((name) => ({ style: words[name][0], text: words[name][1] }));
  }
}

const feature = (lon, lat, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } });
const collection = (features) => ({ type: "FeatureCollection", features });

/* Facilities near one another on the screen become one, where their middle is. */
function gathered(map, facilities) {
  const cells = new Map();
  for (const each of facilities) {
    const { x, y } = map.project([each.lat, each.lon]);
    const key = `${Math.floor(x / NEAR)}/${Math.floor(y / NEAR)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(each);
  }
  return [...cells.values()].map((group) => {
    if (group.length === 1) {
      const [{ lon, lat, name, people, type_words: words }] = group;
      return feature(lon, lat, { name, people, type: label(words), sound: true });
    }
    const lons = group.map(({ lon }) => lon), lats = group.map(({ lat }) => lat);
    const middle = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return feature(middle(lons), middle(lats), { count: group.length, unsound: 0, box: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] });
  });
}
