/* Boxes as [west, north, east, south], in the units of whatever they lie on. */

export const within = (box, x, y) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
export const around = (boxes) => boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
export const meets = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
