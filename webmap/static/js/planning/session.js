/* One planner's plan: a list of edits over what is published. Every gesture sends the whole
   list, so nothing is lost when the planning process is begun anew. */

import { send } from "../ui/send.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ADDRESS = "/api/v1/planning";
const TURNS = 60;
const PATIENCE_MS = 1000; // a person is told that the answer takes longer
export const SHOWN = "planning:shown"; // from a gesture to its answer being on the page

export class Session {
  constructor(heard) {
    this.heard = heard;
    this.name = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.edits = [];
    this.base = null;
    this.pending = null; // the edit of a drag that has not gone out yet, and when it was made
    this.going = false;
  }

  /* Ask for everything: after the question changed, or a saved scenario was opened. */
  async open(base, edits = []) {
    const mine = this.base = base;
    this.edits = edits;
    this.heard.waiting(true);
    try {
      const answer = await this.post(edits, { whole: true });
      if (this.base === mine) this.heard.opened(answer);
    } finally {
      if (this.base === mine) this.heard.waiting(false);
    }
  }

  /* While dragging only the newest position matters: one message is out, one waits.
     `at`: when the pointer was there. */
  drag(edit, at) {
    this.pending = { edit, at };
    this.pump();
  }

  async pump() {
    if (this.going || !this.pending) return;
    this.going = true;
    const { edit, at } = this.pending, edits = [...this.edits, edit];
    this.pending = null;
    let answer = null;
    try {
      answer = await this.post(edits);
    } catch (error) {
      this.heard.failed(error);
    }
    this.going = false;
    this.pump(); // what waited is on its way while this is drawn
    if (answer) this.show(answer, edits, at);
  }

  /* An edit that stays, or none: the same again. What waited of a drag is superseded. */
  async keep(edit) {
    const at = performance.now();
    await this.quiet();
    return this.settle([...this.edits, edit], at);
  }

  async undo() {
    const at = performance.now();
    await this.quiet();
    return this.settle(this.edits.slice(0, -1), at);
  }

  async quiet() {
    this.pending = null;
    while (this.going) await pause(5);
  }

  async settle(edits, at) {
    this.going = true;
    try {
      const answer = await this.post(edits);
      this.edits = edits;
      this.show(answer, edits, at);
      return answer;
    } finally {
      this.going = false;
    }
  }

  /* How long it took until map and table show it is kept as the browser's own measure. */
  show(answer, edits, at) {
    this.heard.changed(answer, edits);
    requestAnimationFrame(() => setTimeout(() => performance.measure(SHOWN, { start: at })));
  }

  /* While streets are being loaded for somebody else the server says: come again. */
  async post(edits, more = {}) {
    const { base } = this;
    const late = setTimeout(() => this.heard.late(true), PATIENCE_MS);
    try {
      for (let turn = 1; ; turn += 1) {
        try {
          return await send(ADDRESS, { session: this.name, base, edits, ...more });
        } catch (error) {
          if (error.status !== 503 || turn >= TURNS || this.base !== base) throw error;
        }
        await pause(2000);
      }
    } finally {
      clearTimeout(late);
      this.heard.late(false);
    }
  }
}
