/* The streets of a network under the map, fetched for what is in view. */

import { ask } from "../ask.js";
import { say } from "../words.js";

export class Streets {
  constructor(kit, address) {
    Object.assign(this, { kit, address, drawn: null, asked: null });
    kit.map.on("moveend", () => this.look());
    kit.legend([
      { style: "street", text: say("Street") },
      { style: "walk", text: say("For people only") },
      { style: "vehicle", text: say("For vehicles only") },
      { style: "isolated", text: say("Isolated part") },
    ]);
  }

  async look() {
    this.asked?.abort();
    this.asked = new AbortController();
    const view = this.kit.map.getBounds();
    const box = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((degrees) => degrees.toFixed(5));
    try {
      const found = await ask(`${this.address}/streets?box=${box.join(",")}`, { signal: this.asked.signal });
      this.drawn?.remove();
      this.drawn = this.kit.addFeatures(found, { style: (feature) => feature.properties.look });
      this.drawn.layer.bringToBack();
      this.kit.said.textContent = found.more ? say("{n} streets here: zoom in to see them", { n: String(found.count) }) : say("{n} streets", { n: String(found.count) });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }
}
