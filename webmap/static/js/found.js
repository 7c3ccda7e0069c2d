/* Place names and markers for a search box: nodes under their headings, and the way to all of them. */

import { ask, path } from "./ask.js";
import { say } from "./words.js";

const SHOWN = 6;

export const findNames = (registers, words, signal) => found(registers.includes("place_names"), `/api/v1/names/search?limit=${SHOWN}&q=${encodeURIComponent(words)}`, signal,
  ({ items, total }) => nodes(items.map(name), total, say("Place names"), `/names?q=${encodeURIComponent(words)}`));

export const findMarkers = (registers, words, signal) => found(registers.includes("markers"), `/api/v1/markers?limit=${SHOWN}&q=${encodeURIComponent(words)}`, signal,
  ({ rows, total }) => nodes(rows.map(marker), total, say("Markers"), `/markers?q=${encodeURIComponent(words)}`));

/* Divisions of a date and both registers as they are now: for the search of the map. */
export async function findAll(date, registers, words, signal) {
  const [divisions, names, markers] = await Promise.all([
    ask(`/api/v1/search?date=${encodeURIComponent(date)}&q=${encodeURIComponent(words)}`, { signal }),
    findNames(registers, words, signal), findMarkers(registers, words, signal),
  ]);
  const total = divisions.nodes.length + divisions.more;
  return { nodes: [...nodes(divisions.nodes, total, say("Divisions"), `/divisions?q=${encodeURIComponent(words)}`), ...names, ...markers], more: 0 };
}

/* A register that has nothing yet, or that is not ours to read, is no fault of the search. */
async function found(there, address, signal, read) {
  if (!there) return [];
  try {
    return read(await ask(address, { signal }));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return [];
  }
}

function nodes(items, total, group, all) {
  const left = total - items.length;
  return [...items, ...(left ? [{ href: all, all: left }] : [])].map((item) => ({ group, ...item }));
}

const at = ({ lon, lat }) => (lon === null || lat === null ? null : [lon, lat]);

function name(item) {
  const told = item.by === "other" ? ` (${say("by another name")})` : "";
  return {
    layer: "place_names", at: at(item),
    href: `/names/${path(item.key)}`,
    code: item.key,
    title: item.name,
    name: `${item.name}${told}`,
    above: item.division_name ? [{ name: item.division_name }] : [],
  };
}

function marker(row) {
  return {
    layer: "markers", at: at(row),
    href: `/markers/${path(row.marker)}`,
    code: row.name ? row.marker : "",
    title: [row.name, row.marker].filter(Boolean).join(" · "),
    name: row.name || row.marker,
    above: row.side_names.length ? [{ name: row.side_names.join(" – ") }] : [],
  };
}
