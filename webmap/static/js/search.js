/* The search box: a combobox over the divisions in force on the date shown. */

import { ask } from "./ask.js";
import { element, fill } from "./dom.js";
import { count, label, say } from "./words.js";

const told = ({ name, kind, code, above }) => [name, " ", element("small", {}, [label(kind), code, above.map((upper) => upper.name).join(" › ")].filter(Boolean).join(" · "))];

export class Search {
  /* `find(words, signal)` answers with nodes and how many more; without it the state of a date is searched. */
  constructor(input, list, { onselect, date, find }) {
    Object.assign(this, { input, list, onselect, date, at: -1, asked: null });
    if (find) this.find = find;
    input.addEventListener("input", () => this.soon());
    input.addEventListener("keydown", (event) => this.keyed(event));
    input.addEventListener("focus", () => { if (input.value) this.soon(); });
    document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".search")) this.hide(); });
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.choose(item);
    });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), 120);
  }

  async look() {
    const words = this.input.value.trim();
    if (!words) { this.hide(); return; }
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      this.show(await this.find(words, this.asked.signal));
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  find(words, signal) {
    return ask(`/api/v1/search?date=${encodeURIComponent(this.date())}&q=${encodeURIComponent(words)}`, { signal });
  }

  /* A node has `name`, `code`, `kind`, `above`; `group` is its heading, `all` makes it the way to that many more. */
  show({ nodes, more }) {
    this.at = -1;
    this.nodes = nodes;
    const items = nodes.flatMap((node, index) => {
      const item = element("li", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": "false" }, ...(node.all ? [say("{n} more: show them all", { n: count(node.all) })] : told(node)));
      item.dataset.index = index;
      const begins = node.group && node.group !== nodes[index - 1]?.group;
      return begins ? [element("li", { class: "group", role: "presentation" }, node.group), item] : [item];
    });
    if (!nodes.length) items.push(element("li", { "aria-disabled": "true" }, say("Nothing found. Try the code or the first letters of the pinyin.")));
    if (more) items.push(element("li", { "aria-disabled": "true" }, say("{n} more; type more of the name", { n: count(more) })));
    fill(this.list, ...items);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (nodes.length) this.move(1);
  }

  options() { return [...this.list.querySelectorAll("[role=option]")]; }
  move(step) {
    const options = this.options();
    if (!options.length) return;
    this.at = (this.at + step + options.length) % options.length;
    options.forEach((item, index) => item.setAttribute("aria-selected", String(index === this.at)));
    options[this.at].scrollIntoView({ block: "nearest" }); // the list scrolls by itself
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }
  keyed(event) {
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Enter" && this.options()[this.at]) this.choose(this.options()[this.at]);
    else return;
    event.preventDefault();
  }
  choose(item) {
    const node = this.nodes[Number(item.dataset.index)];
    this.hide();
    this.input.value = "";
    this.onselect(node.code, node);
  }
  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
