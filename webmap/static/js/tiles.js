/* Tiles of one content hash: fetched once, decoded, their paths grouped as they are painted. */

import { decode } from "./mvt.js";

export const EXTENT = 4096;
const KEPT = 160;

/* The tiles of one content hash, fetched once and kept decoded. */
export class Tiles {
  constructor(root, digest, ready, loading) {
    this.root = root;
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
    fetch(`${this.root}${this.digest}/${key}.mvt`)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : new ArrayBuffer(0)))
      .then((body) => { fresh.layers = prepare(decode(body)); })
      .catch(() => { this.kept.delete(key); })
      .finally(() => { this.waiting -= 1; this.ready(this.waiting); this.loading(this.waiting); });
    while (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return null;
  }
}

/* Paths that are painted alike, together. They stay apart: one huge path costs the
   rasteriser several times what its pieces cost. */
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
  if (!groups.has(key)) groups.set(key, []);
  groups.get(key).push(path);
}
