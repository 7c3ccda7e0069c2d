/* Ask the API; while a state is being prepared, ask again. */

export class Refused extends Error {
  constructor(status, document) {
    super(document?.message?.en ?? `HTTP ${status}`);
    this.status = status;
    this.text = document?.message ?? null;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function ask(address, { signal, onwait } = {}) {
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
