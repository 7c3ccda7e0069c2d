/* A sheet to print: title, map, legend, scale, north, data date, and what it may be used for. */

import { byId, element, fill } from "./dom.js";
import { paperColours } from "./light.js";
import { ha, say } from "./words.js";

/* Millimetres within the margins, one less in height: a page holds not quite the round number. */
const SIZES = { a4l: ["A4 landscape", 277, 189], a4p: ["A4 portrait", 190, 276], a3l: ["A3 landscape", 400, 276], a3p: ["A3 portrait", 277, 399] };
const MOST_MOVES = 14;
export const isSheet = (name) => name in SIZES;

export class Sheet {
  constructor({ resize, onclose, onsize }) {
    Object.assign(this, { resize, onclose, onsize });
    this.head = byId("sheet-head");
    this.foot = byId("sheet-foot");
    const size = element("select", { id: "sheet-size", "aria-label": say("Paper"), onchange: (event) => this.onsize(event.target.value) },
      ...Object.entries(SIZES).map(([name, [words]]) => element("option", { value: name }, say(words))));
    this.size = size;
    fill(byId("sheet-bar"), element("strong", {}, say("Print")), size,
      element("button", { class: "button primary", onclick: () => window.print() }, say("Print")),
      element("button", { class: "button", onclick: () => this.onclose() }, say("Close")));
  }

  /* `facts`: {title, lines, mark, moves, legend} as the page has them. */
  open(name, { title, lines, mark, moves }) {
    const [, width, height] = SIZES[name];
    paperColours(true);
    this.size.value = name;
    document.body.classList.add("sheet");
    document.body.style.setProperty("--sheet-width", `${width}mm`);
    document.body.style.setProperty("--sheet-height", `${height}mm`);
    this.paper(name);
    const heading = element("h1", { contenteditable: "plaintext-only", role: "textbox", "aria-label": say("Title of the sheet") }, this.title ?? title);
    heading.addEventListener("input", () => { this.title = heading.textContent; });
    fill(this.head, heading, north());
    const legend = byId("legend");
    legend.querySelector("details")?.setAttribute("open", "");
    fill(this.foot,
      legend,
      element("p", { class: "internal" }, mark),
      ...lines.map((line) => element("p", {}, line)),
      moves.length ? element("ol", { class: "sheet-moves" }, ...moves.slice(0, MOST_MOVES).map(([index, words, amount]) => element("li", { value: index + 1 }, `${words} ${ha(amount)}`))) : null);
    this.resize();
  }

  close() {
    if (!document.body.classList.contains("sheet")) return;
    document.body.classList.remove("sheet");
    paperColours(false);
    document.querySelector("section.map").append(byId("legend"));
    this.resize();
  }

  /* The paper's size is a rule of the page: the style object model may write it. Its
     margins win over those that print.css, which comes later, gives to every page. */
  paper(name) {
    const sheet = [...document.styleSheets].find((item) => item.href?.endsWith("/sheet.css"));
    if (this.rule !== undefined) sheet.deleteRule(this.rule);
    const [words] = SIZES[name];
    this.rule = sheet.insertRule(`@page { size: ${words}; margin: 10mm !important; }`, sheet.cssRules.length);
  }
}

function north() {
  return element("div", { class: "north", role: "img", "aria-label": say("North is up") }, element("span", { "aria-hidden": "true" }, "▲"), element("span", { "aria-hidden": "true" }, say("N")));
}
