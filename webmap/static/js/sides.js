/* Two dates side by side: a second map with the earlier state, which moves as the first one does. */

import { ask, path } from "./ask.js";
import { DivisionMap } from "./canvas.js";
import { element } from "./dom.js";
import { L } from "./leaflet.js";
import { say } from "./words.js";

export class Sides {
  constructor(map, pane, { onselect, onhover }) {
    Object.assign(this, { map, pane, onselect, onhover, other: null, on: false, busy: false });
  }

  open() {
    if (this.other) return;
    const holder = this.pane.appendChild(element("div", { class: "other-map", role: "application", tabindex: "0", "aria-label": say("Map of the earlier date") }));
    this.tag = this.pane.appendChild(element("p", { class: "side-date figures" }));
    this.other = L.map(holder, { zoomControl: false, attributionControl: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 20 });
    this.other.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
    this.drawn = new DivisionMap().addTo(this.other);
    this.follow(this.map, this.other);
    this.follow(this.other, this.map);
    this.other.on("click", (event) => { const { code } = this.drawn.under(event.layerPoint); if (code) this.onselect(code); });
    this.other.on("mousemove", (event) => this.onhover(this.drawn.under(event.layerPoint).code, event));
  }

  follow(one, two) {
    one.on("move", () => {
      if (this.busy || !this.on) return;
      this.busy = true;
      two.setView(one.getCenter(), one.getZoom(), { animate: false });
      this.busy = false;
    });
  }

  /* Show a date beside the one shown, with the areas that moved; null closes. */
  async show(date, { changes, deepest, selected, ground }) {
    const toggled = this.on !== Boolean(date);
    this.on = Boolean(date);
    this.pane.hidden = !this.on;
    this.map.invalidateSize({ pan: false });
    if (toggled && this.on) this.map.fitBounds(ground, { animate: false });
    if (!this.on) return;
    this.open();
    this.other.invalidateSize({ pan: false });
    this.other.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
    const state = await ask(`/api/v1/dates/${path(date)}`);
    this.tag.textContent = state.date;
    this.drawn.upTo(deepest);
    this.drawn.show(state.tiles, state.levels);
    this.drawn.compare(changes?.tiles ?? null, changes?.moves ?? []);
    this.drawn.select(selected);
  }

  select(code) { this.drawn?.select(code); }
  hover(code) { if (this.on) this.drawn?.hover(code); }
  highlight(index) { if (this.on) this.drawn?.highlight(index); }
  upTo(level) { this.drawn?.upTo(level); }
  resize() { this.other?.invalidateSize({ pan: false }); }
}
