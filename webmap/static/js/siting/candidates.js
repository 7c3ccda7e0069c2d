/* Candidates marked by hand: a row and a pin each; the row says the same as the pin. */

import { element } from "../dom.js";
import { L } from "../leaflet.js";
import { say } from "../words.js";

const FIELDS = [["name", "text"], ["lon", "decimal"], ["lat", "decimal"], ["beds", "numeric"], ["price", "decimal"]];
const LABELS = { name: say("Candidate"), lon: say("Longitude"), lat: say("Latitude"), beds: say("Beds"), price: say("Building cost") };

export class Candidates {
  constructor(map, body) {
    Object.assign(this, { map, body, rows: [], made: 0 });
    this.pins = L.layerGroup().addTo(map);
  }

  add({ name, lon, lat, beds = null, price = null }) {
    this.made += 1;
    const point = { name: name || `A${this.made}`, lon, lat, beds, price };
    const inputs = Object.fromEntries(FIELDS.map(([field, mode]) => [field, element("input", {
      value: point[field] ?? "", inputmode: mode, autocomplete: "off", "aria-label": LABELS[field], class: field === "name" ? "" : "figures",
    })]));
    const pin = L.marker([lat, lon], {
      draggable: true, autoPan: true, title: point.name, alt: point.name, zIndexOffset: 500,
      icon: L.divIcon({ className: "candidate-pin", iconSize: [26, 26], iconAnchor: [13, 13] }),
    }).addTo(this.pins);
    const remove = element("button", { type: "button", class: "button quiet", "aria-label": say("Remove {name}", { name: point.name }), onclick: () => this.remove(row) }, "×");
    const row = { inputs, pin, line: element("tr", {}, ...FIELDS.map(([field]) => element("td", { "data-label": LABELS[field] }, inputs[field])), element("td", {}, remove)) };
    pin.on("drag", () => {
      const at = pin.getLatLng();
      inputs.lon.value = at.lng.toFixed(7);
      inputs.lat.value = at.lat.toFixed(7);
    });
    for (const side of ["lon", "lat"]) inputs[side].addEventListener("input", () => this.moved(row));
    inputs.name.addEventListener("input", () => this.named(row));
    this.rows.push(row);
    this.body.append(row.line);
    this.named(row);
  }

  remove(row) {
    row.pin.remove();
    row.line.remove();
    this.rows = this.rows.filter((each) => each !== row);
  }

  moved({ inputs, pin }) {
    const [lon, lat] = [Number(inputs.lon.value), Number(inputs.lat.value)];
    if (Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lat) <= 90) pin.setLatLng([lat, lon]);
  }

  named({ inputs, pin }) {
    const sign = document.createElement("span");
    sign.textContent = inputs.name.value;
    pin.setIcon(L.divIcon({ className: "candidate-pin", html: sign, iconSize: [26, 26], iconAnchor: [13, 13] }));
  }

  show(on) {
    if (on) this.pins.addTo(this.map);
    else this.pins.remove();
  }

  /* As the API takes them: what is empty is not said, what is no number is told there. */
  list() {
    return this.rows.map(({ inputs }) => {
      const said = (field) => (inputs[field].value.trim() === "" ? null : Number(inputs[field].value));
      return { name: inputs.name.value.trim(), lon: said("lon"), lat: said("lat"), beds: said("beds"), price: said("price") };
    });
  }
}
