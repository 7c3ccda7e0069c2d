/* On whose word something changed: the same block wherever a change is shown. */

import { element } from "./dom.js";
import { label, language, say } from "./words.js";

const EVENTS = 12;

/* `about`: a code whose events are wanted, or null for all but moved borders (they are listed as areas).
   `named`: names of divisions by code. */
export function reasons(cited, { about = null, named = new Map() } = {}) {
  return cited.map((version) => {
    const texts = [...new Set([version.basis, version.title, version.message].filter(Boolean))];
    const events = version.events.filter((event) => (about ? [...event.from, ...event.to].includes(about) : event.type !== "border"));
    return element(
      "div",
      { class: "reason" },
      ...(texts.length ? texts : [say("No basis was given.")]).map((text) => element("p", {}, text)),
      ...events.slice(0, EVENTS).map((event) => element("p", { class: "event" }, line(event, named))),
      events.length > EVENTS ? element("p", { class: "by" }, say("and {n} more", { n: String(events.length - EVENTS) })) : null,
      element("p", { class: "by" }, say("Version {n}, entered {when} by {author}, approved by {approver}", {
        n: String(version.version), when: version.recorded.slice(0, 10), author: version.author_name, approver: version.approver_name,
      })),
    );
  });
}

function line(event, named) {
  const list = (codes) => codes.map((code) => (named.get(code) ? `${named.get(code)}（${code}）` : code)).join("、");
  const same = list(event.from) === list(event.to);
  const sides = same ? list(event.to) : [list(event.from), list(event.to)].filter(Boolean).join(" → ");
  const rest = event.document ? `（${event.document}）` : "";
  return `${label(event.label)}${language === "zh" ? "：" : ": "}${sides}${rest}`;
}
