// A camera that turns about a target: x right, y up, looking along -z. Lengths are metres from the box's lowest corner.

const FIELD = Math.tan((25 * Math.PI) / 180);

// The part of a view that a scan fills in one direction at the beginning.
const FILLED = 0.94;

const radius = Math.max(Math.hypot(...size) / 2, 10 * header.spacing);
// `home` says that nobody has moved it since the beginning.
const camera = { target: [0, 0, 0], distance: 1, azimuth: 0, elevation: 0, home: true };

function axes() {
  const [s, c] = [Math.sin(camera.azimuth), Math.cos(camera.azimuth)];
  const [up, out] = [Math.sin(camera.elevation), Math.cos(camera.elevation)];
  return { right: [c, -s, 0], up: [s * up, c * up, out], forward: [s * out, c * out, -up] };
}

const eye = () => {
  const { forward } = axes();
  return camera.target.map((v, axis) => v - forward[axis] * camera.distance);
};

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

// The distance of the nearest that is drawn.
const nearPlane = () => Math.max(camera.distance / 200, radius / 500);

// From metres to clip coordinates, for a view of this size; column by column. The field of view is that of the
// shorter side.
function clipMatrix(width, height) {
  const { right, up, forward } = axes();
  const from = eye();
  const shorter = Math.min(width, height);
  const [fx, fy] = [shorter / width / FIELD, shorter / height / FIELD];
  const near = nearPlane();
  const far = camera.distance + 6 * radius + Math.hypot(...camera.target);
  const [a, b] = [(far + near) / (far - near), (-2 * far * near) / (far - near)];
  const row = (v, scale) => [...v.map((x) => x * scale), -dot(v, from) * scale];
  const [x, y, w] = [row(right, fx), row(up, fy), row(forward, 1)];
  const z = w.map((v, i) => v * a + (i === 3 ? b : 0));
  return new Float32Array([0, 1, 2, 3].flatMap((column) => [x[column], y[column], z[column], w[column]]));
}

// The points that the camera shows as large as it can: those in the scan's main extent, if they do not face away. At most
// some tens of thousands, evenly taken from everywhere.
function framed(points, front) {
  const { low, high } = header.main;
  const from = front && points.normal ? eye() : null;
  const all = [];
  for (let i = 0; i < points.n; i += Math.ceil(points.n / 30000)) {
    const at = place(points, i);
    // a rounding more
    const inside = at.every((v, axis) => {
      const [p, more] = [v + header.low[axis], size[axis] / 65535];
      return p >= low[axis] - more && p <= high[axis] + more;
    });
    const away = from && at.reduce((sum, v, axis) => sum + points.normal[4 * i + axis] * (from[axis] - v), 0) < 0;
    if (inside && !away) all.push(at);
  }
  return all;
}

// Moves the camera until these places are in the middle of a view of this size, and fill it in one direction.
function fit(places, { width, height }) {
  if (places.length === 0) return;
  const { right, up, forward } = axes();
  const shorter = Math.min(width, height);
  // what is seen at a distance of 1, without a margin
  const reach = [width, height].map((side) => (FIELD * side * FILLED) / shorter);
  const seen = places.map((at) => {
    const from = at.map((v, axis) => v - camera.target[axis]);
    return [dot(right, from), dot(up, from), dot(forward, from)];
  });
  // the places between two planes through the eye: |u - shift| <= reach · (deep + distance)
  const needed = reach.map((far, axis) => {
    const [plus, minus] = [1, -1].map((sign) =>
      seen.reduce((most, at) => Math.max(most, sign * at[axis] - far * at[2]), -Infinity),
    );
    return { shift: (plus - minus) / 2, distance: (plus + minus) / 2 / far };
  });
  camera.distance = Math.max(...needed.map(({ distance }) => distance), 20 * header.spacing);
  // where it has more room than it needs, these planes are not those that the picture ends at
  const shift = needed.map(({ shift: first }, axis) => {
    let moved = first;
    for (let round = 0; round < 4; round++) {
      let [low, high] = [Infinity, -Infinity];
      for (const at of seen) {
        const deep = Math.max(at[2] + camera.distance, camera.distance / 10);
        low = Math.min(low, (at[axis] - moved) / deep);
        high = Math.max(high, (at[axis] - moved) / deep);
      }
      moved += ((low + high) / 2) * camera.distance;
    }
    return moved;
  });
  camera.target = camera.target.map((v, axis) => v + right[axis] * shift[0] + up[axis] * shift[1]);
}

// Looks at the whole scan from a side: so near that what is drawn of it, without strays, fills a view of this size.
function frameScan(points, front, view, azimuth, elevation) {
  const target = header.main.low.map((v, axis) => (v + header.main.high[axis]) / 2 - header.low[axis]);
  Object.assign(camera, { target, azimuth, elevation });
  fit(framed(points, false), view);
  // what faces away is known from there
  if (front && points.normal) fit(framed(points, true), view);
}

function resetCamera(points, front, view) {
  frameScan(points, front, view, 0.6, 0.85);
  camera.home = true;
}

function orbit(turn, rise) {
  camera.home = false;
  camera.azimuth += turn;
  camera.elevation = Math.min(Math.max(camera.elevation + rise, -Math.PI / 2), Math.PI / 2);
}

// Moves the target in the plane of the picture, by parts of what the shorter side shows.
function pan(x, y) {
  camera.home = false;
  const { right, up } = axes();
  const reach = 2 * FIELD * camera.distance;
  camera.target = camera.target.map((v, axis) => v + (right[axis] * x + up[axis] * y) * reach);
}

function zoom(factor) {
  camera.home = false;
  camera.distance = Math.min(Math.max(camera.distance * factor, radius / 300), radius * 20);
}
