// Starts the page. `window.scanseg` is for tests and scripts; docs/view.md describes it.

async function start() {
  makeSide();
  // old browsers lack it
  if (typeof DecompressionStream === 'undefined')
    throw new Error('This page needs a browser from 2023 or later: this one cannot unpack its points.');
  points = unpack(await inflate(byId('data').textContent));
  // the address may end in #webgl or #canvas, for tests
  const soft = location.hash === '#canvas' || (location.hash !== '#webgl' && !hasGraphicsCard());
  drawing = soft ? new SoftDrawing(canvas, points) : new Drawing(canvas, points);
  canvas.addEventListener('webglcontextlost', () =>
    trouble('The graphics card has lost the picture; load the page again.'),
  );
  listenToPointers();
  listenToKeys();
  listenToControls();
  const first = header.color
    ? 'color'
    : header.truth
      ? 'truth'
      : header.predictions.length > 0
        ? 'prediction'
        : 'height';
  resetView();
  state.mode = first;
  refresh();
  showReading();
  new ResizeObserver(resize).observe(stage);
  resize();
}

function trouble(text) {
  byId('trouble').textContent = text;
  byId('trouble').hidden = false;
}

// The colours of the whole stage as they are drawn now: red, green, blue and 255 of every pixel, from the top.
function pixels() {
  drawAll(1);
  return { width: canvas.width, height: canvas.height, data: drawing.read() };
}

// Turns the camera for some seconds. Returns frames a second, and the part of the points that was drawn at the end.
// With `part`, that part of the points is drawn in each frame.
async function spin(seconds, part = null) {
  const begin = performance.now();
  const first = pace.frames;
  const passed = () => (performance.now() - begin) / 1000;
  pace.fixed = part;
  for (let turns = 0; passed() < seconds;) {
    if (pace.frames - first >= turns) {
      orbit(0.01, 0);
      turns = pace.frames - first + 1;
    }
    moved();
    await new Promise(requestAnimationFrame);
  }
  pace.fixed = null;
  return { frames: (pace.frames - first) / passed(), part: part ?? pace.part };
}

window.scanseg = {
  header,
  state,
  camera,
  setMode,
  setCut,
  setClasses,
  toggle,
  choose,
  pick,
  pixels,
  spin,
  panels,
  layout,
  place: (i) => place(points, i),
  project: (i, panel) => project(place(points, i), layout()[panel]),
  kind: () => drawing.kind,
  ready: start().catch((error) => {
    trouble(error.message);
    // there is nothing that they could change
    document.querySelectorAll('button, input, select').forEach((each) => (each.disabled = true));
    throw error;
  }),
};
