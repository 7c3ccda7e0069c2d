/* Colours come from tokens.css, so that dark mode and print are decided there. */

export function palette() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    fills: [0, 1, 2, 3, 4].map((i) => token(`map-${i}`)),
    gains: [0, 1, 2, 3, 4].map((i) => token(`gain-${i}`)),
    border: token("border"),
    casing: token("casing"),
    accent: token("accent"),
    old: token("old"),
    fresh: token("new"),
    label: token("label"),
    halo: token("halo"),
    paper: token("paper"),
    font: token("font"),
  };
}

/* Borders by rank: 0 parts provinces, 4 parts villages. Lengths in CSS pixels. */
export const BORDERS = [
  { width: 3.0, casing: 7, dash: [] },
  { width: 2.4, casing: 5.5, dash: [] },
  { width: 1.5, casing: 0, dash: [] },
  { width: 1.0, casing: 0, dash: [7, 3] },
  { width: 0.8, casing: 0, dash: [2, 3] },
];

const patterns = new Map();

/* Hatching in one colour; `ratio` is the device's pixels per CSS pixel. */
export function hatch(context, colour, ratio) {
  const key = `${colour} ${ratio}`;
  if (!patterns.has(key)) {
    const side = Math.round(8 * ratio);
    const tile = new OffscreenCanvas(side, side);
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6 * ratio;
    for (const shift of [-side, 0, side]) {
      pen.moveTo(shift - 1, side + 1);
      pen.lineTo(shift + side + 1, -1);
    }
    pen.stroke();
    patterns.set(key, context.createPattern(tile, "repeat"));
  }
  return patterns.get(key);
}
