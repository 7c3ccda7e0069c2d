/* A map on paper, printed from the browser's own menu: nothing can be fetched or laid out anew
   while a page is printed, so the map keeps its pixels and all of it is drawn smaller or larger.
   Nor can a canvas be painted then (Chromium leaves off what is): a dark map is turned light by a filter. */

import { paperColours } from "./light.js";

/* Pixels of an inch are 96: between the margins of A4 upright, and as high as leaves room for words. */
const WIDEST = 680, HIGHEST = 640;

/* `holder`: what is kept whole. */
export function keepOnPaper(holder, { widest = WIDEST, highest = HIGHEST, largest = 1.5 } = {}) {
  let folded = [];
  addEventListener("beforeprint", () => {
    const { width, height } = holder.getBoundingClientRect();
    if (!width || !height) return;
    holder.classList.add("on-paper");
    holder.classList.toggle("turned-light", matchMedia("(prefers-color-scheme: dark)").matches && !document.body.classList.contains("sheet"));
    for (const [name, value] of [["width", `${width}px`], ["height", `${height}px`], ["zoom", String(Math.min(largest, widest / width, highest / height))]]) {
      holder.style.setProperty(`--paper-${name}`, value);
    }
    folded = [...holder.querySelectorAll("details:not([open])")]; // a legend
    for (const key of folded) key.open = true;
    if (!document.body.classList.contains("sheet")) paperColours(true);
  });
  addEventListener("afterprint", () => {
    if (!holder.classList.contains("on-paper")) return;
    holder.classList.remove("on-paper", "turned-light");
    for (const key of folded) key.open = false;
    if (!document.body.classList.contains("sheet")) paperColours(false);
  });
}
