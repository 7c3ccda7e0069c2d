/* Draws tiles on canvases the size of the view: crisp at every zoom, no seams.
   It is a Leaflet renderer, so dragging and zooming move it as Leaflet moves its own. */

import { L } from "./leaflet.js";
import { around, meets, within } from "./boxes.js";
import { Lettering } from "./lettering.js";
import { BORDERS, hatch, palette } from "./paint.js";
import { EXTENT, Tiles } from "./tiles.js";

const DEEPEST = 15;
const FAINT = 0.34; // thinner than this share of its width a border is left to the fills

export const DivisionMap = L.Renderer.extend({
  includes: Lettering,
  options: { padding: 0.1, tiles: "/p/", onload() {} },

  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    this.natural = new Map();
    this.first = new Map(); // the tile zoom from which a level is among the tiles of all
    this.area = null;
    this.alone = new Map(); // tiles of one level each, for the zooms before that
    this.change = null;
    this.deepest = 99;
    this.selected = null;
    this.hovered = null;
    this.moved = [];
    this.highlighted = null;
    this.bare = false;
    this.shaded = null;
    this.colours = palette();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  },

  show(digest, levels = []) {
    this.natural = new Map(levels.map((item) => [item.level, item.natural]));
    this.first = new Map(levels.map((item) => [item.level, item.zoom]));
    this.digest = digest;
    this.area = this._tiles(digest);
    this.alone.clear();
    this.redraw();
  },
  _tiles(digest) {
    return digest ? new Tiles(this.options.tiles, digest, (left) => this.arrived(left), this.options.onload) : null;
  },
  compare(digest, moved) {
    this.change = this._tiles(digest);
    this.moved = moved ?? [];
    this.redraw();
  },
  upTo(level) { this.deepest = level; this.redraw(); },
  recolour() { this.colours = palette(); this.redraw(); },
  /* Over a base map the divisions are borders and names only. */
  over(basemap) { this.bare = basemap; this.redraw(); },
  /* Fill the units of a level by code instead, as `colourOf(code)` says; null: as ever. The colours
     lie on a canvas of their own, so that other colours for the same units cost nothing else. */
  shade(level, colourOf) {
    const same = colourOf && this.shaded?.level === level;
    this.shaded = colourOf ? { level, colourOf } : null;
    if (!same || !this._units) { this.redraw(); return; }
    if (this._waiting || this._colouring || !this._map) return;
    this._colouring = requestAnimationFrame(() => { this._colouring = 0; this._recolour(); });
  },
  select(code) { this.selected = code; this.emphasise(); },
  hover(code) {
    if (code === this.hovered) return;
    this.hovered = code;
    this.emphasise();
  },
  highlight(index) { this.highlighted = index; this.emphasise(); },

  redraw() {
    if (this._waiting || !this._map) return;
    this._waiting = requestAnimationFrame(() => { this._waiting = 0; this._paint(); });
  },

  /* While tiles come in, paint now and then; when the last is there, at once. */
  arrived(left) {
    if (!left) { clearTimeout(this._later); this._later = 0; this.redraw(); }
    else this._later ||= setTimeout(() => { this._later = 0; this.redraw(); }, 250);
  },

  /* What points at things lies on a canvas of its own: the map under it stays as it is. */
  emphasise() {
    if (this._pointing || !this._map) return;
    this._pointing = requestAnimationFrame(() => { this._pointing = 0; this._point(); });
  },

  _initContainer() {
    this._container = document.createElement("div");
    this._canvases = ["map", "top", "colours"].map(() => document.createElement("canvas"));
    this._container.append(this._canvases[2], this._canvases[0], this._canvases[1]);
    this._pens = this._canvases.map((canvas) => canvas.getContext("2d"));
    this._pen = this._pens[0];
  },
  _destroyContainer() {
    cancelAnimationFrame(this._waiting);
    cancelAnimationFrame(this._pointing);
    cancelAnimationFrame(this._colouring);
    clearTimeout(this._later);
    this._waiting = this._pointing = this._colouring = this._later = 0;
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
    for (const canvas of this._canvases) {
      canvas.width = Math.round(size.x * this._ratio);
      canvas.height = Math.round(size.y * this._ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      canvas.style.position = "absolute";
    }
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

  /* Where the units of the shaded level are: among all, or alone while they are too small for that. */
  _unitTiles() {
    const { level } = this.shaded;
    if (!this.digest || !this.first.has(level) || this.tileZoom() >= this.first.get(level)) return this.area;
    if (!this.alone.has(level)) this.alone.set(level, this._tiles(`${this.digest}/level${level}`));
    return this.alone.get(level);
  },

  _loaded(tiles, places) {
    if (!tiles) return [];
    return places
      .map((place) => ({ ...place, layers: tiles.get(place.z, place.x, place.y) }))
      .filter((place) => place.layers);
  },

  _paint() {
    if (!this._pen || !this._bounds) return;
    this._clear(0);
    const places = this._inView();
    const areas = this._loaded(this.area, places);
    const changes = this._loaded(this.change, places);
    const units = this.shaded ? this._loaded(this._unitTiles(), places) : areas;
    this._areas = areas;
    this._units = units;
    this._changes = changes;
    for (const tile of this.bare || this.shaded ? [] : areas) this._fills(tile);
    this._colour();
    for (const tile of this.shaded ? units : []) this._clipped(tile, () => this._outlines(tile));
    for (const tile of changes) this._clipped(tile, () => this._moves(tile));
    for (const tile of areas) this._edges(tile);
    for (const tile of changes) this._clipped(tile, () => this._lines(tile));
    this._unit();
    this._numbers();
    this._labels(areas);
    this._point();
  },

  _point() {
    if (!this._pen || !this._bounds) return;
    this._clear(1);
    for (const tile of this._units ?? []) this._clipped(tile, () => this._selection(tile));
    for (const tile of this.highlighted === null ? [] : this._changes ?? []) this._clipped(tile, () => this._moves(tile, this.highlighted));
    this._unit();
    const name = this._named?.get(this.selected);
    if (name) this._name(name, { strong: true });
    if (this.highlighted !== null && this.moved[this.highlighted]) this._number(this.moved[this.highlighted], this.highlighted, 3);
    this._pen = this._pens[0];
  },

  /* The units of the shaded level, under everything else. */
  _colour() {
    if (!this._pen || !this._bounds) return;
    this._clear(2);
    for (const tile of this.shaded ? this._units ?? [] : []) this._clipped(tile, () => this._shades(tile));
    this._pen = this._pens[0];
  },

  /* Only where the colour of a unit is another than what is there. */
  _recolour() {
    if (!this._pen || !this._bounds || !this.shaded) return;
    for (const tile of this._units) {
      const changed = this._features(tile).filter((feature) => this.shaded.colourOf(feature.properties.k) !== feature.shown);
      if (!changed.length) continue;
      const box = around(changed.map((feature) => feature.box));
      this._pen = this._pens[2];
      this._clipped(tile, () => this._shades(tile, box));
    }
    this._pen = this._pens[0];
  },
  _features(tile) { return (tile.layers.area?.features ?? []).filter(({ properties }) => properties.l === this.shaded.level); },

  /* Begin on one of the canvases: 0 the map, 1 what points at things, 2 colours of units. */
  _clear(layer) {
    this._pen = this._pens[layer];
    this._pen.setTransform(1, 0, 0, 1, 0, 0);
    this._pen.clearRect(0, 0, this._canvases[layer].width, this._canvases[layer].height);
  },
  _unit() { this._pen.setTransform(this._ratio, 0, 0, this._ratio, 0, 0); },

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
    for (const [key, paths] of [...tile.layers.fills].sort((a, b) => a[0] - b[0])) {
      if (key >> 3 > this.deepest) continue;
      this._pen.fillStyle = this.colours.fills[key & 7];
      for (const path of paths) this._pen.fill(path, "evenodd");
    }
  },

  /* `within`: only what lies in this box of the tile, and nothing outside it. */
  _shades(tile, within = null) {
    const pen = this._pen, pixel = this._enter(tile);
    if (within) {
      const [west, north, east, south] = within.map((side, at) => side + (at < 2 ? -2 : 2) * pixel);
      pen.beginPath();
      pen.rect(west, north, east - west, south - north);
      pen.clip();
      pen.clearRect(west, north, east - west, south - north);
      within = [west, north, east, south];
    }
    pen.globalAlpha = this.bare ? 0.6 : 1;
    for (const feature of this._features(tile)) {
      if (within && !meets(feature.box, within)) continue;
      feature.shown = this.shaded.colourOf(feature.properties.k);
      pen.fillStyle = feature.shown;
      pen.fill(feature.path, "evenodd");
    }
    pen.globalAlpha = 1;
  },

  /* Units drawn alone bring no borders: each is outlined while that leaves its colour to be seen. */
  _outlines(tile) {
    const { level } = this.shaded, thin = this._thin(level * 8 + level - 1);
    if (tile.layers.edges.size || thin < FAINT) return;
    const pen = this._pen, { width, dash } = BORDERS[Math.min(level - 1, BORDERS.length - 1)], pixel = this._enter(tile);
    pen.strokeStyle = this.colours.border;
    pen.lineWidth = width * thin * pixel;
    pen.setLineDash(dash.map((length) => length * pixel));
    for (const { path } of tile.layers.area?.features ?? []) pen.stroke(path);
    pen.setLineDash([]);
  },

  _edges(tile) {
    const pen = this._pen, pixel = this._enter(tile);
    const shown = [...tile.layers.edges].filter(([key]) => key >> 3 <= this.deepest && this._thin(key) >= FAINT);
    for (const [key, paths] of shown) {
      const { casing } = BORDERS[key & 7];
      if (!casing || this._thin(key) < 0.7) continue;
      pen.strokeStyle = this.colours.casing;
      pen.lineWidth = casing * pixel;
      for (const path of paths) pen.stroke(path);
    }
    pen.strokeStyle = this.colours.border;
    for (const [key, paths] of shown.sort((a, b) => (b[0] & 7) - (a[0] & 7))) {
      const { width, dash } = BORDERS[key & 7];
      const thin = width * this._thin(key);
      pen.lineJoin = thin > 1.6 ? "round" : "bevel"; // round joins cost much and show only on thick lines
      pen.lineWidth = thin * pixel;
      pen.setLineDash(dash.map((length) => length * pixel));
      for (const path of paths) pen.stroke(path);
    }
    pen.setLineDash([]);
  },

  /* Borders grow thinner where their units are drawn smaller than is natural for them. */
  _thin(key) {
    const behind = (this.natural.get(key >> 3) ?? 0) - (this._map.getZoom() - 1);
    if (behind <= 0) return 1;
    return 2 ** (-behind * ((key & 7) > 1 ? 0.55 : 0.45));
  },

  _moves(tile, only = null) {
    const pen = this._pen;
    for (const feature of tile.layers.moved?.features ?? []) {
      const { i } = feature.properties;
      if (only === null ? this.moved[i]?.within >= 0 : i !== only) continue;
      const colour = this.colours.gains[this.moved[i]?.colour ?? 0];
      this._enter(tile);
      pen.globalAlpha = only === null ? 0.18 : 0.4;
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
    const chosen = this.selected && tile.layers.keyed.get(this.selected);
    if (!chosen) return;
    pen.strokeStyle = this.colours.accent;
    pen.lineWidth = 3.5 * pixel;
    pen.lineJoin = "round";
    const { l } = chosen.properties;
    if (!tile.layers.edges.size || this._thin(l * 8 + l - 1) < FAINT) { pen.stroke(chosen.path); return; }
    for (const feature of tile.layers.edge?.features ?? []) {
      const { a, b } = feature.properties;
      if (a === this.selected || b === this.selected) pen.stroke(feature.path);
    }
  },

  /* What lies under a point of the container: the finest division drawn there, and a moved area. */
  under(layerPoint) {
    const point = layerPoint.subtract(this._bounds.min);
    const answer = { code: null, move: null };
    const tile = (this._units ?? []).find((item) => inTile(item, point));
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
    this._pens[0].setTransform(1, 0, 0, 1, 0, 0);
    return this._pens[0].isPointInPath(path, x, y, "evenodd");
  },
});

const inTile = (tile, point) => point.x >= tile.left && point.x < tile.left + tile.side && point.y >= tile.top && point.y < tile.top + tile.side;
const toTile = (tile, point) => [((point.x - tile.left) / tile.side) * EXTENT, ((point.y - tile.top) / tile.side) * EXTENT];
