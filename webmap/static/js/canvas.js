/* Draws tiles on one canvas the size of the view: crisp at every zoom, no seams.
   It is a Leaflet renderer, so dragging and zooming move it as Leaflet moves its own. */

import { decode } from "./mvt.js";
import { BORDERS, hatch, palette } from "./paint.js";

const L = window.L;
const EXTENT = 4096;
const DEEPEST = 15;
const KEPT = 160;

/* The tiles of one content hash, fetched once and kept decoded. */
class Tiles {
  constructor(digest, ready, loading) {
    this.digest = digest;
    this.ready = ready;
    this.loading = loading;
    this.waiting = 0;
    this.kept = new Map();
  }
  get(z, x, y) {
    const key = `${z}/${x}/${y}`;
    const tile = this.kept.get(key);
    if (tile) {
      this.kept.delete(key);
      this.kept.set(key, tile);
      return tile.layers;
    }
    const fresh = { layers: null };
    this.kept.set(key, fresh);
    this.loading(this.waiting += 1);
    fetch(`/p/${this.digest}/${key}.mvt`)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : new ArrayBuffer(0)))
      .then((body) => { fresh.layers = prepare(decode(body)); this.ready(); })
      .catch(() => { this.kept.delete(key); })
      .finally(() => this.loading(this.waiting -= 1));
    while (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return null;
  }
}

/* Paths that are always painted together are joined once. */
function prepare(layers) {
  const fills = new Map(), edges = new Map(), keyed = new Map();
  for (const feature of layers.area?.features ?? []) {
    const { k, c, l } = feature.properties;
    join(fills, l * 8 + c, feature.path);
    keyed.set(k, feature);
  }
  for (const feature of layers.edge?.features ?? []) {
    const { r, l } = feature.properties;
    join(edges, l * 8 + r, feature.path);
  }
  return { ...layers, fills, edges, keyed };
}

function join(groups, key, path) {
  if (!groups.has(key)) groups.set(key, new Path2D());
  groups.get(key).addPath(path);
}

