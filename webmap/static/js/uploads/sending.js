/* One file on its way: parts that the server acknowledges one by one, so that a lost line costs one part. */

import { send } from "../ui/send.js";
import { sha256 } from "./sha256.js";

const PAUSES_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const FINAL = [400, 401, 403, 404, 409, 413, 422];

export class Sending {
  /* `tell(state, sent)`: begun, sending, waiting, paused, finishing, done, failed, cancelled. */
  constructor(item, { api, part, tell, purpose = "", target = "" }) {
    Object.assign(this, { item, api, part, tell, purpose, target });
    this.whole = new Blob(item.files);
    this.upload = null;
    this.paused = false;
    this.cancelled = false;
    this.sent = 0;
  }

  async run() {
    try {
      this.tell("begun");
      this.upload = await this.patiently(() => send(this.api, this.announced()));
      while (!this.cancelled && this.upload.state === "receiving") {
        const gap = missing(this.upload.received, this.item.size);
        this.sent = this.upload.bytes_here;
        if (!gap) {
          this.tell("finishing", this.sent);
          this.upload = await this.patiently(() => send(`${this.api}/${this.upload.id}/finish`));
          break;
        }
        await this.unpaused();
        if (this.cancelled) break;
        this.tell("sending", this.sent);
        this.upload = await this.patiently(() => this.put(gap));
      }
      this.tell(this.cancelled ? "cancelled" : "done", this.item.size);
    } catch (error) {
      if (this.cancelled) this.tell("cancelled");
      else this.tell("failed", this.sent, error);
    }
    return this.upload;
  }

  announced() {
    const { name, size, modified, files } = this.item;
    const members = files.length > 1 ? files.map((file) => ({ name: file.name, size: file.size })) : [];
    return { name, size, modified, members, purpose: this.purpose, target: this.target };
  }

  async put([start, end]) {
    const bytes = await this.whole.slice(start, Math.min(end, start + this.part)).arrayBuffer();
    const digest = await sha256(bytes);
    this.abort = new AbortController();
    return put(`${this.api}/${this.upload.id}/parts/${start}`, bytes, digest, this.abort.signal);
  }

  /* Again and again while only the line, or the server for a moment, is in the way. */
  async patiently(act) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (this.cancelled || FINAL.includes(error.status)) throw error;
        if (this.paused) { await this.unpaused(); tries = -1; continue; }
        this.tell("waiting", this.sent, error);
        await this.moment(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
      }
    }
  }

  moment(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
      this.hurry = () => { clearTimeout(timer); resolve(); };
    });
  }

  pause() { this.paused = true; this.abort?.abort(); this.tell("paused", this.sent); }

  resume() { this.paused = false; this.wake?.(); this.hurry?.(); }

  async cancel() {
    this.cancelled = true;
    this.abort?.abort();
    this.wake?.();
    this.hurry?.();
    if (this.upload) await send(`${this.api}/${this.upload.id}`, {}, { method: "DELETE" });
  }

  async unpaused() {
    while (this.paused && !this.cancelled) await new Promise((resolve) => { this.wake = resolve; });
  }
}

async function put(address, bytes, digest, signal) {
  const { Refused } = await import("../ask.js");
  const headers = {
    "Content-Type": "application/octet-stream", Accept: "application/json", "X-Part-Digest": digest,
    "X-CSRFToken": document.querySelector("meta[name=csrf-token]")?.content ?? "",
  };
  const answer = await fetch(address, { method: "PUT", body: bytes, headers, signal, credentials: "same-origin" });
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

/* The first range that is not there yet, or null. */
export function missing(received, size) {
  let at = 0;
  for (const [start, end] of received) {
    if (start > at) return [at, start];
    at = Math.max(at, end);
  }
  return at < size ? [at, size] : null;
}
