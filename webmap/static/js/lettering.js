/* Names of divisions and numbers of moved areas, each where it touches no other: methods of DivisionMap. */

import { meets } from "./boxes.js";
import { EXTENT } from "./tiles.js";

export const Lettering = {
  /* Numbers of the moved areas: the number in the list is the number on the map. */
  _numbers() {
    this._taken = [];
    this.moved.forEach((move, index) => {
      if (move.within >= 0 || move.ha < 0.1) return;
      const box = this._badge(move, index);
      if (this._taken.some((other) => meets(other, box))) return;
      this._taken.push(box);
      this._number(move, index, 1.6);
    });
  },
  _badge(move, index) {
    const point = this._map.latLngToLayerPoint([move.at[1], move.at[0]]).subtract(this._bounds.min);
    this._pen.font = `600 12px ${this.colours.font}`;
    const half = Math.max(10, this._pen.measureText(String(index + 1)).width / 2 + 5);
    return [point.x - half, point.y - 10, point.x + half, point.y + 10];
  },
  _number(move, index, line) {
    const pen = this._pen, box = this._badge(move, index);
    const colour = this.colours.gains[move.colour ?? 0];
    pen.beginPath();
    pen.roundRect(box[0], box[1], box[2] - box[0], 20, 10);
    pen.fillStyle = this.colours.paper;
    pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.stroke();
    pen.fillStyle = colour;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(String(index + 1), (box[0] + box[2]) / 2, (box[1] + box[3]) / 2 + 0.5);
  },

  /* Names, roomiest first, each where it touches no other. */
  _labels(areas) {
    const perDegree = (256 * 2 ** this._map.getZoom()) / 360;
    const found = [];
    for (const tile of areas) {
      for (const { properties, box } of tile.layers.label?.features ?? []) {
        const inside = box[0] >= 0 && box[1] >= 0 && box[0] < EXTENT && box[1] < EXTENT;
        if (!inside || properties.l > this.deepest) continue;
        const scale = tile.side / EXTENT;
        found.push({ ...properties, x: tile.left + box[0] * scale, y: tile.top + box[1] * scale });
      }
    }
    const finest = Math.max(0, ...found.map((item) => item.l));
    found.sort((a, b) => b.s - a.s);
    const taken = [...this._taken];
    this._named = new Map();
    for (const item of found) {
      item.coarse = item.l < finest;
      this._named.set(item.k, item);
      if (item.s / 1e6 * perDegree < 7) continue; // no name has room here: do not even measure
      const width = this._measure(item);
      if (width > (item.s / 1e6) * perDegree * 3.4 + 6) continue;
      const place = [0, 22, -22].map((shift) => [item.x - width / 2 - 3, item.y + shift - 10, item.x + width / 2 + 3, item.y + shift + 10, shift])
        .find((box) => !taken.some((other) => meets(other, box)));
      if (!place) continue;
      taken.push(place);
      item.y += place[4];
      this._name(item);
    }
  },
  _measure(item, strong = false) {
    this._pen.font = `${strong || item.coarse ? 600 : 400} ${item.coarse ? 15 : 13}px ${this.colours.font}`;
    item.text ??= item.n.length > 16 ? `${item.n.slice(0, 15)}…` : item.n;
    return this._pen.measureText(item.text).width;
  },
  _name(item, { strong = false } = {}) {
    const pen = this._pen;
    this._measure(item, strong);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.strokeStyle = this.colours.halo;
    pen.lineWidth = strong ? 4 : 3.5;
    pen.strokeText(item.text, item.x, item.y);
    pen.fillStyle = this.colours.label;
    pen.fillText(item.text, item.x, item.y);
  },
};
