/* Reading aids of the public maps: large print, high contrast, paper. */

import { byId } from "./dom.js";
import { keepOnPaper } from "./paper.js";

/* `drawn`: the divisions, painted anew in other colours; `map`: given its new size. */
export function readingAids(map, drawn) {
  for (const [id, name] of [["large", "large-print"], ["contrast", "high-contrast"]]) {
    const set = (on) => {
      document.documentElement.classList.toggle(name, on);
      byId(id).setAttribute("aria-pressed", String(on));
      localStorage.setItem(`quhua.${name}`, on ? "1" : "");
      drawn.recolour();
      map.invalidateSize({ pan: false });
    };
    set(localStorage.getItem(`quhua.${name}`) === "1");
    byId(id).addEventListener("click", () => set(byId(id).getAttribute("aria-pressed") !== "true"));
  }
  byId("print").addEventListener("click", () => window.print());
  keepOnPaper(document.querySelector(".public-map"), { widest: 1040, highest: 600 });
}
