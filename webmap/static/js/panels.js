/* The panel on the left: its tabs, folding, and the sheet it becomes on a phone. */

import { byId } from "./dom.js";

export const PANELS = ["tree", "changes", "table", "layers"];
export const NONE = "none";
const narrow = () => window.innerWidth < 768;

export class Panels {
  constructor({ onshow }) {
    this.onshow = onshow;
    for (const tab of document.querySelectorAll(".side [role=tab]")) {
      tab.addEventListener("click", () => this.show(tab.dataset.panel));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = PANELS[(PANELS.indexOf(tab.dataset.panel) + step + PANELS.length) % PANELS.length];
        this.show(next);
        byId(`tab-${next}`).focus();
      });
    }
    byId("fold").addEventListener("click", () => {
      if (narrow()) this.unfold(false);
      else { this.show(NONE); byId("unfold").focus(); }
    });
    byId("unfold").addEventListener("click", () => { this.show("tree"); byId("tab-tree").focus(); });
    byId("open-list").addEventListener("click", () => {
      if (this.name === NONE) this.show("tree");
      this.unfold(!byId("side").classList.contains("open"));
    });
  }

  show(wanted, { keep = false } = {}) {
    const name = PANELS.includes(wanted) || wanted === NONE ? wanted : "tree";
    this.name = name;
    byId("side").hidden = name === NONE;
    byId("unfold").hidden = name !== NONE;
    for (const other of PANELS) {
      byId(`${other}-panel`).hidden = other !== name;
      byId(`tab-${other}`).setAttribute("aria-selected", String(other === name));
      byId(`tab-${other}`).tabIndex = other === name ? 0 : -1;
    }
    this.onshow(name, { keep });
  }

  /* On a narrow screen the list lies over the map; an address that names a panel opens it. */
  unfold(open) {
    byId("side").classList.toggle("open", open);
    byId("open-list").setAttribute("aria-expanded", String(open));
  }

  close() { if (narrow()) this.unfold(false); }
}
