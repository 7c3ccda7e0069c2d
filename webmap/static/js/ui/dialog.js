/* Dialogs (<dialog>), and the question before something destructive.
   A button with data-dialog="ID" opens, one with data-close closes; a form with data-confirm="…" asks first. */

import { element } from "../dom.js";
import { say } from "../words.js";

export function dialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    const closer = event.target.closest("dialog [data-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target instanceof HTMLDialogElement && outside(event)) event.target.close();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const button = event.submitter;
    confirm(form.dataset.confirm, button?.textContent.trim()).then((yes) => {
      if (!yes) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(button ?? undefined);
    });
  });
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

let made = 0;

/* Ask; resolves to whether the answer was yes. */
export function confirm(question, verb = say("Yes, do it")) {
  made += 1;
  const title = `question-${made}`;
  const answer = (yes) => () => { box.returnValue = yes ? "yes" : ""; box.close(box.returnValue); };
  const box = element(
    "dialog",
    { "aria-labelledby": title },
    element("header", {}, element("h2", { id: title }, say("Please confirm"))),
    element("div", { class: "content" }, element("p", {}, question)),
    element(
      "footer",
      {},
      element("button", { type: "button", class: "button", onclick: answer(false) }, say("Cancel")),
      element("button", { type: "button", class: "button danger", onclick: answer(true) }, verb),
    ),
  );
  document.body.append(box);
  return new Promise((resolve) => {
    box.addEventListener("close", () => { resolve(box.returnValue === "yes"); box.remove(); });
    box.showModal();
  });
}
