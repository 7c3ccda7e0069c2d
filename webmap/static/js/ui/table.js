/* Sort and filter rows that are all on the page: <table data-sortable>, and an input with data-filters="TABLE ID".
   A cell's data-value is what is compared where its text is not. Arrow keys, Home and End move between rows that
   hold a link or button; Enter follows it as usual. */

import { element } from "../dom.js";
import { language, say } from "../words.js";

const order = new Intl.Collator(language === "zh" ? "zh-CN" : "en", { numeric: true });

export function tables(root) {
  for (const table of root.querySelectorAll("table[data-sortable]")) sortable(table);
  for (const input of root.querySelectorAll("input[data-filters]")) filtering(input);
}

export function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = element("button", { type: "button", onclick: () => sort(table, heads, column) }, head.textContent.trim());
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
  });
  table.tBodies[0].addEventListener("keydown", (event) => step(event));
}

function sort(table, heads, column) {
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  for (const head of heads) if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column]?.dataset.value ?? row.cells[column]?.textContent.trim() ?? "";
  const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
  const number = heads[column].classList.contains("number");
  const plain = (text) => Number.parseFloat(text.replaceAll(",", "").replace("−", "-"));
  const compare = ([a], [b]) => {
    if (!number) return order.compare(a, b);
    const [x, y] = [plain(a), plain(b)];
    return (Number.isNaN(x) ? -Infinity : x) - (Number.isNaN(y) ? -Infinity : y);
  };
  rows.sort((a, b) => (down ? -compare(a, b) : compare(a, b)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function filtering(input) {
  const table = document.getElementById(input.dataset.filters);
  if (!table) return;
  const told = element("p", { class: "soft small", role: "status" });
  input.after(told);
  input.addEventListener("input", () => {
    const words = input.value.trim().toLowerCase();
    let left = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.textContent.toLowerCase().includes(words);
      left += row.hidden ? 0 : 1;
    }
    told.textContent = words ? say("{n} rows fit", { n: String(left) }) : "";
  });
}

function step(event) {
  const row = event.target.closest("tr");
  const rows = [...event.currentTarget.rows].filter((each) => !each.hidden && each.querySelector("a, button"));
  const at = rows.indexOf(row);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (at < 0 || next === undefined || !rows[next]) return;
  event.preventDefault();
  rows[next].querySelector("a, button").focus();
}
