/* Short notices at the corner; those of the last action are in the page already. */

import { byId, element } from "../dom.js";
import { say } from "../words.js";

const SHOWN_MS = 8000;

export function toasts() {
  const place = byId("toasts");
  place?.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".note").remove());
  for (const note of place?.querySelectorAll(".note") ?? []) fade(note);
}

/* kind: info, success, warning, error. Errors stay until they are closed; said again, one stands for all. */
export function toast(text, kind = "info") {
  for (const note of byId("toasts").querySelectorAll(`.note.${kind}`)) if (note.querySelector("p")?.textContent === text) note.remove();
  const close = element("button", { type: "button", class: "button icon quiet", "data-dismiss": true, "aria-label": say("Close") }, "×");
  const note = element("div", { class: `note ${kind}` }, element("div", {}, element("p", {}, text)), close);
  byId("toasts").append(note);
  fade(note);
  return note;
}

function fade(note) {
  if (!note.classList.contains("error") && !note.classList.contains("warning")) setTimeout(() => note.remove(), SHOWN_MS);
}
