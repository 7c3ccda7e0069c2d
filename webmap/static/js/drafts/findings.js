/* Findings: one number for each in table, map and address; j and k walk through them. */

import { ask, path } from "../ask.js";
import { byId, element, fill, setCurrent } from "../dom.js";
import { createMap } from "../mapkit.js";
import { complain } from "../ui/send.js";
import { count, label, say } from "../words.js";
import { FindingsMap } from "./findings_map.js";
import { preview } from "./preview.js";
import { area, gradeWords, keys, length, query, readAddress, writeAddress } from "./shared.js";

const SIZE = 100;
const FILTERS = ["severity", "rule", "state", "unit", "sort"];
const COLUMNS = [["number", "#"], ["unit", "Problem"], ["area_m2", "Area"], ["width_m", "Width"]];
const BADGE = { error: "red", warning: "amber", info: "" };

class Findings {
  constructor(root) {
    this.address = `/api/v1/drafts/${path(root.dataset.draft)}`;
    this.moves = root.dataset.moves.split(" ");
    this.root = root;
    this.state = readAddress([...FILTERS, "f", "mark"]);
    this.start = 0;
    this.chosen = new Set();
    this.map = new FindingsMap(createMap(byId("map"), { label: byId("map").getAttribute("aria-label") }), this.address, (number) => this.select(number));
  }

  async begin() {
    this.listen();
    await this.load();
    this.map.draw(this.filter(), this.page.matching);
    ask(`${this.address}/changes`).then((found) => this.map.outline(found)).catch(() => null);
    const wanted = this.state.mark ? this.page.rows.find((row) => row.fingerprint.startsWith(this.state.mark))?.number : Number(this.state.f);
    if (wanted) await this.select(wanted, { frame: true, first: true });
    document.body.dataset.ready = "yes";
  }

