/* Follow jobs: any .progress with data-job (the address of the job's JSON). Fires "done" with the job's document. */

import { ask } from "../ask.js";
import { label, say } from "../words.js";

const ENDED = ["done", "failed", "cancelled"];
const EVERY_MS = 1000;

export function followJobs(root) {
  for (const place of root.querySelectorAll(".progress[data-job]")) follow(place);
}

export async function follow(place, address = place.dataset.job) {
  const bar = place.querySelector("progress");
  for (let pause = EVERY_MS; place.isConnected; pause = Math.min(pause * 1.2, 5000)) {
    let job;
    try {
      job = await ask(address);
    } catch (error) {
      if (error.status) { said(place, error.text ? label(error.text) : say("The server does not answer. Try again.")); return; }
      await new Promise((resolve) => setTimeout(resolve, pause));
      continue; // the network went away for a moment
    }
    const share = job.progress;
    if (typeof share === "number") { bar.value = share; place.querySelector("[data-share]").textContent = `${Math.floor(share * 100)} %`; }
    said(place, label(job.message));
    if (ENDED.includes(job.state)) {
      if (job.state === "done") bar.value = 1;
      place.dispatchEvent(new CustomEvent("done", { bubbles: true, detail: job }));
      if (place.dataset.then) location.assign(place.dataset.then);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function said(place, words) {
  if (words) place.querySelector("[data-words]").textContent = words;
}
