/* Paper is white: while something is printed, the light colours hold, whatever the screen has. */

const sheetOf = (name) => [...document.styleSheets].find((item) => item.href?.endsWith(`/${name}`));

export function paperColours(on) {
  const root = document.documentElement;
  if (on && root.classList.contains("high-contrast")) return; // chosen by the reader
  for (const name of ["tokens.css", "mapkit.css"]) {
    const rule = [...(sheetOf(name)?.cssRules ?? [])].find((item) => item.selectorText === ":root");
    for (const token of rule?.style ?? []) {
      if (!token.startsWith("--") || ["--size", "--small"].includes(token)) continue;
      if (on) root.style.setProperty(token, rule.style.getPropertyValue(token));
      else root.style.removeProperty(token);
    }
  }
  root.style.colorScheme = on ? "light" : "";
}
