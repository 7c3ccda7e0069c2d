/* Coverage as a job computes it: asked for, waited for, fetched. */

import { ask, path, Refused } from "../ask.js";
import { send } from "../ui/send.js";
import { label, say } from "../words.js";

export const LEVELS = { district: 3, street: 4, community: 5 };
const PAUSE = 700;

/* The document that answers a question; `tell(words, busy)` hears how far it is. */
export async function computed(question, tell, current = () => true) {
  const answer = await send("/api/v1/coverage", question);
  if (!answer.ready) await finished(answer.job, tell, current);
  return current() ? ask(`/api/v1/coverage/${path(answer.key)}`) : null;
}

/* Wait for a job; say how far it is. */
export async function finished(job, tell, current = () => true) {
  for (;;) {
    if (!current() || job.state === "done") return;
    if (job.error || job.state === "failed" || job.state === "cancelled") throw new Refused(409, job.error ?? { message: job.message });
    tell(label(job.message) || say("The figures are being computed."), true);
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    job = await ask(`/api/v1/jobs/${path(job.id)}`);
  }
}
