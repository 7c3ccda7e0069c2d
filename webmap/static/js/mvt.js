/* Reads the Mapbox Vector Tiles that geodata.tiles writes (version 2 of the format). */

const utf8 = new TextDecoder();

class Bytes {
  constructor(buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }
  varint() {
    let result = 0, factor = 1, byte;
    do {
      byte = this.buffer[this.at++];
      result += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 0x80);
    return result;
  }
  part() {
    const length = this.varint();
    const part = new Bytes(this.buffer, this.at, this.at + length);
    this.at += length;
    return part;
  }
  skip(wire) {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.part();
    else this.at += 4;
  }
  text() { return utf8.decode(this.buffer.subarray(this.at, this.end)); }
  *fields() {
    while (this.at < this.end) {
      const key = this.varint();
      yield [key >> 3, key & 7];
    }
  }
}

export function decode(buffer) {
  const layers = {};
  const bytes = new Bytes(new Uint8Array(buffer));
  for (const [field, wire] of bytes.fields()) {
    if (field !== 3) { bytes.skip(wire); continue; }
    const layer = readLayer(bytes.part());
    layers[layer.name] = layer;
  }
  return layers;
}

function readLayer(bytes) {
  const keys = [], values = [], parts = [];
  let name = "", extent = 4096;
  for (const [field, wire] of bytes.fields()) {
    if (field === 1) name = bytes.part().text();
    else if (field === 2) parts.push(bytes.part());
    else if (field === 3) keys.push(bytes.part().text());
    else if (field === 4) values.push(readValue(bytes.part()));
    else if (field === 5) extent = bytes.varint();
    else bytes.skip(wire);
  }
  return { name, extent, features: parts.map((part) => readFeature(part, keys, values)) };
}

function readValue(bytes) {
  let value = null;
  for (const [field, wire] of bytes.fields()) {
    if (field === 1) value = bytes.part().text();
    else if (field === 3) {
      value = new DataView(bytes.buffer.buffer, bytes.buffer.byteOffset + bytes.at, 8).getFloat64(0, true);
      bytes.at += 8;
    } else if (field === 4 || field === 5) value = bytes.varint();
    else if (field === 7) value = bytes.varint() === 1;
    else bytes.skip(wire);
  }
  return value;
}

function readFeature(bytes, keys, values) {
  const properties = {};
  let kind = 0, drawn = null;
  for (const [field, wire] of bytes.fields()) {
    if (field === 2) {
      const tags = bytes.part();
      while (tags.at < tags.end) {
        const key = keys[tags.varint()];
        properties[key] = values[tags.varint()];
      }
    } else if (field === 3) kind = bytes.varint();
    else if (field === 4) drawn = bytes.part();
    else bytes.skip(wire);
  }
  return { properties, kind, ...readGeometry(drawn) };
}

function readGeometry(bytes) {
  const path = new Path2D();
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let x = 0, y = 0;
  while (bytes && bytes.at < bytes.end) {
    const command = bytes.varint();
    const action = command & 7;
    if (action === 7) { path.closePath(); continue; }
    for (let left = command >> 3; left > 0; left -= 1) {
      const dx = bytes.varint(), dy = bytes.varint();
      x += (dx >>> 1) ^ -(dx & 1);
      y += (dy >>> 1) ^ -(dy & 1);
      if (action === 1) path.moveTo(x, y);
      else path.lineTo(x, y);
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
  }
  return { path, box };
}
