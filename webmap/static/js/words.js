/* Words of the page in its language, and numbers with honest precision. */

const catalog = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export function say(text, values = {}) {
  let said = catalog[text] ?? text;
  for (const [name, value] of Object.entries(values)) said = said.replaceAll(`{${name}}`, () => value);
  return said;
}

/* Of a notice written in both languages, "中文 · English", the half of this page. */
export function half(text) {
  const halves = (text ?? "").split(" · ");
  return halves.length === 2 ? halves[language === "zh" ? 0 : 1] : text ?? "";
}

export const label = (text) => (text ? text[language] : "");

const locale = language === "zh" ? "zh-CN" : "en-GB";
const two = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const one = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

export const count = (value) => whole.format(value);
export const km2 = (value) => (value === null || value === undefined ? "—" : `${two.format(value)} km²`);
export const ha = (value) => `${Math.abs(value) < 1 ? two.format(value) : one.format(value)} ha`;
export const km = (value) => `${two.format(value)} km`;

export function signedKm2(value) {
  if (value === null) return "—";
  if (Math.abs(value) < 0.005) return `±0.00 km²`;
  return `${value > 0 ? "+" : "−"}${two.format(Math.abs(value))} km²`;
}
