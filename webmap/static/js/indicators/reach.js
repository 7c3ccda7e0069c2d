/* Indicators of reach are kept by day: where today's are not there yet, they are computed at once. */

import { Refused } from "../ask.js";
import { byId } from "../dom.js";
import { finished } from "../services/figures.js";
import { complain, inWords, send } from "../ui/send.js";

const form = byId("reach");
const KEY = `reach ${location.pathname}${location.search}`;

/* Compute, and show the page anew with the figures. */
async function begin() {
  const place = byId("reaching"), words = place.querySelector("[data-words]");
  form.hidden = true;
  place.hidden = false;
  try {
    const { as_of: day, scope } = form.elements;
    const job = await send("/api/v1/indicators/reach", { as_of: day.value, scope: scope.value });
    await finished(job, (text) => { words.textContent = text; });
    sessionStorage.setItem(KEY, "shown anew");
    location.reload();
  } catch (error) {
    place.hidden = true;
    form.hidden = false;
    byId("unreached").textContent = inWords(error);
    if (!(error instanceof Refused)) complain(error);
  }
}

if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); begin(); });
  const again = sessionStorage.getItem(KEY); // what it stands on changed meanwhile: one look begins one job
  sessionStorage.removeItem(KEY);
  if (!again && "begins" in form.dataset) begin();
} else sessionStorage.removeItem(KEY);
