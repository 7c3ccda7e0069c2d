/* The tree of divisions, each level fetched when it is opened (WAI-ARIA tree pattern). */

import { ask } from "./ask.js";
import { element, fill } from "./dom.js";
import { count, label, say } from "./words.js";

export class Tree {
  constructor(root, { onselect, changed }) {
    this.root = root;
    this.onselect = onselect;
    this.changed = changed;
    this.date = null;
    this.selected = null;
    root.addEventListener("keydown", (event) => this.keyed(event));
    root.addEventListener("click", (event) => this.clicked(event));
  }

  forget() { this.drawnFor = null; }

  async show(date, since) {
    if (this.drawnFor === `${date} ${since}`) return;
    this.drawnFor = `${date} ${since}`;
    this.date = date;
    const answer = await ask(`/api/v1/divisions?date=${encodeURIComponent(date)}`);
    if (this.date !== date) return;
    fill(this.root, ...answer.nodes.map((node) => this.item(node, 1)));
    if (!answer.nodes.length) fill(this.root, element("li", { class: "empty" }, say("No division is in force on this date.")));
    if (answer.nodes.length === 1 && answer.nodes[0].children) await this.open(this.root.firstElementChild);
    this.rove();
    if (this.selected) this.mark(this.selected);
  }

  item(node, level) {
    const kind = label(node.kind);
    const item = element(
      "li",
      { role: "treeitem", "aria-level": level, "aria-selected": "false", "aria-expanded": node.children ? "false" : null, tabindex: "-1" },
      element(
        "div",
        { class: "node" },
        element("span", { class: "twist", "aria-hidden": "true" }, node.children ? "▸" : ""),
        element("span", { class: "name" }, node.name || node.code, " ", element("small", {}, node.name ? kind : say("{n} units", { n: count(node.children) }))),
        this.changed(node.code) ? element("span", { class: "changed" }, say("changed")) : null,
        node.name ? element("small", { class: "figures" }, node.code) : null,
      ),
    );
    item.dataset.code = node.code;
    item.dataset.unit = node.name ? "1" : "";
    return item;
  }

  async open(item) {
    if (item.getAttribute("aria-expanded") !== "false") return;
    item.setAttribute("aria-expanded", "true");
    item.querySelector(".twist").textContent = "▾";
    let group = item.querySelector("ul");
    if (!group) {
      group = element("ul", { role: "group" });
      item.append(group);
      const { nodes } = await ask(`/api/v1/divisions?date=${encodeURIComponent(this.date)}&parent=${encodeURIComponent(item.dataset.code)}`);
      fill(group, ...nodes.map((node) => this.item(node, Number(item.getAttribute("aria-level")) + 1)));
      if (this.selected) this.mark(this.selected);
    }
    group.hidden = false;
  }

  close(item) {
    if (item.getAttribute("aria-expanded") !== "true") return;
    item.setAttribute("aria-expanded", "false");
    item.querySelector(".twist").textContent = "▸";
    item.querySelector("ul").hidden = true;
  }

  mark(code) {
    this.selected = code;
    for (const item of this.root.querySelectorAll("[role=treeitem]")) {
      const chosen = item.dataset.code === code;
      item.setAttribute("aria-selected", String(chosen));
      if (chosen) this.scrollTo(item.querySelector(".node"));
    }
  }

  /* Scrolls the panel alone: scrollIntoView would move the page under a folded sheet. */
  scrollTo(node) {
    const panel = this.root.parentElement, frame = panel.getBoundingClientRect(), place = node.getBoundingClientRect();
    if (place.top < frame.top) panel.scrollTop += place.top - frame.top - 8;
    else if (place.bottom > frame.bottom) panel.scrollTop += place.bottom - frame.bottom + 8;
  }

  async reveal(above, code) {
    for (const { code: upper } of above) {
      const item = this.root.querySelector(`[data-code="${CSS.escape(upper)}"]`);
      if (item) await this.open(item);
    }
    this.mark(code);
  }

  clicked(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    const twist = event.target.closest(".twist");
    if (twist || !item.dataset.unit) this[item.getAttribute("aria-expanded") === "true" ? "close" : "open"](item);
    if (!twist && item.dataset.unit) this.onselect(item.dataset.code);
    this.rove(item);
  }

  shown() {
    return [...this.root.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest("ul[hidden]"));
  }
  rove(item = this.root.querySelector("[role=treeitem]")) {
    for (const other of this.root.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    if (item) item.tabIndex = 0;
  }
  focus(item) {
    if (!item) return;
    this.rove(item);
    item.focus();
  }

  async keyed(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    const list = this.shown(), at = list.indexOf(item);
    const moves = {
      ArrowDown: () => this.focus(list[at + 1]),
      ArrowUp: () => this.focus(list[at - 1]),
      Home: () => this.focus(list[0]),
      End: () => this.focus(list.at(-1)),
      ArrowRight: async () => {
        if (item.getAttribute("aria-expanded") === "true") this.focus(item.querySelector("[role=treeitem]"));
        else await this.open(item);
      },
      ArrowLeft: () => {
        if (item.getAttribute("aria-expanded") === "true") this.close(item);
        else this.focus(item.parentElement.closest("[role=treeitem]"));
      },
      Enter: () => (item.dataset.unit ? this.onselect(item.dataset.code) : this.open(item)),
      " ": () => (item.dataset.unit ? this.onselect(item.dataset.code) : this.open(item)),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    await moves[event.key]();
  }
}
