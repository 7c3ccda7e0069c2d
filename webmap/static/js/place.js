/* Where a point is, in words: longitude and latitude, and the local Gauss-Krüger zone. */

import { gauss } from "./gauss.js";
import { say } from "./words.js";

export const lonlat = ({ lat, lng }) =>
  `${Math.abs(lng).toFixed(5)}°${lng < 0 ? "W" : "E"} ${Math.abs(lat).toFixed(5)}°${lat < 0 ? "S" : "N"}`;

export function grid({ lat, lng }) {
  const found = gauss(lng, lat);
  return say("GK zone {zone} (CM {meridian}°): X {north} Y {east}", {
    zone: String(found.zone), meridian: String(found.meridian), north: found.north.toFixed(0), east: found.east.toFixed(0),
  });
}

export const placeText = (at) => `${lonlat(at)} · ${grid(at)}`;
