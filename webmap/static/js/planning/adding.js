/* The card of a facility that is to be added: what it is, and where, by a click on the map or by numbers. */

import { element, fill } from "../dom.js";
import { say } from "../words.js";
import { numbers } from "./panels.js";

export class Adding {
  /* `add({ type, name, beds, lon, lat })` puts it there. */
  constructor(box, types, add) {
    Object.assign(this, { box, types, add, form: null });
  }

  /* Show the card: `type` is what a new one most often is, `name` what it is called unless named, `at` the middle of the map. */
  open(type, name, at) {
    const field = (label, input) => element("label", { class: "field" }, element("span", {}, label), input);
    const text = (given = {}) => element("input", { autocomplete: "off", ...given });
    this.kind = element("select", {}, ...[...this.types].map(([value, words]) => element("option", { value, selected: value === type }, words)));
    this.name = text({ maxlength: 100, placeholder: name });
    this.beds = text({ inputmode: "numeric" });
    this.lon = text({ inputmode: "decimal", required: true });
    this.lat = text({ inputmode: "decimal", required: true });
    this.form = element("form", { class: "place-form adding-form", onsubmit: (event) => {
      event.preventDefault();
      const given = this.given({ lon: this.lon, lat: this.lat });
      if (given) this.add(given, true);
    } }, field(say("Type of facility"), this.kind), field(say("The name"), this.name), field(say("Beds"), this.beds), field(say("Longitude"), this.lon), field(say("Latitude"), this.lat),
    element("button", { class: "button", type: "submit" }, say("Add it here")));
    fill(this.box, element("h2", {}, say("A new facility")), element("p", { class: "soft" }, say("Click on the map where it would stand, or give its place in numbers.")), this.form);
    this.middle(at);
  }

  close() { this.form = null; }

  /* The middle of the map is where it is added, until other numbers are given. */
  middle({ lng, lat }) {
    if (!this.form || this.form.contains(document.activeElement)) return;
    this.lon.value = lng.toFixed(6);
    this.lat.value = lat.toFixed(6);
  }

  /* A click on the map: the same facility, there. */
  place({ lng, lat }) {
    const given = this.form && this.given({});
    if (given) this.add({ ...given, lon: lng, lat }, false);
  }

  given(places) {
    const wanted = { ...places, ...(this.beds.value.trim() ? { beds: this.beds } : {}) };
    const found = numbers(wanted);
    return found && { ...found, type: this.kind.value, name: this.name.value.trim() || this.name.placeholder };
  }
}
