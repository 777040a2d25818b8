// Mouse, touch, keyboard and controls.

const TURN = 0.006;

function listenToPointers() {
  const down = new Map();
  let travelled = 0;
  const middle = () => {
    const all = [...down.values()];
    return [0, 1].map((axis) => all.reduce((sum, at) => sum + at[axis], 0) / all.length);
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
  };
  stage.addEventListener('contextmenu', (event) => event.preventDefault());
  stage.addEventListener('pointerdown', (event) => {
    if (down.size === 0) travelled = 0;
    else travelled = Infinity; // two fingers never read a point
    down.set(event.pointerId, [event.clientX, event.clientY]);
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    if (!down.has(event.pointerId)) return;
    const [before, apart] = [middle(), spread()];
    down.set(event.pointerId, [event.clientX, event.clientY]);
    const [after, now] = [middle(), spread()];
    const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
    travelled += Math.hypot(dx, dy);
    if (travelled < 4) return;
    const { width, height } = layout()[0];
    const shorter = Math.min(width, height);
    if (down.size > 1) {
      pan(-dx / shorter, dy / shorter);
      if (apart > 0 && now > 0) zoom(apart / now);
    } else if (event.shiftKey || event.buttons & 6) pan(-dx / shorter, dy / shorter);
    else orbit(dx * TURN, dy * TURN);
    moved();
  });
  const up = (event) => {
    if (!down.delete(event.pointerId) || event.type !== 'pointerup' || travelled >= 4 || event.button !== 0) return;
    const { left, top } = stage.getBoundingClientRect();
    pick(event.clientX - left, event.clientY - top);
  };
  stage.addEventListener('pointerup', up);
  stage.addEventListener('pointercancel', up);
  stage.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(Math.exp(Math.min(Math.max(event.deltaY, -200), 200) * 0.0015));
      moved();
    },
    { passive: false },
  );
}

const KEYS = [
  ['1 to 7', 'what the colours show', null],
  [
    'Arrows',
    'turn',
    {
      ArrowLeft: () => orbit(-0.08, 0),
      ArrowRight: () => orbit(0.08, 0),
      ArrowUp: () => orbit(0, 0.08),
      ArrowDown: () => orbit(0, -0.08),
    },
  ],
  ['+ −', 'zoom', { '+': () => zoom(0.88), '=': () => zoom(0.88), '-': () => zoom(1 / 0.88), _: () => zoom(1 / 0.88) }],
  ['W A S D', 'move', { w: () => pan(0, 0.04), s: () => pan(0, -0.04), a: () => pan(-0.04, 0), d: () => pan(0.04, 0) }],
  ['Enter', 'in the view: read the point at the cross', null],
  ['C', 'compare: truth and predictions side by side', { c: () => toggle('compare') }],
  ['P', 'the next prediction', { p: () => choose((state.current + 1) % Math.max(header.predictions.length, 1)) }],
  ['M', 'measure a distance', { m: () => toggle('measure') }],
  ['[ ]', 'cross-section: lower, higher', { '[': () => moveCut(-0.1), ']': () => moveCut(0.1) }],
  ['B', 'hide surfaces that are seen from behind', { b: () => toggle('front') }],
  ['T', 'look down from above', { t: () => fromTop() }],
  ['R', 'the view at the beginning', { r: () => resetView() }],
  ['L', 'dark or light', { l: () => byId('theme').click() }],
  ['Esc', 'leave measuring; forget the point that was read', { Escape: () => forget() }],
  ['?', 'these keys', { '?': () => byId('help').click() }],
];

function choose(prediction) {
  state.current = prediction;
  if (!hasMode(state.mode, prediction)) state.mode = 'prediction';
  refresh();
}

function moveCut(by) {
  setCut((state.cut ?? header.high[2] - header.floor) + by);
}

function fromTop() {
  // where somebody has moved the camera, it looks at the same place from above
  if (camera.home) frameScan(points, state.front, layout()[0], 0, Math.PI / 2);
  Object.assign(camera, { azimuth: 0, elevation: Math.PI / 2, home: false });
}

function resetView() {
  resetCamera(points, state.front, layout()[0]);
  setCut(null);
}

function forget() {
  if (state.measure) return toggle('measure');
  state.picks = [];
  showReading();
}

function listenToKeys() {
  const actions = Object.assign({}, ...KEYS.map(([, , each]) => each || {}));
  byId('key-list').append(
    ...KEYS.map(([keys, what]) => {
      const [row, first] = [make('tr', ''), make('td', '')];
      first.append(make('kbd', keys));
      row.append(first, make('td', what));
      return row;
    }),
  );
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
    const control = event.target.closest('select, input[type="range"]');
    if (control && (event.key.length > 1 || control.tagName === 'SELECT')) return;
    const mode = MODES[Number(event.key) - 1];
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (mode) setMode(mode[0]);
    else if (event.key === 'Enter' && event.target === stage) pickAtCross();
    else if (actions[key]) actions[key]();
    else return;
    event.preventDefault();
    moved();
  });
}

function pickAtCross() {
  const { x, y, width, height } = layout()[0];
  return pick(x + width / 2, y + height / 2);
}

function listenToControls() {
  for (const name of ['compare', 'measure', 'front', 'safe']) byId(name).addEventListener('click', () => toggle(name));
  const on = (name, event, action) => byId(name).addEventListener(event, action);
  on('top', 'click', () => {
    fromTop();
    moved();
  });
  on('reset', 'click', () => {
    resetView();
    moved();
  });
  on('theme', 'click', () => {
    state.theme = state.theme === 'dark' ? 'light' : 'dark';
    refresh();
  });
  on('help', 'click', () => byId('keys').showModal());
  on('which', 'change', () => choose(Number(byId('which').value)));
  on('all', 'click', () => setClasses(state.visible.map(() => 1)));
  on('none', 'click', () => setClasses(state.visible.map(() => 0)));
  on('cut', 'input', () =>
    setCut(byId('cut').value === '100' ? null : header.low[2] - header.floor + (byId('cut').value / 100) * size[2]),
  );
  on('size', 'input', () => {
    state.size = Number(byId('size').value);
    moved();
  });
  stage.addEventListener('focus', invalidate);
  stage.addEventListener('blur', invalidate);
}