  listen() {
    const form = byId("filter");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.refilter(new FormData(form)).catch(complain), 250);
    });
    keys({
      j: () => this.step(1), ArrowDown: (event) => (event.target.closest(".findings-table") ? this.step(1) : false),
      k: () => this.step(-1), ArrowUp: (event) => (event.target.closest(".findings-table") ? this.step(-1) : false),
      Enter: (event) => (event.target.closest("button, a, summary") ? false : this.row ? this.map.frame(this.row) : false),
      x: () => this.row && this.choose(this.row.fingerprint, !this.chosen.has(this.row.fingerprint)),
    });
    byId("repair-all")?.addEventListener("click", () => this.repair([]));
    byId("repair-chosen")?.addEventListener("click", () => this.preview([...this.chosen]));
  }

  filter() {
    return { severity: this.state.severity, rule: this.state.rule, state: this.state.state, unit: this.state.unit };
  }

  async refilter(form) {
    for (const name of ["severity", "rule", "state", "unit"]) this.state[name] = form.get(name)?.trim() ?? "";
    writeAddress(this.state);
    this.start = 0;
    await this.load();
    this.map.draw(this.filter(), this.page.matching);
    if (this.row && !this.page.numbers.includes(this.row.number)) this.show(null);
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    const words = { ...this.filter(), sort: this.state.sort, start: this.start, limit: SIZE };
    this.page = await ask(`${this.address}/findings?${query(words)}`, { signal: this.asked.signal });
    this.table();
  }

  step(by) {
    const { numbers } = this.page;
    const at = this.row ? numbers.indexOf(this.row.number) : by > 0 ? -1 : numbers.length;
    const next = numbers[Math.min(Math.max(at + by, 0), numbers.length - 1)];
    if (next) this.select(next, { frame: true, focus: true }).catch(complain);
  }

  async select(number, { frame = false, focus = false, first = false } = {}) {
    const at = this.page.numbers.indexOf(number);
    if (at < 0) return;
    if (at < this.start || at >= this.start + SIZE) {
      this.start = Math.floor(at / SIZE) * SIZE;
      await this.load();
    }
    const row = this.page.rows.find((each) => each.number === number);
    this.show(row);
    if (frame) this.map.frame(row);
    const line = byId("rows").querySelector(`[data-number="${number}"]`);
    if (line) this.reach(line, focus);
    if (focus) line?.focus({ preventScroll: true });
    if (!first) { this.state.mark = ""; this.state.f = String(number); writeAddress(this.state); }
  }

  /* Bring a row into sight inside its frame; the page itself stays where it is. */
  reach(line, focus) {
    const frame = byId("rows-frame");
    if (frame.scrollHeight <= frame.clientHeight + 1) {
      if (focus) line.scrollIntoView({ block: "nearest" });
      return;
    }
    const [row, box] = [line.getBoundingClientRect(), frame.getBoundingClientRect()];
    const head = frame.querySelector("thead").offsetHeight;
    if (row.top < box.top + head) frame.scrollTop -= box.top + head - row.top;
    else if (row.bottom > box.bottom) frame.scrollTop += row.bottom - box.bottom;
  }

  show(row) {
    this.row = row ?? null;
    this.map.mark(row);
    for (const line of byId("rows").children) {
      setCurrent(line, Number(line.dataset.number) === row?.number);
    }
    const place = byId("finding");
    place.hidden = !row;
    if (row) fill(place, ...this.detail(row));
  }

  detail(row) {
    const open = (dialog, field, words) => () => {
      byId(field).value = row.fingerprint;
      byId(words).textContent = `${row.number}. ${label(row.rule_label)}: ${label(row.message)}`;
      byId(dialog).showModal();
    };
    const button = (text, onclick, kind = "") => element("button", { type: "button", class: `button ${kind}`, onclick }, text);
    const source = label(row.source);
    const measures = [["Area", row.area_m2, area], ["Width", row.width_m, length], ["Length", row.length_m, length]].filter(([, value]) => value !== null);
    return [
      element("header", {}, element("span", { class: "number-tag" }, String(row.number)), element("h2", {}, label(row.rule_label)), badge(row), element("span", { class: "grow" }),
        button("‹", () => this.step(-1), "icon quiet"), button("›", () => this.step(1), "icon quiet")),
      element("p", { class: "message" }, label(row.message)),
      element("p", { class: "measures" }, [...measures.map(([name, value, words]) => `${say(name)} ${words(value)}`), row.participants.join(" · "), source && `${say("Rests on")} ${source}`].filter(Boolean).join("　")),
      row.box || this.map.place(row) ? null : element("p", { class: "soft small" }, say("This is about attributes; it has no place of its own on the map.")),
      row.repair && !row.repair.automatic ? element("p", { class: "small" }, say("Only a person can mend this; correct it at its source or on the map.")) : null,
      element("div", { class: "actions" },
        button(say("Frame on the map"), () => this.map.frame(row)),
        row.rule === "facility_repeated" && row.participants.length === 2 ? element("a", { class: "button", href: `/facilities/merge?${new URLSearchParams({ kept: row.participants[0], gone: row.participants[1] })}` }, say("Compare and merge")) : null,
        row.repair?.automatic ? button(say("See the suggested repair"), () => this.preview([row.fingerprint]), this.moves.includes("repair") ? "primary" : "") : null,
        this.moves.includes("waive") && !row.waived ? button(say("Waive"), open("waive-dialog", "waive-finding", "waive-words")) : null,
        this.moves.includes("comment") ? button(say("Comment"), open("comment-dialog", "comment-finding", "comment-words")) : null),
    ];
  }

  table() {
    const { page } = this;
    const words = page.matching === page.total ? say("{n} findings", { n: count(page.total) }) : say("{n} of {total} findings", { n: count(page.matching), total: count(page.total) });
    byId("count").textContent = words;
    const mend = this.moves.includes("repair") && page.rows.some((row) => row.repair?.automatic);
    fill(byId("head"), mend ? element("th", { scope: "col" }, element("span", { class: "hidden" }, say("Mend"))) : null, ...COLUMNS.map(([name, text]) => this.head(name, text)));
    fill(byId("rows"), ...page.rows.map((row) => this.line(row, mend)));
    if (!page.rows.length) fill(byId("rows"), element("tr", {}, element("td", { colspan: "5" }, say("No finding is like this."))));
    fill(byId("pager"), ...this.pager());
    const bar = byId("repair-bar");
    if (bar) bar.hidden = !page.mendable; // what is chosen may be on another page
    const whole = byId("repair-all"); // it mends what a filter hides as well: not under one
    if (whole) whole.hidden = Object.values(this.filter()).some(Boolean);
  }

  head(name, text) {
    const [now, turned] = [this.state.sort.replace("-", "") || "number", this.state.sort.startsWith("-")];
    const press = () => {
      this.state.sort = now === name && !turned ? `-${name}` : name;
      writeAddress(this.state);
      this.start = 0;
      this.load().then(() => this.show(this.row)).catch(complain);
    };
    return element("th", { scope: "col", class: name.endsWith("_m2") || name.endsWith("_m") ? "number" : "", "aria-sort": now === name ? (turned ? "descending" : "ascending") : "none" }, element("button", { type: "button", onclick: press }, say(text)));
  }

  line(row, mend) {
    const line = element("tr", { "data-number": String(row.number), tabindex: "-1", onclick: (event) => { if (!event.target.closest("input")) this.select(row.number, { frame: true }).catch(complain); } },
      mend ? element("td", { "data-label": row.repair?.automatic ? say("Mend") : null }, row.repair?.automatic ? element("input", { type: "checkbox", checked: this.chosen.has(row.fingerprint), "aria-label": say("Mend {n}", { n: String(row.number) }), onchange: (event) => this.choose(row.fingerprint, event.target.checked) }) : "") : null,
      element("td", { "data-label": "#" }, element("button", { type: "button", class: "link number-tag", "aria-label": say("Finding {n}", { n: String(row.number) }) }, String(row.number))),
      element("td", { class: "what", "data-label": say("Problem") }, element("div", {}, badge(row), " ", element("strong", {}, label(row.rule_label)), element("small", {}, label(row.message)))),
      element("td", { class: "number", "data-label": say("Area") }, area(row.area_m2)),
      element("td", { class: "number", "data-label": say("Width") }, length(row.width_m ?? row.length_m)));
    if (row.number === this.row?.number) line.setAttribute("aria-current", "true");
    return line;
  }

  pager() {
    const { matching } = this.page;
    if (matching <= SIZE) return [];
    const go = (start) => () => { this.start = start; this.load().catch(complain); };
    const button = (text, start) => element("button", { type: "button", class: "button", onclick: go(start) }, text);
    return [
      this.start > 0 ? button(say("Page before"), this.start - SIZE) : null,
      element("span", { class: "figures" }, `${count(this.start + 1)}–${count(Math.min(this.start + SIZE, matching))} / ${count(matching)}`),
      this.start + SIZE < matching ? button(say("Next page"), this.start + SIZE) : null,
    ];
  }

  choose(mark, on) {
    if (on) this.chosen.add(mark);
    else this.chosen.delete(mark);
    const button = byId("repair-chosen");
    if (button) { button.disabled = !this.chosen.size; button.textContent = this.chosen.size ? say("Mend the chosen ones ({n})", { n: String(this.chosen.size) }) : say("Mend the chosen ones"); }
  }

  preview(marks) {
    const names = new Map(this.page.rows.map((row) => [row.fingerprint, row]));
    preview(this.address, marks, names, (to) => this.repair(marks, to)).catch(complain);
  }

  /* The form posts what the page may do; without names all that can be mended. */
  repair(marks, to = {}) {
    const form = byId("repair-form");
    for (const mark of marks) form.append(element("input", { type: "hidden", name: "finding", value: mark }));
    for (const [mark, key] of Object.entries(to)) form.append(element("input", { type: "hidden", name: "to", value: `${mark}=${key}` }));
    form.requestSubmit();
  }
}

function badge(row) {
  const words = gradeWords()[row.severity];
  const state = row.waived ? say("waived") : row.reopened ? say("open again") : "";
  return element("span", { class: `badge ${row.waived ? "" : BADGE[row.severity]}` }, state ? `${words} · ${state}` : words);
}

const root = byId("findings");
if (root) new Findings(root).begin().catch(complain);
