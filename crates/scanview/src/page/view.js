// What is on the stage: the state, its panels, and when they are drawn.

const stage = document.getElementById('stage');
const canvas = document.getElementById('canvas');
const marks = document.getElementById('marks');
const titles = document.getElementById('titles');

const state = {
  mode: 'height',
  current: 0,
  compare: false,
  measure: false,
  front: header.normal,
  cut: null,
  size: 1.4,
  safe: false,
  theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  // what the panels show when there are several
  reference: header.truth ? 'truth' : header.color ? 'color' : 'height',
  judged: 'prediction',
  visible: new Uint8Array(header.classes.length + 1).fill(1),
  picks: [],
};

let [points, drawing] = [null, null];

const palette = () => (state.safe ? SAFE : OWN);
const canCompare = () =>
  header.predictions.length > 1 ||
  (header.predictions.length > 0 && (!!header.truth || header.color)) ||
  (header.color && !!header.truth);

// What each panel shows: mode and prediction.
function panels() {
  if (!state.compare) return [[state.mode, state.current]];
  const judged = header.predictions.map((_, k) => [hasMode(state.judged, k) ? state.judged : 'prediction', k]);
  if (judged.length === 0)
    return [
      ['color', 0],
      [state.reference === 'color' ? 'truth' : state.reference, 0],
    ];
  return [[state.reference, 0], ...judged];
}

// Rectangles of the panels in pixels of the page, y from the top: rows and columns whose cells are nearest to square. A
// last row with fewer panels is in the middle.
function layout() {
  const [width, height, count] = [stage.clientWidth, stage.clientHeight, panels().length];
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const odd = Math.abs(Math.log(width / columns / (height / rows))) + (rows * columns - count) * 0.3;
    if (!best || odd < best.odd) best = { odd, columns, rows };
  }
  const [w, h] = [width / best.columns, height / best.rows];
  return panels().map((_, i) => {
    const row = Math.floor(i / best.columns);
    const missing = Math.max((row + 1) * best.columns - count, 0);
    return { x: ((i % best.columns) + missing / 2) * w, y: row * h, width: w, height: h };
  });
}

const ratio = () => canvas.width / Math.max(stage.clientWidth, 1);

// The same in pixels of the canvas, y from the bottom.
function inCanvas({ x, y, width, height }) {
  const [r, round] = [ratio(), Math.round];
  const [left, right, top, bottom] = [round(x * r), round((x + width) * r), round(y * r), round((y + height) * r)];
  return [left, canvas.height - bottom, Math.max(right - left, 1), Math.max(bottom - top, 1)];
}

function options(count) {
  const top = state.cut === null ? 2 : (header.floor + state.cut - header.low[2]) / size[2];
  // what is left out while moving is made up for by larger points
  const pixels = (header.spacing * state.size) / Math.sqrt(count / points.n);
  return { count, cut: top, front: state.front, pixels };
}

// While the camera moves, as many points are drawn as can be at some 30 frames a second; all of them when it rests.
const pace = { waiting: false, moved: -Infinity, part: 1, fixed: null, frames: 0 };
const REST = 180;
// Milliseconds for the points of a frame, which leave some for everything else.
const AIM = 25;
// Fewer points would show nothing.
const LEAST = 1 / 20;

function invalidate() {
  if (pace.waiting || !drawing) return;
  pace.waiting = true;
  requestAnimationFrame(frame);
}

function moved() {
  pace.moved = performance.now();
  invalidate();
}

function frame() {
  pace.waiting = false;
  const moving = performance.now() - pace.moved < REST;
  const took = drawAll(moving ? (pace.fixed ?? pace.part) : 1);
  if (!moving) return;
  pace.part = Math.min(Math.max(pace.part * Math.min(Math.max(AIM / took, 0.8), 1.1), LEAST), 1);
  pace.frames += 1;
  invalidate();
}

// Draws a part of the points. Returns the milliseconds that it took.
function drawAll(part) {
  const background = getComputedStyle(stage)
    .backgroundColor.match(/\d+/g)
    .slice(0, 3)
    .map((v) => v / 255);
  const given = options(Math.max(Math.ceil(points.n * part), 1));
  const begin = performance.now();
  drawing.clear(background);
  layout().forEach((rectangle, i) => drawing.panel(i, inCanvas(rectangle), given));
  drawing.finish();
  const took = Math.max(performance.now() - begin, 1);
  drawMarks();
  return took;
}

