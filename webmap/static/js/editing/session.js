/* What the server says of a draft being edited; every gesture is one step there. */

import { ask, path } from "../ask.js";
import { send } from "../ui/send.js";

export class Session {
  constructor(draft, heard) {
    this.address = `/api/v1/editing/${path(draft)}`;
    this.heard = heard;
    this.state = null;
    this.busy = false;
  }

  async load(units = []) {
    const query = units.length ? `?units=${units.map(encodeURIComponent).join(",")}` : "";
    return this.take(await ask(this.address + query));
  }

  edit(operation) { return this.step("edits", { rev: this.state.rev, operation }); }
  undo() { return this.step("undo", { rev: this.state.rev }); }
  redo() { return this.step("redo", { rev: this.state.rev }); }
  propose(operation) { return send(`${this.address}/proposals`, { rev: this.state.rev, operation }); }

  /* One step at a time: what is drawn meanwhile would stand on borders that are gone. */
  async step(verb, body) {
    if (this.busy) return null;
    this.busy = true;
    this.heard.waiting(true);
    try {
      return this.take(await send(`${this.address}/${verb}`, body));
    } finally {
      this.busy = false;
      this.heard.waiting(false);
    }
  }

  take(state) {
    this.state = state;
    this.heard.changed(state);
    return state;
  }

  unit(code) { return this.state.units.find((each) => each.code === code) ?? null; }

  /* Why a border may not be moved, or null. */
  held(border) {
    const beside = [...Object.values(border.left), ...Object.values(border.right)].flat();
    if (beside.some((code) => this.unit(code)?.foreign)) return "foreign";
    return border.shared ? null : "outer";
  }
}
