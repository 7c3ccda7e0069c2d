/* On whose word something changed: the same block wherever a change is shown. */

import { element } from "./dom.js";
import { say } from "./words.js";

export function reasons(cited) {
  return cited.map((version) => {
    const texts = [version.title, version.message].filter((text) => text && text !== version.basis);
    return element(
      "div",
      { class: "reason" },
      element("p", {}, version.basis || say("No basis was given.")),
      ...texts.map((text) => element("p", {}, text)),
      ...version.events.map((event) => eventLine(event)),
      element("p", { class: "by" }, say("Version {n}, entered {when} by {author}, approved by {approver}", {
        n: String(version.version), when: version.recorded.slice(0, 10), author: version.author, approver: version.approver,
      })),
    );
  });
}

function eventLine(event) {
  const list = (codes) => (Array.isArray(codes) ? codes.join("、") : String(codes ?? ""));
  const kind = event.label?.[document.documentElement.lang.startsWith("zh") ? "zh" : "en"] ?? event.type ?? "";
  const text = [kind, [list(event.from), list(event.to)].filter(Boolean).join(" → "), event.basis ?? ""].filter(Boolean).join("：");
  return element("p", {}, text);
}
