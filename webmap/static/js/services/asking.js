/* The question of a page, folded on a phone: what is asked now stands in its summary, and the map below it. */

import { say } from "../words.js";

const NARROW = matchMedia("(max-width: 767px)");

/* Returns a function that writes the summary anew. `details` holds the form; wide windows keep it open. */
export function folding(details, form) {
  const summary = details.querySelector("summary > span");
  const fold = () => { details.open = !NARROW.matches; };
  const words = () => {
    const chosen = [...form.querySelectorAll("select")].map((field) => field.selectedOptions[0]?.textContent.trim());
    const types = form.querySelectorAll("[name=types]");
    const counted = say("{n} of {all} types", { n: String(form.querySelectorAll("[name=types]:checked").length), all: String(types.length) });
    const minutes = ["urban_minutes", "rural_minutes"].map((name) => form.elements[name].value || form.elements[name].placeholder);
    summary.textContent = [form.elements.as_of.value, counted, ...chosen, say("{n} min", { n: minutes.join(" / ") })].filter(Boolean).join(" · ");
  };
  NARROW.addEventListener("change", fold);
  form.addEventListener("change", words);
  form.addEventListener("submit", fold);
  fold();
  words();
  details.dataset.folds = "";
  return words;
}