// New colours for every panel, because what they show has changed.
function repaint() {
  if (!drawing) return;
  // panels may have other sizes than before
  if (camera.home) resetCamera(points, state.front, layout()[0]);
  const out = new Uint8Array(4 * points.n);
  panels().forEach(([mode, prediction], i) => {
    paint(points, mode, prediction, state.visible, palette(), out);
    drawing.setColors(i, out);
  });
  titles.replaceChildren(
    ...layout().map(({ x, y }, i) => {
      const [mode, prediction] = panels()[i];
      const title = document.createElement('span');
      const name = MODES.find(([id]) => id === mode)[1];
      title.textContent = JUDGED.includes(mode) ? `${name}: ${header.predictions[prediction].name}` : name;
      title.style.left = `${x}px`;
      title.style.top = `${y}px`;
      return title;
    }),
  );
  invalidate();
}

function resize() {
  const dense = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.max(Math.round(stage.clientWidth * dense), 1);
  canvas.height = Math.max(Math.round(stage.clientHeight * dense), 1);
  repaint();
}

// Where a point in metres is in a panel, in pixels of the page; null if it is behind the camera.
function project(at, { x, y, width, height }) {
  const m = clipMatrix(width, height);
  const [cx, cy, , w] = [0, 1, 2, 3].map(
    (row) => m[row] * at[0] + m[4 + row] * at[1] + m[8 + row] * at[2] + m[12 + row],
  );
  return w > 0 ? [x + ((cx / w + 1) / 2) * width, y + ((1 - cy / w) / 2) * height] : null;
}

function drawMarks() {
  const all = [];
  const shape = (kind, values) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', kind);
    Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    all.push(element);
  };
  const cells = layout();
  for (const cell of cells) {
    if (cells.length > 1) {
      shape('rect', { class: 'edge', ...cell });
    }
    const seen = state.picks.map((i) => project(place(points, i), cell)).filter((at) => at);
    seen.forEach(([cx, cy]) => shape('circle', { cx, cy, r: 7 }));
    if (seen.length === 2) shape('line', { x1: seen[0][0], y1: seen[0][1], x2: seen[1][0], y2: seen[1][1] });
    if (stage.matches(':focus-visible')) {
      const [cx, cy] = [cell.x + cell.width / 2, cell.y + cell.height / 2];
      shape('line', { class: 'cross', x1: cx - 9, x2: cx + 9, y1: cy, y2: cy });
      shape('line', { class: 'cross', x1: cx, x2: cx, y1: cy - 9, y2: cy + 9 });
    }
  }
  marks.replaceChildren(...all);
}

// Reads the point at a place of the stage, in pixels of the page; null if there is none.
function pick(x, y) {
  const cells = layout();
  const panel = cells.findIndex((c) => x >= c.x && x < c.x + c.width && y >= c.y && y < c.y + c.height);
  if (panel < 0) return null;
  const [px, py] = [Math.round(x * ratio()), canvas.height - 1 - Math.round(y * ratio())];
  const found = drawing.find(panel, inCanvas(cells[panel]), px, py, Math.round(6 * ratio()), options(points.n));
  if (found < 0) return null;
  state.picks = state.measure && state.picks.length === 1 ? [state.picks[0], found] : [found];
  showReading();
  invalidate();
  return describe(found);
}

const className = (value) => (value === 0 ? 'no class' : header.classes[value - 1].name);

// What is known about a point.
function describe(i) {
  const at = place(points, i).map((v, axis) => v + header.low[axis]);
  const predictions = points.predictions.map(({ classes, confidence }, k) => ({
    name: header.predictions[k].name,
    class: className(classes[i]),
    confidence: confidence ? confidence[i] / 255 : null,
  }));
  return {
    point: i,
    at,
    height: at[2] - header.floor,
    truth: points.truth ? className(points.truth[i]) : null,
    predictions,
  };
}
