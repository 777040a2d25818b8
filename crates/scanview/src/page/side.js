// The header and the side: buttons, sliders, the reading of a point, the key and the legend. Names are set as text.

const byId = (id) => document.getElementById(id);
const make = (kind, text, more = {}) => Object.assign(document.createElement(kind), { textContent: text }, more);
const number = (value) => value.toLocaleString('en');
const counted = (value, one, many) => `${number(value)} ${value === 1 ? one : many}`;
const aboveFloor = (metres) => `${metres.toFixed(2)} m above the floor`;

function swatch(color) {
  const box = make('span', '', { className: 'swatch' });
  box.style.background = `rgb(${color.join(',')})`;
  return box;
}

function setMode(mode) {
  if (!hasMode(mode, state.current)) return;
  state.mode = mode;
  state[JUDGED.includes(mode) ? 'judged' : 'reference'] = mode;
  refresh();
}

function setClasses(visible) {
  state.visible.set(visible);
  refresh();
}

// Sets the height above the floor up to which points are shown, in metres; null for all.
function setCut(metres) {
  const highest = header.high[2] - header.floor;
  state.cut = metres === null || metres >= highest ? null : Math.max(metres, header.low[2] - header.floor);
  byId('cut').value = String(state.cut === null ? 100 : ((state.cut + header.floor - header.low[2]) / size[2]) * 100);
  byId('cut-value').textContent = state.cut === null ? 'the top' : aboveFloor(state.cut);
  moved();
}

function toggle(name) {
  if (byId(name).disabled) return;
  state[name] = !state[name];
  if (name === 'measure') state.picks = [];
  refresh();
  showReading();
}

// Every control as the state has it.
function refresh() {
  for (const button of byId('modes').children) {
    const mode = button.dataset.mode;
    const shown = panels().some(([each]) => each === mode);
    button.setAttribute('aria-pressed', String(shown));
    button.disabled = !hasMode(mode, state.current);
  }
  for (const name of ['compare', 'measure', 'front', 'safe'])
    byId(name).setAttribute('aria-pressed', String(state[name]));
  byId('which').value = String(state.current);
  stage.classList.toggle('measuring', state.measure);
  document.documentElement.dataset.theme = state.theme;
  byId('theme').textContent = state.theme === 'dark' ? 'Light' : 'Dark';
  showKey();
  showLegend();
  repaint();
}

function showReading() {
  const list = document.createElement('dl');
  const row = (name, value) => list.append(make('dt', name), make('dd', value));
  const [first, second] = state.picks.map(describe);
  if (second) {
    const d = second.at.map((v, axis) => v - first.at[axis]);
    row('distance', `${Math.hypot(...d).toFixed(3)} m`);
    row('along the floor', `${Math.hypot(d[0], d[1]).toFixed(3)} m`);
    row('in height', `${d[2].toFixed(3)} m`);
  }
  const told = second || first;
  if (told) {
    if (told.truth !== null) row('truth', told.truth);
    for (const each of told.predictions) {
      const sure = each.confidence === null ? '' : `, ${(each.confidence * 100).toFixed(0)} % sure`;
      const judged =
        told.truth === null || told.truth === 'no class' ? '' : each.class === told.truth ? ' – right' : ' – wrong';
      row(each.name, each.class + sure + judged);
    }
    row('height', aboveFloor(told.height));
    row('x, y, z', told.at.map((v) => v.toFixed(2)).join(', '));
  }
  const hint = state.measure
    ? ['Click one end of the distance.', 'Click its other end.', 'Click to begin again.'][state.picks.length]
    : told
      ? ''
      : 'Click a point, or press Enter in the view, to read what it is.';
  byId('reading').replaceChildren(list, make('p', hint));
}

