/* What every page has: menus, dialogs, confirmations, tabs, tables, toasts, search. */

import { dialogs } from "./dialog.js";
import { menus } from "./menu.js";
import { followJobs } from "./progress.js";
import { searchBox } from "./search.js";
import { tables } from "./table.js";
import { tabs } from "./tabs.js";
import { toasts } from "./toast.js";

menus();
dialogs();
tabs(document);
tables(document);
toasts();
searchBox();
followJobs(document);

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
for (const field of document.querySelectorAll("[data-send]")) field.addEventListener("change", () => field.form.requestSubmit());
document.querySelector("[data-focus]")?.focus();
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  const box = document.getElementById("query");
  if (!box) return;
  event.preventDefault();
  box.focus();
});
/* A form sent twice by an impatient finger is sent once. */
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
  window.addEventListener("pageshow", () => delete event.target.dataset.sent, { once: true });
});
document.body.dataset.started = "yes";
