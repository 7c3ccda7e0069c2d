/* What lies over the classes: service areas, circles, people who lack, facilities. */

import { Features } from "../features.js";
import { drawPoints } from "../points.js";
import { count, label, say } from "../words.js";

const NEAR = 46; // pixels: facilities nearer than this on the screen are one circle with their number
const OUTLINED = 14; // zoom from which the outline of a service area is drawn
const TOUCH = 15; // pixels: people nearer than this are one dot, so that dots do not hide the map

export class Layers {
  constructor(kit) {
    this.kit = kit;
    this.on = new Set();
    this.made = new Map();
    this.found = null;
    kit.map.createPane("areas").style.zIndex = 430; // over the classes, under everything that is pointed at
    kit.map.on("zoomend", () => {
      for (const name of ["unreached", "facilities"]) this.redraw(name);
      if (this.outlined !== undefined && this.outlined !== this.outlines()) this.redraw("areas");
    });
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

  /* Of a whole city the outline of every street would be a mesh: there the areas are one flat tint. */
  outlines() { return this.kit.map.getZoom() >= OUTLINED; }

  areas() {
    this.outlined = this.outlines();
    return this.found.areas && new Features(this.kit.map, this.found.areas, { style: this.outlined ? "service-area" : "service-area-far", pane: "areas", canvas: true });
  }

  circles() { return new Features(this.kit.map, this.found.circles, { style: "service-circle", pane: "areas", canvas: true }); }

  unreached() {
    const places = this.found.unreached.map(([lon, lat, people]) => ({ lon, lat, people: Math.max(people, 0.1) })); // parts of a person come rounded to nobody
    const points = together(this.kit.map, places, TOUCH).map((group) => {
      const people = group.reduce((sum, each) => sum + each.people, 0);
      const middle = (name) => group.reduce((sum, each) => sum + each[name] * each.people, 0) / people;
      return feature(middle("lon"), middle("lat"), { people });
    });
    if (!points.length) return null;
    const most = Math.max(...points.map(({ properties }) => properties.people));
    return new Features(this.kit.map, collection(points), { style: ({ properties: { people } }) => `lacking-${Math.max(1, Math.ceil(3 * Math.sqrt(people / most)))}` });
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
      areas: ["service-area", say("service area, limit of town or country")], circles: ["service-circle", say("straight circle, the same limit")],
      unreached: ["lacking-2", say("people not reached")], facilities: ["facility", say("facility")],
    };
    return [...this.on].filter((name) => words[name]).map((name) => ({ style: words[name][0], text: words[name][1] }));
  }
}

const feature = (lon, lat, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } });
const collection = (features) => ({ type: "FeatureCollection", features });

/* What is near one another on the screen, in groups. */
function together(map, places, near) {
  const cells = new Map();
  for (const each of places) {
    const { x, y } = map.project([each.lat, each.lon]);
    const key = `${Math.floor(x / near)}/${Math.floor(y / near)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(each);
  }
  return [...cells.values()];
}

/* Facilities near one another become one, where their middle is. */
function gathered(map, facilities) {
  return together(map, facilities, NEAR).map((group) => {
    if (group.length === 1) {
      const [{ lon, lat, name, people, type_words: words }] = group;
      return feature(lon, lat, { name, people, type: label(words), sound: true });
    }
    const lons = group.map(({ lon }) => lon), lats = group.map(({ lat }) => lat);
    const middle = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return feature(middle(lons), middle(lats), { count: group.length, unsound: 0, box: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] });
  });
}
