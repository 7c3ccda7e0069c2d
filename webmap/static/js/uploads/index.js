/* The upload page: drop or choose files, watch them go, pause, go on, cancel. */

import { byId, element } from "../dom.js";
import { inWords } from "../ui/send.js";
import { say } from "../words.js";
import { group } from "./group.js";
import { Sending } from "./sending.js";

const zone = byId("dropzone");
const list = byId("sending");
const options = { api: zone.dataset.api, part: Number(zone.dataset.part), purpose: zone.dataset.purpose ?? "", target: zone.dataset.target ?? "" };
const queue = [];
let busy = false;
let made = [];

byId("files").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.remove("over"); });
zone.addEventListener("drop", (event) => take(event.dataTransfer.files));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });

function take(files) {
  for (const item of group(files)) queue.push(row(item));
  list.hidden = list.children.length === 0;
  next();
}

async function next() {
  if (busy || queue.length === 0) return;
  busy = true;
  const upload = await queue.shift().run();
  busy = false;
  if (upload?.state === "received") made.push(upload);
  if (queue.length) next();
  else if (made.length === 1 && list.children.length === 1) location.assign(`${zone.dataset.page}/${upload.id}`);
}

function row(item) {
  const bar = element("progress", { max: item.size, value: 0, "aria-label": item.name });
  const words = element("span", {}, say("waiting"));
  const share = element("span", {}, "0 %");
  const pause = element("button", { type: "button", class: "button" }, say("Pause"));
  const cancel = element("button", { type: "button", class: "button quiet" }, say("Cancel"));
  const tools = element("div", { class: "actions" }, pause, cancel);
  const names = item.files.length > 1 ? element("div", { class: "side-note" }, item.files.map((file) => file.name).join(" · ")) : null;
  list.append(element("li", {}, element("div", { class: "main" }, item.name, names),
    element("div", { class: "progress" }, bar, element("p", { class: "words" }, words, share)), tools));
  const tell = (state, sent, error) => {
    if (sent !== undefined) { bar.value = sent; share.textContent = `${Math.floor(100 * sent / item.size)} %`; }
    words.textContent = error ? `${state === "waiting" ? `${say("trying again")} · ` : ""}${inWords(error)}` : said(state);
    pause.textContent = state === "paused" ? say("Go on") : say("Pause");
    if (["done", "failed", "cancelled"].includes(state)) tools.replaceChildren();
    if (state === "failed") words.classList.add("wrong");
  };
  const sending = new Sending(item, { ...options, tell });
  if (item.size === 0 || item.size > Number(zone.dataset.limit)) {
    tell("failed");
    words.textContent = item.size === 0 ? say("The file is empty.") : say("The file is larger than this server takes.");
    return { run: async () => null };
  }
  pause.addEventListener("click", () => (sending.paused ? sending.resume() : sending.pause()));
  cancel.addEventListener("click", () => sending.cancel().catch((error) => console.warn(error)));
  return {
    run: async () => {
      if (sending.cancelled) { tell("cancelled"); return null; }
      const upload = await sending.run();
      if (upload?.state === "received") tools.append(element("a", { class: "button", href: `${zone.dataset.page}/${upload.id}` }, zone.dataset.next ?? say("See how it was read")));
      return upload;
    },
  };
}

function said(state) {
  return {
    begun: say("asking what is here already"), sending: say("sending"), paused: say("paused"), finishing: say("keeping the original"),
    done: zone.dataset.done ?? say("kept; being read"), failed: say("not uploaded"), cancelled: say("cancelled"),
  }[state] ?? state;
}
