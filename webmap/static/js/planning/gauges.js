/* The indicators that a plan moves: asked for beside the drag, never in its way. */

import { element, fill } from "../dom.js";
import { send } from "../ui/send.js";
import { language, say } from "../words.js";

const ADDRESS = "/api/v1/planning/indicators";
const REST_MS = 200, PACE_MS = 3000; // asked when the pointer rests, and now and then while it moves: what is asked meanwhile waits

export class Gauges {
  constructor(box, chooser, session) {
    Object.assign(this, { box, chooser, session, scope: "", going: false, wanted: null, last: 0, rows: [] });
    chooser.addEventListener("change", () => { this.scope = chooser.value; this.want(this.wanted ?? this.session.edits, true); });
  }

  /* A plan was opened: its scope counts, and other units may be asked about. */
  open(base) {
    this.scope = base?.scope ?? this.scope;
    this.want(this.session.edits, true);
  }

  want(edits, now = false) {
    this.wanted = edits;
    clearTimeout(this.later);
    const since = performance.now() - this.last;
    this.later = setTimeout(() => this.ask(), now ? 0 : since > PACE_MS ? 0 : REST_MS);
  }

  async ask() {
    if (this.going || !this.session.base) return;
    this.going = true;
    const { wanted, session, scope } = this;
    try {
      const answer = await send(ADDRESS, { session: session.name, base: { ...session.base, scope }, edits: wanted });
      this.show(answer);
    } catch (error) {
      if (error.status !== 503) fill(this.box, element("p", { class: "soft" }, say("The indicators could not be computed.")));
    } finally {
      this.going = false;
      this.last = performance.now();
    }
    if (this.wanted !== wanted || this.scope !== scope) this.want(this.wanted);
  }

  show({ indicators, scopes }) {
    if (this.chooser.options.length !== scopes.length + 1) {
      fill(this.chooser, element("option", { value: "" }, say("Everywhere")), ...scopes.map(({ code, name }) => element("option", { value: code }, name)));
    }
    this.chooser.value = this.scope;
    this.rows = indicators;
    const moved = indicators.filter((row) => !same(row)), still = indicators.filter(same);
    const open = this.box.querySelector("details")?.open ?? false;
    fill(this.box,
      moved.length ? table(moved) : element("p", { class: "soft" }, say("No indicator differs by these changes.")),
      element("details", { open }, element("summary", {}, say("As before: {n}", { n: String(still.length) })), table(still)));
    this.box.dataset.answers = String(Number(this.box.dataset.answers ?? 0) + 1);
  }
}

const same = ({ before, after }) => before.numerator === after.numerator && before.denominator === after.denominator;
const quantity = (value) => (value === null ? "—" : value.toFixed(2));

function table(rows) {
  const heads = [say("Indicator"), say("Before"), say("Now"), say("Change")];
  return element("table", { class: "table figures gauges" },
    element("thead", {}, element("tr", {}, ...heads.map((head, at) => element("th", { scope: "col", class: at ? "number" : null }, head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", { "data-indicator": row.id },
      element("th", { scope: "row" }, row.name[language], " ", element("span", { class: "soft small nowrap" }, `${row.id} · ${row.unit[language]}`), ...left(row)),
      element("td", { class: "number" }, quantity(row.before.value)), element("td", { class: "number" }, quantity(row.after.value)),
      element("td", { class: "number" }, change(row))))));
}

/* The facilities that the figure leaves out, since they do not state what it needs. */
const left = ({ left_out: kinds }) => (kinds ?? []).map(({ why, count }) => element("span", { class: "soft small left-out" }, language === "zh" ? `${why.zh}：${count}` : `${why.en}: ${count}`));

function change({ before, after }) {
  if (before.value === null || after.value === null) return "—";
  const by = after.value - before.value;
  return by === 0 ? "±0" : `${by > 0 ? "+" : "−"}${Math.abs(by).toFixed(2)}`;
}
