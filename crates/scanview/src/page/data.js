'use strict';
// The points of the page, as `pack.rs` wrote them.

const header = JSON.parse(document.getElementById('header').textContent);

async function inflate(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Arrays for the graphics card have four numbers for each point, since other sizes are slower.
function unpack(bytes) {
  const n = header.points;
  let at = 0;
  const part = () => bytes.subarray(at, (at += n));
  const words = (out, step, offset) => {
    const [low, high] = [part(), part()];
    for (let i = 0, value = 0; i < n; i++) {
      const word = low[i] | (high[i] << 8);
      value = (value + ((word >> 1) ^ -(word & 1))) & 0xffff;
      out[i * step + offset] = value;
    }
    return out;
  };
  const octets = (out, step, offset) => {
    const differences = part();
    for (let i = 0, value = 0; i < n; i++) {
      value = (value + differences[i]) & 0xff;
      out[i * step + offset] = value;
    }
    return out;
  };
  const classes = () => (header.wide ? words(new Uint16Array(n), 1, 0) : octets(new Uint8Array(n), 1, 0));
  const points = {
    n,
    position: new Uint16Array(4 * n),
    color: null,
    normal: null,
    light: null,
    truth: null,
    predictions: [],
  };
  for (let axis = 0; axis < 3; axis++) words(points.position, 4, axis);
  if (header.color) {
    points.color = new Uint8Array(4 * n);
    for (let channel = 0; channel < 3; channel++) octets(points.color, 4, channel);
  }
  if (header.normal) {
    const flat = new Uint8Array(2 * n);
    for (let axis = 0; axis < 2; axis++) octets(flat, 2, axis);
    [points.normal, points.light] = directions(flat, n);
  }
  if (header.truth) points.truth = classes();
  for (const prediction of header.predictions) {
    points.predictions.push({
      classes: classes(),
      confidence: prediction.confidence ? octets(new Uint8Array(n), 1, 0) : null,
    });
  }
  return points;
}

// Unit normals, and how much light falls on them from above, 0 to 1.
function directions(flat, n) {
  const [normal, light] = [new Int8Array(4 * n), new Float32Array(n).fill(1)];
  for (let i = 0; i < n; i++) {
    if (flat[2 * i] === 0) continue;
    let [x, y] = [(flat[2 * i] - 128) / 127, (flat[2 * i + 1] - 128) / 127];
    const z = 1 - Math.abs(x) - Math.abs(y);
    if (z < 0) [x, y] = [(1 - Math.abs(y)) * Math.sign(x || 1), (1 - Math.abs(x)) * Math.sign(y || 1)];
    const scale = 127 / Math.hypot(x, y, z);
    normal[4 * i] = Math.round(x * scale);
    normal[4 * i + 1] = Math.round(y * scale);
    normal[4 * i + 2] = Math.round(z * scale);
    light[i] = 0.68 + 0.32 * Math.max(0, (((0.3 * x - 0.4 * y + 0.85 * z) / 0.986) * scale) / 127);
  }
  return [normal, light];
}

const size = header.high.map((high, axis) => Math.max(high - header.low[axis], 1e-6));

// The place of a point in metres from the lowest corner of the box.
const place = (points, i) => size.map((length, axis) => (points.position[4 * i + axis] / 65535) * length);
