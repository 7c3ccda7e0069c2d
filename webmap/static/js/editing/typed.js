/* Coordinates as a person types them: longitude and latitude, or X and Y of the zone the editor shows. */

import { ungauss } from "../gauss.js";
import { say } from "../words.js";

const MILLION = 1e6;
const NORTH = [1.8 * MILLION, 6.2 * MILLION]; // X of all China; no Y lies there, with a zone number or without

/* A Y as it is meant without its zone number; text says what is wrong with it. */
export function eastOf(number, zone) {
  if (Math.abs(number) < MILLION) return { east: number };
  const named = Math.floor(number / MILLION);
  if (named === zone) return { east: number - zone * MILLION };
  return { wrong: say("Y begins with zone {named}, but this table is in zone {zone}.", { named: String(named), zone: String(zone) }) };
}

const isNorth = (number) => number >= NORTH[0] && number <= NORTH[1];

function place([one, two], zone) {
  if (isNorth(one) !== isNorth(two)) {
    const { east, wrong } = eastOf(isNorth(one) ? two : one, zone);
    if (wrong) return { wrong };
    const { lng, lat } = ungauss(isNorth(one) ? one : two, east, zone);
    return { at: [lng, lat] };
  }
  if (Math.abs(one) <= 180 && Math.abs(two) <= 90) return { at: [one, two] };
  return { wrong: say("{text} is neither longitude, latitude nor X, Y.", { text: `${one}, ${two}` }) };
}

/* One point a line: {places} or {wrong}, in words, with the number of the line. */
export function typedLine(text, zone) {
  const places = [];
  for (const [index, row] of text.split(/\n|;|；/).entries()) {
    if (!row.trim()) continue;
    const numbers = row.trim().split(/[\s,，]+/).map(Number);
    const found = numbers.length === 2 && numbers.every(Number.isFinite) ? place(numbers, zone) : { wrong: say("Two numbers are wanted.") };
    if (found.wrong) return { wrong: say("Line {n}: {what}", { n: String(index + 1), what: found.wrong }) };
    places.push(found.at);
  }
  return { places };
}