function showKey() {
  const key = byId('key');
  const modes = new Set(panels().map(([mode]) => mode));
  const all = [];
  const ramp = (low, high, title) => {
    const bar = make('div', '', { className: 'ramp' });
    bar.style.background = `linear-gradient(to right, ${header.ramp.map((c) => `rgb(${c.join(',')})`).join(',')})`;
    const ends = make('div', '', { className: 'ends' });
    ends.append(make('span', low), make('span', title), make('span', high));
    all.push(bar, ends);
  };
  if (modes.has('error')) {
    const { right, wrong, none } = header.colors;
    const shown = state.compare ? header.predictions : [header.predictions[state.current]];
    for (const each of shown) {
      const share = (count) =>
        `${number(count)} (${((100 * count) / Math.max(each.right + each.wrong, 1)).toFixed(1)} %)`;
      if (shown.length > 1) all.push(make('p', each.name));
      const [good, bad] = [make('p', ''), make('p', '')];
      good.append(swatch(right), `right: ${share(each.right)}`);
      bad.append(swatch(wrong), `wrong: ${share(each.wrong)}`);
      all.push(good, bad);
    }
    const rest = make('p', '');
    rest.append(swatch(none), 'no class in the truth');
    all.push(rest);
  }
  if (modes.has('confidence')) ramp('0 %', '100 %', 'confidence');
  if (modes.has('height')) {
    const [low, high] = [header.low, header.high].map((corner) => `${(corner[2] - header.floor).toFixed(2)} m`);
    ramp(low, high, 'above the floor');
  }
  if (modes.has('normal')) all.push(make('p', 'x, y and z of the direction as red, green and blue'));
  if (['truth', 'prediction'].some((mode) => modes.has(mode))) all.push(make('p', 'The classes below.'));
  if (all.length === 0) all.push(make('p', 'The colours of the scan.'));
  key.replaceChildren(...all);
}

// Rows are made once, so that the focus stays where it is.
const rows = [];

function makeLegend() {
  const body = byId('legend').tBodies[0];
  const counts = (value) => [
    header.truth ? header.truth[value] : 0,
    ...header.predictions.map((each) => each.counts[value]),
  ];
  let absent = 0;
  for (let k = 0; k <= header.classes.length; k++) {
    const value = k === header.classes.length ? 0 : k + 1;
    if (counts(value).every((count) => count === 0)) {
      absent += value > 0 ? 1 : 0;
      continue;
    }
    const [box, label, only] = [make('input', '', { type: 'checkbox' }), make('label', ''), make('button', 'only')];
    const name = className(value);
    const color = swatch([0, 0, 0]);
    only.setAttribute('aria-label', `only ${name}`);
    label.append(box, color, make('span', name));
    const [truth, predicted] = [make('td', ''), make('td', '')];
    box.addEventListener('change', () => {
      state.visible[value] = box.checked ? 1 : 0;
      refresh();
    });
    only.addEventListener('click', () => {
      const alone = state.visible.every((shown, i) => (shown === 1) === (i === value));
      setClasses(state.visible.map((_, i) => (alone || i === value ? 1 : 0)));
    });
    const row = make('tr', '');
    const [first, last] = [make('td', ''), make('td', '')];
    first.append(label);
    last.append(only);
    row.append(first, truth, predicted, last);
    body.append(row);
    rows.push({ value, row, box, only, color, truth, predicted });
  }
  byId('absent').textContent = 
    absent > 0
      ? `${counted(absent, 'class', 'classes')} of the label set ${absent === 1 ? 'is' : 'are'} not in this scan.`
      : '';
  if (rows.length === 0) byId('absent').textContent = 'This scan has neither truth nor prediction.';
  for (const name of ['all', 'none', 'safe']) byId(name).disabled = rows.length === 0;
  byId('truth-head').hidden = !header.truth;
  byId('predicted-head').hidden = header.predictions.length === 0;
}

function showLegend() {
  const given = header.predictions[state.current];
  for (const { value, row, box, only, color, truth, predicted } of rows) {
    box.checked = state.visible[value] === 1;
    row.classList.toggle('off', !box.checked);
    only.setAttribute('aria-pressed', String(state.visible.every((shown, i) => (shown === 1) === (i === value))));
    color.style.background = `rgb(${palette()[value].join(',')})`;
    truth.hidden = !header.truth;
    predicted.hidden = !given;
    truth.textContent = header.truth ? number(header.truth[value]) : '';
    predicted.textContent = given ? number(given.counts[value]) : '';
  }
}

function makeSide() {
  byId('name').textContent = header.name;
  const { points: shown, of, strays } = header;
  const about = [shown < of ? `${number(shown)} of ${counted(of, 'point', 'points')}` : counted(of, 'point', 'points')];
  if (shown < of - strays) about.push('thinned evenly');
  if (strays > 0) about.push(`without ${counted(strays, 'stray', 'strays')} far away`);
  about.push(`${size.map((length) => length.toFixed(1)).join(' × ')} m`);
  byId('about').textContent = about.join(', ');
  MODES.forEach(([mode, name], i) => {
    const button = make('button', name, { title: `${name} (${i + 1})` });
    button.dataset.mode = mode;
    button.addEventListener('click', () => setMode(mode));
    byId('modes').append(button);
  });
  byId('which').append(...header.predictions.map((each, i) => make('option', each.name, { value: String(i) })));
  byId('which-section').hidden = header.predictions.length < 2;
  byId('compare').disabled = !canCompare();
  byId('front').disabled = !header.normal;
  byId('cut').min = '0';
  makeLegend();
}
