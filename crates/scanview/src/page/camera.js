// A camera that turns about a target: x right, y up, looking along -z. Lengths are metres from the box's lowest corner.

const FIELD = Math.tan((25 * Math.PI) / 180);

const radius = Math.max(Math.hypot(...size) / 2, 0.1);
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

// From metres to clip coordinates, for a view of this size; column by column. The field of view is that of the
// shorter side.
function clipMatrix(width, height) {
  const { right, up, forward } = axes();
  const from = eye();
  const shorter = Math.min(width, height);
  const [fx, fy] = [shorter / width / FIELD, shorter / height / FIELD];
  const near = Math.max(camera.distance / 200, 0.01);
  const far = camera.distance + 6 * radius + Math.hypot(...camera.target);
  const [a, b] = [(far + near) / (far - near), (-2 * far * near) / (far - near)];
  const row = (v, scale) => [...v.map((x) => x * scale), -dot(v, from) * scale];
  const [x, y, w] = [row(right, fx), row(up, fy), row(forward, 1)];
  const z = w.map((v, i) => v * a + (i === 3 ? b : 0));
  return new Float32Array([0, 1, 2, 3].flatMap((column) => [x[column], y[column], z[column], w[column]]));
}

// Looks at the whole scan from above and from the side: so near that all points but strays are in a view of this size.
function resetCamera(points, { width, height }) {
  const target = header.middle.map((v, axis) => v - header.low[axis]);
  Object.assign(camera, { target, azimuth: 0.6, elevation: 0.85, home: true });
  const { right, up, forward } = axes();
  const shorter = Math.min(width, height);
  const reach = [(FIELD * width) / shorter, (FIELD * height) / shorter];
  const needed = [];
  for (let i = 0; i < points.n; i += Math.ceil(points.n / 5000)) {
    const from = place(points, i).map((v, axis) => v - camera.target[axis]);
    needed.push(
      Math.max(Math.abs(dot(right, from)) / reach[0], Math.abs(dot(up, from)) / reach[1]) - dot(forward, from),
    );
  }
  needed.sort((a, b) => a - b);
  camera.distance = Math.max(needed[Math.floor(needed.length * 0.995)] * 1.06, radius / 2);
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
