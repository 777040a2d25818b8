// The colour of every point. It is computed here and not by the graphics card, so that drawing has least to do.

const MODES = [
  ['color', 'Colour'],
  ['truth', 'Truth'],
  ['prediction', 'Prediction'],
  ['error', 'Errors'],
  ['confidence', 'Confidence'],
  ['normal', 'Normals'],
  ['height', 'Height'],
];
const JUDGED = ['prediction', 'error', 'confidence'];

function hasMode(mode, prediction) {
  const given = header.predictions[prediction];
  return {
    color: header.color,
    truth: !!header.truth,
    prediction: !!given,
    error: !!given && !!header.truth,
    confidence: !!given && given.confidence,
    normal: header.normal,
    height: true,
  }[mode];
}

// Of each class, "no class" first: the label set's colours, or others that are safe for red-green blindness, with three
// shades of the colours of Okabe and Ito (2008).
const OWN = [header.colors.none, ...header.classes.map((each) => each.color)];
const SAFE = [
  header.colors.none,
  ...header.classes.map((_, i) => {
    const colors = [
      [0, 114, 178],
      [230, 159, 0],
      [86, 180, 233],
      [240, 228, 66],
      [213, 94, 0],
      [204, 121, 167],
      [0, 158, 115],
    ];
    const shade = [0, -0.45, 0.55][Math.floor(i / colors.length) % 3];
    return colors[i % colors.length].map((v) => Math.round(shade < 0 ? v * (1 + shade) : v + (255 - v) * shade));
  }),
];

function rampColor(value) {
  const at = Math.min(Math.max(value, 0), 1) * (header.ramp.length - 1);
  const low = Math.min(Math.floor(at), header.ramp.length - 2);
  return header.ramp[low].map((v, channel) => Math.round(v + (header.ramp[low + 1][channel] - v) * (at - low)));
}
const RAMP = Uint8Array.from({ length: 256 }, (_, i) => i).reduce((table, _, i) => {
  table.set(rampColor(i / 255), 3 * i);
  return table;
}, new Uint8Array(768));

// The classes that the legend's switches mean in a mode: of what is shown, else of the truth, else of the prediction.
function classesOf(points, mode, prediction) {
  const given = points.predictions[prediction];
  if (JUDGED.includes(mode) && given) return given.classes;
  return points.truth || (given ? given.classes : null);
}

// Writes red, green, blue and whether the point is shown (255 or 0).
function paint(points, mode, prediction, visible, palette, out) {
  const { n, truth, light, normal, position } = points;
  const given = points.predictions[prediction];
  const filter = classesOf(points, mode, prediction);
  const { right, wrong, none, plain } = header.colors;
  const flat = palette.flat();
  const classes = mode === 'truth' ? truth : mode === 'prediction' ? given.classes : null;
  for (let i = 0; i < n; i++) {
    const o = 4 * i;
    out[o + 3] = !filter || visible[filter[i]] ? 255 : 0;
    if (mode === 'color') {
      const from = points.color;
      out[o] = from ? from[o] : plain[0];
      out[o + 1] = from ? from[o + 1] : plain[1];
      out[o + 2] = from ? from[o + 2] : plain[2];
      continue;
    }
    if (mode === 'normal') {
      for (let axis = 0; axis < 3; axis++) out[o + axis] = 128 + normal[o + axis];
      continue;
    }
    let [table, at] = [RAMP, 0];
    if (classes) [table, at] = [flat, 3 * classes[i]];
    else if (mode === 'error') table = truth[i] === 0 ? none : truth[i] === given.classes[i] ? right : wrong;
    else if (mode === 'confidence') at = 3 * given.confidence[i];
    else at = 3 * (position[o + 2] >> 8);
    const shade = light ? light[i] : 1;
    out[o] = table[at] * shade;
    out[o + 1] = table[at + 1] * shade;
    out[o + 2] = table[at + 2] * shade;
  }
}