export const DivisionMap = L.Renderer.extend({
  options: { padding: 0.25, onload() {} },

  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    this.natural = new Map();
    this.area = null;
    this.change = null;
    this.deepest = 99;
    this.selected = null;
    this.hovered = null;
    this.moved = [];
    this.highlighted = null;
    this.colours = palette();
    const follow = () => { this.colours = palette(); this.redraw(); };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
  },

  show(digest, levels = []) {
    this.natural = new Map(levels.map((item) => [item.level, item.natural]));
    this.area = digest ? new Tiles(digest, () => this.redraw(), this.options.onload) : null;
    this.redraw();
  },
  compare(digest, moved) {
    this.change = digest ? new Tiles(digest, () => this.redraw(), this.options.onload) : null;
    this.moved = moved ?? [];
    this.redraw();
  },
  upTo(level) { this.deepest = level; this.redraw(); },
  select(code) { this.selected = code; this.redraw(); },
  hover(code) {
    if (code === this.hovered) return;
    this.hovered = code;
    this.redraw();
  },
  highlight(index) { this.highlighted = index; this.redraw(); },

  redraw() {
    if (this._waiting || !this._map) return;
    this._waiting = requestAnimationFrame(() => { this._waiting = 0; this._paint(); });
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._pen = this._container.getContext("2d");
  },
  _destroyContainer() {
    cancelAnimationFrame(this._waiting);
    this._waiting = 0;
    L.DomUtil.remove(this._container);
    delete this._container;
    delete this._pen;
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    this._ratio = Math.min(window.devicePixelRatio || 1, 3);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * this._ratio);
    this._container.height = Math.round(size.y * this._ratio);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._paint();
  },

  tileZoom() { return Math.max(0, Math.min(DEEPEST, Math.round(this._map.getZoom()) - 1)); },

  /* Every tile in view: its address, and where it lies on the canvas in CSS pixels. */
  _inView() {
    const z = this.tileZoom();
    const side = 512 * 2 ** (this._map.getZoom() - 1 - z);
    const origin = this._map.getPixelOrigin();
    const top = this._bounds.min.add(origin), bottom = this._bounds.max.add(origin);
    const last = 2 ** z - 1;
    const found = [];
    for (let x = Math.max(0, Math.floor(top.x / side)); x <= Math.min(last, Math.floor(bottom.x / side)); x += 1) {
      for (let y = Math.max(0, Math.floor(top.y / side)); y <= Math.min(last, Math.floor(bottom.y / side)); y += 1) {
        found.push({ z, x, y, left: x * side - top.x, top: y * side - top.y, side });
      }
    }
    return found;
  },

  _loaded(tiles, places) {
    if (!tiles) return [];
    return places
      .map((place) => ({ ...place, layers: tiles.get(place.z, place.x, place.y) }))
      .filter((place) => place.layers);
  },

  _paint() {
    if (!this._pen || !this._bounds) return;
    const pen = this._pen, ratio = this._ratio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this._container.width, this._container.height);
    const places = this._inView();
    const areas = this._loaded(this.area, places);
    const changes = this._loaded(this.change, places);
    this._areas = areas;
    this._changes = changes;
    for (const tile of areas) this._fills(tile);
    for (const tile of changes) this._clipped(tile, () => this._moves(tile));
    for (const tile of areas) this._clipped(tile, () => this._edges(tile));
    for (const tile of changes) this._clipped(tile, () => this._lines(tile));
    for (const tile of areas) this._clipped(tile, () => this._selection(tile));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._numbers();
    this._labels(areas);
  },

  _enter(tile) {
    const scale = (tile.side / EXTENT) * this._ratio;
    this._pen.setTransform(scale, 0, 0, scale, tile.left * this._ratio, tile.top * this._ratio);
    return this._ratio / scale;
  },
  _clipped(tile, draw) {
    const pen = this._pen, ratio = this._ratio;
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const left = Math.round(tile.left * ratio), top = Math.round(tile.top * ratio);
    const right = Math.round((tile.left + tile.side) * ratio), bottom = Math.round((tile.top + tile.side) * ratio);
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    draw();
    pen.restore();
  },

  _fills(tile) {
    this._enter(tile);
    for (const [key, path] of [...tile.layers.fills].sort((a, b) => a[0] - b[0])) {
      if (key >> 3 > this.deepest) continue;
      this._pen.fillStyle = this.colours.fills[key & 7];
      this._pen.fill(path, "evenodd");
    }
  },

  _edges(tile) {
    const pen = this._pen, pixel = this._enter(tile);
    pen.lineJoin = "round";
    const shown = [...tile.layers.edges].filter(([key]) => key >> 3 <= this.deepest);
    for (const [key, path] of shown) {
      const { casing } = BORDERS[key & 7];
      if (!casing || this._thin(key) < 0.7) continue;
      pen.strokeStyle = this.colours.casing;
      pen.globalAlpha = 0.55;
      pen.lineWidth = casing * pixel;
      pen.stroke(path);
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = this.colours.border;
    for (const [key, path] of shown.sort((a, b) => (b[0] & 7) - (a[0] & 7))) {
      const { width, dash } = BORDERS[key & 7];
      pen.lineWidth = width * this._thin(key) * pixel;
      pen.setLineDash(dash.map((length) => length * pixel));
      pen.stroke(path);
    }
    pen.setLineDash([]);
  },

  /* Borders grow thinner where their units are drawn smaller than is natural for them. */
  _thin(key) {
    const behind = (this.natural.get(key >> 3) ?? 0) - (this._map.getZoom() - 1);
    if (behind <= 0) return 1;
    return Math.max(0.2, 2 ** (-behind * ((key & 7) > 1 ? 0.55 : 0.3)));
  },

  _moves(tile) {
    const pen = this._pen;
    for (const feature of tile.layers.moved?.features ?? []) {
      const { i } = feature.properties;
      const colour = this.colours.gains[this.moved[i]?.colour ?? 0];
      this._enter(tile);
      pen.globalAlpha = this.highlighted === i ? 0.5 : 0.18;
      pen.fillStyle = colour;
      pen.fill(feature.path, "evenodd");
      pen.globalAlpha = 1;
      const pattern = hatch(pen, colour, this._ratio);
      pattern.setTransform(pen.getTransform().inverse());
      pen.fillStyle = pattern;
      pen.fill(feature.path, "evenodd");
    }
  },
  _lines(tile) {
    const pen = this._pen, pixel = this._enter(tile);
    pen.lineWidth = 2 * pixel;
    pen.setLineDash([6 * pixel, 4 * pixel]);
    pen.strokeStyle = this.colours.old;
    for (const feature of tile.layers.old?.features ?? []) pen.stroke(feature.path);
    pen.setLineDash([]);
    pen.lineWidth = 2.4 * pixel;
    pen.strokeStyle = this.colours.fresh;
    for (const feature of tile.layers.new?.features ?? []) pen.stroke(feature.path);
  },

  _selection(tile) {
    const pen = this._pen, pixel = this._enter(tile);
    for (const [code, alpha] of [[this.hovered, 0.08], [this.selected, 0.1]]) {
      const feature = code && tile.layers.keyed.get(code);
      if (!feature) continue;
      pen.globalAlpha = alpha;
      pen.fillStyle = this.colours.accent;
      pen.fill(feature.path, "evenodd");
      pen.globalAlpha = 1;
    }
    if (!this.selected) return;
    pen.strokeStyle = this.colours.accent;
    pen.lineWidth = 3.5 * pixel;
    for (const feature of tile.layers.edge?.features ?? []) {
      const { a, b } = feature.properties;
      if (a === this.selected || b === this.selected) pen.stroke(feature.path);
    }
  },

  /* Numbers of the moved areas: the number in the list is the number on the map. */
  _numbers() {
    const pen = this._pen;
    this._taken = [];
    this.moved.forEach((move, index) => {
      if (!move.at) return;
      const point = this._map.latLngToLayerPoint([move.at[1], move.at[0]]).subtract(this._bounds.min);
      const text = String(index + 1);
      pen.font = `600 12px ${this.colours.font}`;
      const half = Math.max(9, pen.measureText(text).width / 2 + 5);
      const box = [point.x - half, point.y - 10, point.x + half, point.y + 10];
      if (index !== this.highlighted && this._taken.some((other) => meets(other, box))) return;
      this._taken.push(box);
      const colour = this.colours.gains[move.colour ?? 0];
      pen.beginPath();
      pen.roundRect(box[0], box[1], half * 2, 20, 10);
      pen.fillStyle = this.colours.paper;
      pen.fill();
      pen.strokeStyle = colour;
      pen.lineWidth = index === this.highlighted ? 3 : 1.6;
      pen.stroke();
      pen.fillStyle = colour;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(text, point.x, point.y + 0.5);
    });
  },

  /* Names, roomiest first, each where it touches no other. */
  _labels(areas) {
    const pen = this._pen;
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
    found.sort((a, b) => (b.k === this.selected) - (a.k === this.selected) || b.s - a.s);
    const taken = [...(this._taken ?? [])];
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const item of found) {
      const size = item.l < finest ? 15 : 13;
      pen.font = `${item.k === this.selected || item.l < finest ? 600 : 400} ${size}px ${this.colours.font}`;
      const text = item.n.length > 16 ? `${item.n.slice(0, 15)}…` : item.n;
      const width = pen.measureText(text).width;
      const room = (item.s / 1e6) * perDegree * 2;
      if (item.k !== this.selected && width > room * 1.7 + 6) continue;
      const place = [0, 22, -22].map((shift) => [item.x - width / 2 - 3, item.y + shift - size * 0.75, item.x + width / 2 + 3, item.y + shift + size * 0.75, shift])
        .find((box) => !taken.some((other) => meets(other, box)));
      if (!place) continue;
      taken.push(place);
      pen.strokeStyle = this.colours.halo;
      pen.lineWidth = 3.5;
      pen.strokeText(text, item.x, item.y + place[4]);
      pen.fillStyle = this.colours.label;
      pen.fillText(text, item.x, item.y + place[4]);
    }
  },

  /* What lies under a point of the container: the finest division drawn there, and a moved area. */
  under(layerPoint) {
    const point = layerPoint.subtract(this._bounds.min);
    const answer = { code: null, move: null };
    const tile = (this._areas ?? []).find((item) => inTile(item, point));
    if (tile) {
      const [x, y] = toTile(tile, point);
      let finest = -1;
      for (const feature of tile.layers.area?.features ?? []) {
        const { k, l } = feature.properties;
        if (l <= finest || l > this.deepest || !within(feature.box, x, y)) continue;
        if (this._holds(feature.path, x, y)) { finest = l; answer.code = k; }
      }
    }
    const change = (this._changes ?? []).find((item) => inTile(item, point));
    if (change) {
      const [x, y] = toTile(change, point);
      const hit = (change.layers.moved?.features ?? []).find((feature) => within(feature.box, x, y) && this._holds(feature.path, x, y));
      if (hit) answer.move = hit.properties.i;
    }
    return answer;
  },
  _holds(path, x, y) {
    this._pen.setTransform(1, 0, 0, 1, 0, 0);
    return this._pen.isPointInPath(path, x, y, "evenodd");
  },
});

const inTile = (tile, point) => point.x >= tile.left && point.x < tile.left + tile.side && point.y >= tile.top && point.y < tile.top + tile.side;
const toTile = (tile, point) => [((point.x - tile.left) / tile.side) * EXTENT, ((point.y - tile.top) / tile.side) * EXTENT];
const within = (box, x, y) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
const meets = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
