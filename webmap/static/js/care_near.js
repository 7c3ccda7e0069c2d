/* From where: one's own position or a place name, and how long it takes to walk from there. */

import { ask } from "./ask.js";
import { byId, element, fill } from "./dom.js";
import { L } from "./leaflet.js";
import { label, language, say } from "./words.js";

const PAUSE = 250;
const DIGITS = 4; // ten metres: nobody's door is sent

export class Near {
  constructor({ onchange }) {
    this.onchange = onchange;
    this.place = null; // { lon, lat, name }
    this.times = new Map();
    this.turn = 0;
    byId("locate").addEventListener("click", () => this.locate());
    byId("place").addEventListener("input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.look(), PAUSE); });
    byId("place").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); byId("places").querySelector("button")?.click(); } });
  }

  locate() {
    if (!navigator.geolocation || !isSecureContext) { this.tell(say("This browser does not tell its position here. Type a place name instead.")); return; }
    this.tell(say("Asking for the position …"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.from({ lon: coords.longitude, lat: coords.latitude, name: say("My position") }),
      () => this.tell(say("The position is not known. Type a place name instead.")),
      { timeout: 10_000, maximumAge: 60_000 });
  }

  async look() {
    const words = byId("place").value.trim(), mine = ++this.turn;
    let items = [], trouble = "";
    try {
      if (words) ({ items } = await ask(`/public/names?q=${encodeURIComponent(words)}`));
    } catch (error) {
      console.error(error);
      trouble = error.text?.[language] ?? say("The server does not answer. Try again.");
    }
    if (mine !== this.turn) return;
    const found = items.filter((item) => item.lon !== null);
    byId("places").hidden = !words;
    fill(byId("places"), ...found.map((item) => element("li", {},
      element("button", { type: "button", class: "link", onclick: () => this.from(item) }, item.name), " ",
      element("span", { class: "soft small" }, [item.kind && label(item.kind), item.division_name].filter(Boolean).join(" · ")))),
      found.length ? null : element("li", { class: "soft" }, trouble || say("No such place name. Try part of the name.")));
  }

  async from(place) {
    this.turn += 1;
    this.place = place;
    this.times = new Map();
    byId("places").hidden = true;
    byId("place").value = "";
    this.tell(say("Looking for the ways on foot …"));
    this.onchange();
    const mine = this.turn;
    let found;
    try {
      found = await ask(`/public/eldercare/walk?lon=${place.lon.toFixed(DIGITS)}&lat=${place.lat.toFixed(DIGITS)}`);
    } catch (error) {
      console.error(error);
      found = { state: "failed", text: error.text };
    }
    if (mine !== this.turn) return;
    this.times = new Map(found.times ?? []);
    this.tell(this.words(found), true);
    this.onchange();
    byId("from").scrollIntoView({ block: "start" });
  }

  words(found) {
    const name = this.place.name;
    if (found.state === "ready") return say("From {place}: minutes on foot along streets, at {speed} m/s, up to {limit} minutes; farther ones by straight distance.", { place: name, speed: found.metres_per_second.toFixed(1), limit: String(found.limit_minutes) });
    if (found.state === "no_street") return say("From {place}: no street on record is near it, so distances are straight.", { place: name });
    if (found.state === "failed") return found.text?.[language] ?? say("The server does not answer. Try again.");
    return say("From {place}: no street network is on record, so distances are straight.", { place: name });
  }

  clear() {
    this.turn += 1;
    this.place = null;
    this.times = new Map();
    byId("from").hidden = true;
    this.onchange();
  }

  tell(text, done = false) {
    byId("from").hidden = false;
    fill(byId("from"), element("span", {}, text), done ? element("button", { type: "button", class: "link", onclick: () => this.clear() }, say("Clear")) : null);
  }

  metres(row) {
    if (!this.place || row.lon === null) return null;
    return L.latLng(this.place.lat, this.place.lon).distanceTo([row.lat, row.lon]);
  }

  /* Those within a walk first, by minutes; then by straight distance; without a place nowhere. */
  sorted(rows) {
    if (!this.place) return rows;
    const key = (row) => [this.times.get(row.id) ?? Infinity, this.metres(row) ?? Infinity];
    return rows.map((row) => [key(row), row]).sort(([a], [b]) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0])).map(([, row]) => row);
  }
}
