/* One planner's plan: a list of edits over what is published. Every gesture sends the whole
   list, so nothing is lost when the planning process is begun anew. */

import { send } from "../ui/send.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ADDRESS = "/api/v1/planning";
const TURNS = 60;

export class Session {
  constructor(heard) {
    this.heard = heard;
    this.name = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.edits = [];
    this.base = null;
    this.pending = null; // the edit of a drag that has not gone out yet
    this.going = false;
    this.times = []; // milliseconds from a gesture to its answer being on the page
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

  /* While dragging only the newest position matters: one message is out, one waits. */
  drag(edit) {
    this.pending = edit;
    this.pump();
  }

  async pump() {
    if (this.going || !this.pending) return;
    this.going = true;
    const edit = this.pending;
    this.pending = null;
    try {
      await this.show([...this.edits, edit]);
    } catch (error) {
      this.heard.failed(error);
    } finally {
      this.going = false;
    }
    this.pump();
  }

  /* An edit that stays, or none: the same again. What waited of a drag is superseded. */
  async keep(edit) {
    await this.quiet();
    return this.settle([...this.edits, edit]);
  }

  async undo() {
    await this.quiet();
    return this.settle(this.edits.slice(0, -1));
  }

  async quiet() {
    this.pending = null;
    while (this.going) await pause(5);
  }

  async settle(edits) {
    this.going = true;
    try {
      const answer = await this.show(edits);
      this.edits = edits;
      return answer;
    } finally {
      this.going = false;
    }
  }

  async show(edits) {
    const began = performance.now();
    const answer = await this.post(edits);
    this.heard.changed(answer, edits);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    this.times.push(performance.now() - began);
    return answer;
  }

  /* While streets are being loaded for somebody else the server says: come again. */
  async post(edits, more = {}) {
    const { base } = this;
    for (let turn = 1; ; turn += 1) {
      try {
        return await send(ADDRESS, { session: this.name, base, edits, ...more });
      } catch (error) {
        if (error.status !== 503 || turn >= TURNS || this.base !== base) throw error;
      }
      await pause(2000);
    }
  }
}
