/* Ask the API; while a state is being prepared, ask again. */

export class Refused extends Error {
  constructor(status, document) {
    super(document?.message?.en ?? `HTTP ${status}`);
    this.status = status;
    this.text = document?.message ?? null;
    this.hint = document?.hint ?? null; // what to do about it
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* Recorded time: what is asked of the divisions is answered as it was known then. */
export const recorded = { known: "" };
const DATED = /^\/(p\/current\.json|api\/v1\/(dates|changes|divisions|table|search)\b)/;

const asKnown = (address) => (recorded.known && DATED.test(address) ? `${address}${address.includes("?") ? "&" : "?"}known=${encodeURIComponent(recorded.known)}` : address);

export async function ask(wanted, { signal, onwait } = {}) {
  const address = asKnown(wanted);
  for (;;) {
    const answer = await fetch(address, { signal, credentials: "same-origin" });
    if (answer.status === 202) {
      onwait?.();
      await pause(600);
      continue;
    }
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
    return answer.json();
  }
}

export const path = (...parts) => parts.map((part) => encodeURIComponent(part)).join("/");
