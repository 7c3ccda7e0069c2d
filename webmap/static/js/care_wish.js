/* What somebody looks for among the facilities: the form, its address, and who fits. */

import { byId, element } from "./dom.js";
import { label, say } from "./words.js";

const ONE = ["q", "type", "district", "free", "price", "rating"];

export class Wish {
  constructor(form, data) {
    this.form = form;
    this.data = data;
    const option = (value, text) => element("option", { value }, text);
    for (const group of data.groups) {
      byId("type").append(element("optgroup", { label: label(group.label) },
        option(group.name, say("All: {group}", { group: label(group.label) })),
        ...group.types.filter((type) => data.types[type]).map((type) => option(type, label(data.types[type])))));
    }
    for (const [code, name] of Object.entries(data.divisions)) {
      const street = code.length > 6;
      byId("district").append(option(code, street ? `\u3000${name}` : name));
    }
    byId("functions").append(...Object.entries(data.functions).map(([value, text]) =>
      element("label", { class: "choice" }, element("input", { type: "checkbox", name: "f", value }), element("span", {}, label(text)))));
  }

  /* Take over what an address says. */
  read(query) {
    for (const name of ONE) {
      const field = this.form.elements[name];
      if (field.type === "checkbox") field.checked = query.get(name) === "1";
      else field.value = query.get(name) ?? "";
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
    const functions = query.getAll("f");
    for (const box of this.form.querySelectorAll("[name=f]")) box.checked = functions.includes(box.value);
    byId("more").open = ["free", "price", "rating", "f"].some((name) => query.get(name));
  }

  asked() {
    const sent = new URLSearchParams(new FormData(this.form));
    for (const [name, value] of [...sent]) if (!value) sent.delete(name);
    return sent;
  }

  fitting() {
    const asked = this.asked();
    const words = (asked.get("q") ?? "").trim().toLowerCase().split(/\s+/).filter(Boolean);
    const type = asked.get("type"), district = asked.get("district"), price = Number(asked.get("price")), rating = Number(asked.get("rating"));
    const functions = asked.getAll("f");
    const fits = (row) => words.every((word) => `${row.name} ${row.address ?? ""} ${row.phone ?? ""}`.toLowerCase().includes(word))
      && (!type || row.group === type || row.type === type)
      && (!district || (row.division ?? "").startsWith(district))
      && (!asked.get("free") || row.has_room)
      && (!price || (row.price_low !== null && row.price_low <= price))
      && (!rating || (row.rating !== null && row.rating >= rating))
      && functions.every((each) => row.functions.includes(each));
    return this.data.facilities.filter(fits);
  }
}
