/* What the pages of a draft share: numbers with units, styles of findings, the address. */

import { ha, say } from "../words.js";

const metres = (value, digits) => `${value.toFixed(digits)} m`;

export const area = (m2) => (m2 === null || m2 === undefined ? "—" : m2 < 1000 ? `${m2.toFixed(m2 < 10 ? 2 : 0)} m²` : ha(m2 / 10000));
export const length = (m) => (m === null || m === undefined ? "—" : m >= 10000 ? `${(m / 1000).toFixed(2)} km` : metres(m, m < 1 ? 3 : m < 100 ? 1 : 0));

/* The style a finding is drawn in: by what it is, else by how grave. */
export const styleOf = ({ kind, severity }) => (kind === "place" ? { error: "point", warning: "warning", info: "note" }[severity] : kind);

export const gradeWords = () => ({ error: say("error"), warning: say("warning"), info: say("note") });

export function readAddress(names) {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(names.map((name) => [name, given.get(name) ?? ""]));
}

export function writeAddress(state) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(state)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}

export function query(values) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "" && value !== null && value !== undefined) made.set(name, value);
  return made.toString();
}

/* Thin outlines of the units a draft draws, under everything else. */
export function outlines(kit, changes) {
  if (!changes?.ready || !changes.drawn.units.features.length) return null;
  return kit.addFeatures(changes.drawn.units, { style: "unit" });
}

/* Do this for keys pressed outside of fields and dialogs. */
export function keys(does) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const work = does[event.key];
    if (!work || work(event) === false) return;
    event.preventDefault();
  });
}
