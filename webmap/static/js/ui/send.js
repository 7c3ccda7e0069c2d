/* Ask the API to do something: session and CSRF token go along, a refusal comes back in words. */

import { Refused } from "../ask.js";
import { language, say } from "../words.js";
import { toast } from "./toast.js";

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

/* send("/api/v1/drafts/D0001/submit", { note: "…" }); method POST unless said otherwise. */
export async function send(address, body = {}, { method = "POST", signal } = {}) {
  const plain = body instanceof Blob || body instanceof FormData;
  const headers = { "X-CSRFToken": token(), Accept: "application/json" };
  if (!plain) headers["Content-Type"] = "application/json";
  const answer = await fetch(address, {
    method, headers, signal, credentials: "same-origin", body: plain ? body : JSON.stringify(body),
  });
  const document = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, document);
  return document;
}

/* Words for anything that went wrong, for a person. */
export function inWords(error) {
  const text = error.text?.[language];
  if (text) return error.hint?.[language] ? `${text} ${error.hint[language]}` : text;
  if (error.status === 413) return say("This is too large for the server.");
  if (error.status === 429) return say("Too many requests. Wait a minute and try again.");
  return say("The server does not answer. Try again.");
}

export function complain(error) {
  if (error.name === "AbortError") return;
  console.warn(error);
  toast(inWords(error), "error");
}
