/* Figures of a plan in words. */

import { count } from "../words.js";

export const percent = (value) => (value === null || value === undefined ? "—" : `${value.toFixed(1)} %`);

export function signed(value, digits = 0) {
  const size = Math.abs(value);
  const words = digits ? size.toFixed(digits) : count(size);
  return Number(size.toFixed(digits)) === 0 ? `±${words}` : `${value > 0 ? "+" : "−"}${words}`;
}

/* How a change looks: better, worse, or no matter. */
export const tone = (value) => (Math.round(value) > 0 ? "good" : Math.round(value) < 0 ? "bad" : "soft");
