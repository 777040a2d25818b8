// Opens the pages of the example `pages` in Chromium: node check.js DIR [SCREENSHOTS]. `.ci/browser` runs it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { launch, margins, open, outside, seen, watched } from './browser.js';

const [dir, shots] = process.argv.slice(2);
const browser = await launch();
// the way of drawing that is tested now
let way = '';
const show = (name, context) => open(browser, path.join(dir, `${name}.html`), way, context);
const call = (page, name, ...values) =>
  page.evaluate(([each, given]) => window.scanseg[each](...given), [name, values]);
const MODES = ['color', 'truth', 'prediction', 'error', 'confidence', 'normal', 'height'];

// The class at a place of the made-up room, see `tests/common/mod.rs` of the crate.
function classAt([x, y, z]) {
  const inside = (x0, x1, y0, y1, top) =>
    x > x0 - 0.01 && x < x1 + 0.01 && y > y0 - 0.01 && y < y1 + 0.01 && z > 0.04 && z < top + 0.01;
  if (inside(2, 3.4, 1.4, 2.2, 0.75)) return 'table';
  if (inside(3.8, 4.9, 1.8, 3.8, 0.5)) return 'bed';
  return z < 0.001 ? 'floor' : 'wall';
}

const tests = {
  async 'every mode shows something, and something else'() {
    const { page, close } = await show('room');
    const hashes = new Set();
    for (const mode of MODES) {
      await page.click(`[data-mode="${mode}"]`);
      assert.equal(await page.getAttribute(`[data-mode="${mode}"]`, 'aria-pressed'), 'true');
      const { share, hash, colors } = await seen(page);
      assert.ok(share > 0.25 && share < 0.95, `${mode}: ${share}`);
      assert.ok(colors.length > 2, mode);
      hashes.add(hash);
      if (shots) await page.screenshot({ path: path.join(shots, `${way}-${mode}.png`) });
    }
    assert.equal(hashes.size, MODES.length);
    await close();
  },

  async 'errors have the two colours of right and wrong'() {
    const { page, close } = await show('room');
    await call(page, 'setMode', 'error');
    const { colors } = await seen(page);
    const like = ([r, g, b]) =>
      colors
        .filter(([color]) => {
          const light = (color >> 16) / r;
          return (
            light > 0.6 && Math.abs(((color >> 8) & 255) - g * light) < 4 && Math.abs((color & 255) - b * light) < 4
          );
        })
        .reduce((sum, [, count]) => sum + count, 0);
    const [right, wrong] = [like([110, 134, 168]), like([245, 130, 20])];
    const all = colors.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(right + wrong > all * 0.999 && wrong > all * 0.05 && right > all * 0.4, `${right} ${wrong} ${all}`);
    assert.match(await page.textContent('#key'), /right: [\d,]+ \(\d+\.\d %\)/);
    await call(page, 'setMode', 'height');
    assert.match(await page.textContent('#key'), /^0\.00 mabove the floor2\.50 m$/);
    await close();
  },

  async 'the legend filters classes'() {
    const { page, close } = await show('room');
    await call(page, 'setMode', 'truth');
    const before = await seen(page);
    await page.click('button[aria-label="only table"]');
    const alone = await seen(page);
    assert.ok(alone.share < before.share / 4 && alone.share > 0.005);
    // shades of the colour of tables
    for (const [color] of alone.colors) {
      const [r, g, b] = [color >> 16, (color >> 8) & 255, color & 255];
      assert.ok(Math.abs(g - (r * 152) / 255) < 3 && Math.abs(b - (r * 150) / 255) < 3, `${r} ${g} ${b}`);
    }
    await page.click('#all');
    assert.equal((await seen(page)).hash, before.hash);
    await page.locator('#legend label', { hasText: 'wall' }).click();
    assert.ok((await seen(page)).share < before.share);
    await page.click('#none');
    assert.equal((await seen(page)).share, 0);
    assert.match(await page.locator('#legend tr', { hasText: 'floor' }).textContent(), /[\d,]{3,}/);
    await close();
  },

  async 'picking tells the right class'() {
    const { page, close } = await show('room');
    let hits = 0;
    for (let i = 0; i < 60000; i += 499) {
      const found = await page.evaluate((index) => {
        const at = window.scanseg.project(index, 0);
        return at && window.scanseg.pick(...at);
      }, i);
      if (!found) continue;
      hits += 1;
      const truth = classAt(found.at);
      assert.equal(found.truth, truth);
      const [shifted, tables, perfect] = found.predictions;
      assert.equal(shifted.class === truth, found.at[0] >= 0.9999);
      assert.equal(tables.class, truth === 'table' ? 'bed' : truth);
      assert.equal(perfect.class, truth);
      assert.ok(Math.abs(shifted.confidence - found.at[0] / 5) < 0.005 && perfect.confidence === null);
    }
    assert.ok(hits > 90, `${hits}`);
    // with the mouse, and in words
    const { x, y } = await page.locator('#stage').boundingBox();
    const index = await page.evaluate(() => {
      const { pick, project } = window.scanseg;
      for (let i = 0; ; i++)
        if (window.scanseg.place(i)[2] > 0.7499 && pick(...project(i, 0))?.truth === 'table') return i;
    });
    await call(page, 'setMode', 'truth');
    const at = await call(page, 'project', index, 0);
    await page.mouse.click(x + at[0], y + at[1]);
    const text = await page.textContent('#reading');
    assert.match(text, /truthtable.*tablesbed, \d+ % sure – wrong.*perfecttable – right/);
    // only what is shown can be read
    await page.click('button[aria-label="only bed"]');
    assert.notEqual((await page.evaluate((a) => window.scanseg.pick(...a), at))?.truth, 'table');
    await close();
  },

  async 'panels stay linked'() {
    const { page, close } = await show('room', { viewport: { width: 1300, height: 800 } });
    await page.click('#compare');
    assert.deepEqual(await call(page, 'panels'), [
      ['truth', 0],
      ['prediction', 0],
      ['prediction', 1],
      ['prediction', 2],
    ]);
    const compare = async () => {
      const all = [];
      for (let panel = 0; panel < 4; panel++) all.push(await seen(page, panel));
      // the third prediction is the truth; cells may differ by a row of pixels
      assert.ok(Math.abs(all[0].share - all[3].share) < 0.01, `${all[0].share} ${all[3].share}`);
      assert.deepEqual(new Set(all[0].colors.map(([c]) => c)), new Set(all[3].colors.map(([c]) => c)));
      assert.notEqual(all[1].hash, all[2].hash);
      return all.map(({ hash }) => hash);
    };
    const before = await compare();
    const cell = (await call(page, 'layout'))[2];
    const stage = await page.locator('#stage').boundingBox();
    await page.mouse.move(stage.x + cell.x + 200, stage.y + cell.y + 150);
    await page.mouse.down();
    await page.mouse.move(stage.x + cell.x + 320, stage.y + cell.y + 120, { steps: 4 });
    await page.mouse.up();
    await page.mouse.wheel(0, -300);
    const after = await compare();
    assert.ok(before.every((hash, panel) => hash !== after[panel]));
    // the same place of two panels is the same point
    const [first, last] = await page.evaluate(() => {
      const cells = window.scanseg.layout();
      return [0, 3].map((k) => window.scanseg.pick(cells[k].x + cells[k].width / 2, cells[k].y + cells[k].height / 2));
    });
    assert.ok(Math.hypot(...first.at.map((v, i) => v - last.at[i])) < 0.05);
    if (shots) await page.screenshot({ path: path.join(shots, `${way}-compare.png`) });
    await page.click('[data-mode="error"]');
    assert.deepEqual(
      (await call(page, 'panels')).map(([mode]) => mode),
      ['truth', 'error', 'error', 'error'],
    );
    await close();
  },

  async 'three panels leave nothing between them'() {
    for (const colorScheme of ['dark', 'light']) {
      const { page, close } = await show('pair', { viewport: { width: 1140, height: 900 }, colorScheme });
      // so near that the picture is full
      await page.focus('#stage');
      for (let i = 0; i < 12; i++) await page.keyboard.press('+');
      await page.click('#compare');
      for (const [width, height] of [
        [1140, 900],
        [1000, 800],
        [1200, 930],
      ]) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(100);
        const cells = await call(page, 'layout');
        assert.ok(cells.length === 3 && cells[2].y > 0 && cells[2].x > 0, JSON.stringify(cells));
        const { wrong, share } = await outside(page);
        assert.ok(wrong === 0 && share > 0.2, `${wrong} ${share}`);
      }
      if (shots) await page.screenshot({ path: path.join(shots, `${way}-three-${colorScheme}.png`) });
      await close();
    }
  },

  async 'the first picture is whole and in the middle'() {
    for (const [name, width, height] of [
      ['room', 1600, 900],
      ['room', 1920, 1080],
      ['room', 390, 844],
      ['annotated', 1280, 720],
      ['strays', 1280, 720],
      ['many', 1280, 720],
    ]) {
      const { page, close } = await show(name, { viewport: { width, height } });
      for (const button of ['#reset', '#top']) {
        await page.click(button);
        const [left, top, right, bottom] = await margins(page);
        const told = `${name} ${width} ${button} ${[left, top, right, bottom].map((v) => v.toFixed(3))}`;
        assert.ok(Math.min(left, top, right, bottom) > 0.01, told);
        assert.ok(Math.abs(left - right) < 0.02 && Math.abs(top - bottom) < 0.02, told);
        assert.ok(Math.min(left + right, top + bottom) < 0.12, told);
        if (shots) await page.screenshot({ path: path.join(shots, `${way}-first-${name}-${width}${button}.png`) });
      }
      await close();
    }
  },

  async 'strays are left out and counted'() {
    const { page, close } = await show('strays');
    assert.match(
      await page.textContent('#about'),
      /^20,000 of 20,003 points, without 3 strays far away, 5\.0 × 4\.0 × 2\.5 m$/,
    );
    await close();
  },

  async 'what a page needs is said'() {
    const file = path.join(dir, 'room.html');
    const old = await watched(browser, file, way, {}, () => delete window.DecompressionStream);
    await old.page.waitForSelector('#trouble:visible');
    assert.match(await old.page.textContent('#trouble'), /needs a browser from 2023 or later/);
    assert.equal(await old.page.locator('button:enabled, input:enabled, select:enabled').count(), 0);
    await old.page.context().close();
    const bare = await watched(browser, file, way, { javaScriptEnabled: false });
    assert.ok(await bare.page.locator('noscript p', { hasText: 'JavaScript' }).isVisible());
    await bare.page.context().close();
  },

  async 'a cross-section leaves out what is above'() {
    const { page, close } = await show('room');
    const whole = await seen(page);
    await page.locator('#cut').fill('20');
    assert.match(await page.textContent('#cut-value'), /^0\.\d\d m above the floor$/);
    const part = await seen(page);
    assert.ok(part.share < whole.share * 0.8, `${part.share} ${whole.share}`);
    for (let i = 0; i < 60; i++) {
      const found = await page.evaluate((k) => window.scanseg.pick(200 + k * 10, 200 + k * 5), i);
      assert.ok(!found || found.at[2] < 0.51);
    }
    if (shots) await page.screenshot({ path: path.join(shots, `${way}-section.png`) });
    await page.click('#reset');
    assert.equal((await seen(page)).hash, whole.hash);
    await close();
  },

  async 'distances are those of the room'() {
    const { page, close } = await show('room');
    await page.click('#top');
    await page.click('#measure');
    const told = await page.evaluate(() => {
      const ends = [];
      for (let i = 0; ends.length < 2; i++) {
        const [x, y, z] = window.scanseg.place(i);
        if (z < 0.001 && Math.hypot(x - [0.5, 1.5][ends.length], y - 0.5) < 0.06)
          ends.push(window.scanseg.pick(...window.scanseg.project(i, 0)).at);
      }
      return Math.hypot(...ends[0].map((v, axis) => v - ends[1][axis]));
    });
    const text = await page.textContent('#reading');
    assert.ok(Math.abs(Number(text.match(/distance([\d.]+) m/)[1]) - told) < 0.001 && told > 0.8 && told < 1.2, text);
    await page.keyboard.press('Escape');
    assert.equal(await page.getAttribute('#measure', 'aria-pressed'), 'false');
    assert.match(await page.textContent('#reading'), /^Click a point/);
    await close();
  },

  async 'everything works by keyboard'() {
    const { page, close } = await show('room');
    const reached = new Set();
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const [name, ring] = await page.evaluate(() => {
        const it = document.activeElement;
        return [
          it.id || it.getAttribute('aria-label') || it.textContent || it.parentElement.textContent.trim(),
          getComputedStyle(it).outlineStyle,
        ];
      });
      if (name !== 'BODY' && ring === 'none')
        assert.equal(await page.evaluate(() => document.activeElement === document.body), true, name);
      reached.add(name);
    }
    const wanted = [
      'Colour',
      'Height',
      'compare',
      'measure',
      'front',
      'top',
      'reset',
      'theme',
      'help',
      'stage',
      'which',
      'cut',
      'size',
      'all',
      'none',
      'safe',
      'wall',
      'only wall',
    ];
    assert.deepEqual(
      wanted.filter((name) => !reached.has(name)),
      [],
    );
    await page.focus('#stage');
    const state = () =>
      page.evaluate(() => ({
        ...window.scanseg.camera,
        mode: window.scanseg.state.mode,
        cut: window.scanseg.state.cut,
      }));
    const begin = await state();
    for (const [i, mode] of MODES.entries()) {
      await page.keyboard.press(String(i + 1));
      assert.equal((await state()).mode, mode);
    }
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('+');
    await page.keyboard.press('w');
    await page.keyboard.press('[');
    const now = await state();
    assert.ok(
      now.azimuth < begin.azimuth && now.elevation > begin.elevation && now.distance < begin.distance && now.cut < 2.5,
    );
    assert.notDeepEqual(now.target, begin.target);
    await page.keyboard.press('r');
    assert.deepEqual({ ...(await state()), mode: begin.mode }, begin);
    await page.keyboard.press('Enter');
    assert.match(await page.textContent('#reading'), /truth/);
    await page.keyboard.press('Escape');
    assert.doesNotMatch(await page.textContent('#reading'), /truth/);
    await page.keyboard.press('?');
    assert.ok(await page.isVisible('#keys'));
    await page.keyboard.press('Escape');
    assert.ok(!(await page.isVisible('#keys')));
    // arrows move a slider, and not the camera
    await page.focus('#size');
    await page.keyboard.press('ArrowRight');
    assert.equal((await state()).azimuth, begin.azimuth);
    assert.equal(await page.inputValue('#size'), '1.5');
    await close();
  },

  async 'two fingers zoom and one turns'() {
    const { page, close } = await show('room', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const session = await page.context().newCDPSession(page);
    const { x, y } = await page.locator('#stage').boundingBox();
    const touch = (type, ...at) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: at.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })),
      });
    const camera = () => page.evaluate(() => ({ ...window.scanseg.camera }));
    const begin = await camera();
    await touch('touchStart', [100, 100]);
    await touch('touchMove', [150, 110]);
    await touch('touchEnd');
    const turned = await camera();
    assert.ok(turned.azimuth > begin.azimuth && turned.distance === begin.distance);
    await touch('touchStart', [100, 100], [150, 100]);
    await touch('touchMove', [60, 100], [190, 100]);
    await touch('touchEnd');
    const zoomed = await camera();
    assert.ok(zoomed.distance < turned.distance && zoomed.azimuth === turned.azimuth);
    await close();
  },

  async 'narrow and wide, dark and light'() {
    for (const [width, height] of [
      [390, 844],
      [1920, 1080],
    ]) {
      for (const colorScheme of ['dark', 'light']) {
        const { page, close } = await show('room', { viewport: { width, height }, colorScheme });
        await call(page, 'setMode', 'truth');
        const facts = await page.evaluate(() => {
          const light = (color) => {
            const [r, g, b] = color
              .match(/\d+/g)
              .map((v) => (v / 255 <= 0.04 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
          };
          const contrast = (element, behind) => {
            const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)];
            return Math.max(a, b) / Math.min(a, b);
          };
          const [aside, stage] = [document.querySelector('aside'), document.getElementById('stage')];
          return {
            theme: document.documentElement.dataset.theme,
            wide: document.scrollingElement.scrollWidth - innerWidth,
            table:
              document.getElementById('legend').getBoundingClientRect().right -
              aside.getBoundingClientRect().left -
              aside.clientWidth,
            high: document.scrollingElement.scrollHeight - innerHeight,
            stage: (stage.clientWidth * stage.clientHeight) / innerWidth / innerHeight,
            text: contrast(aside, aside),
            soft: contrast(document.getElementById('absent'), aside),
            button: contrast(document.getElementById('reset'), document.getElementById('reset')),
            pressed: contrast(
              document.querySelector('[aria-pressed=true]'),
              document.querySelector('[aria-pressed=true]'),
            ),
          };
        });
        assert.equal(facts.theme, colorScheme);
        assert.ok(facts.wide <= 0 && facts.high <= 0 && facts.table <= 0 && facts.stage > 0.35, JSON.stringify(facts));
        for (const name of ['text', 'soft', 'button', 'pressed'])
          assert.ok(facts[name] > 4.5, `${name}: ${facts[name]}`);
        assert.ok((await seen(page)).share > 0.2);
        for (const box of await page.locator('header button').evaluateAll((all) =>
          all.map((each) => {
            const { left, right, top, bottom } = each.getBoundingClientRect();
            return { left, right, top, bottom, header: each.closest('header').getBoundingClientRect().bottom };
          }),
        ))
          assert.ok(box.left >= 0 && box.right <= width && box.bottom <= box.header, JSON.stringify(box));
        if (shots) await page.screenshot({ path: path.join(shots, `${way}-${width}-${colorScheme}.png`) });
        await page.click('#theme');
        assert.notEqual(await page.getAttribute('html', 'data-theme'), colorScheme);
        assert.ok((await seen(page)).share > 0.2);
        if (width === 390) {
          await page.click('#compare');
          if (shots) await page.screenshot({ path: path.join(shots, `${way}-${width}-${colorScheme}-compare.png`) });
        }
        await close();
      }
    }
  },

  async 'colours stay apart without red and green'() {
    const { page, close } = await show('room');
    const { colors } = await page.evaluate(() => window.scanseg.header);
    // Machado et al. 2009, the whole deficiency: protanopia, deuteranopia
    const blind = [
      [
        [0.152, 1.053, -0.205],
        [0.115, 0.786, 0.099],
        [-0.004, -0.048, 1.052],
      ],
      [
        [0.367, 0.861, -0.228],
        [0.28, 0.673, 0.047],
        [-0.012, 0.043, 0.969],
      ],
    ];
    const linear = (c) => c.map((v) => (v / 255) ** 2.2);
    const shown = (m, c) =>
      m.map(
        (row) =>
          Math.max(
            row.reduce((sum, v, i) => sum + v * linear(c)[i], 0),
            0,
          ) **
            (1 / 2.2) *
          255,
      );
    for (const matrix of blind) {
      for (const [a, b] of [
        ['right', 'wrong'],
        ['right', 'none'],
        ['wrong', 'none'],
      ]) {
        const [x, y] = [shown(matrix, colors[a]), shown(matrix, colors[b])];
        assert.ok(Math.hypot(...x.map((v, i) => v - y[i])) > 70, `${a} ${b} ${x} ${y}`);
      }
    }
    await call(page, 'setMode', 'truth');
    const before = await seen(page);
    await page.click('#safe');
    assert.notEqual((await seen(page)).hash, before.hash);
    await close();
  },

  async 'a page without a graphics card draws by itself'() {
    const { page, close } = await open(browser, path.join(dir, 'room.html'), null);
    assert.equal(await call(page, 'kind'), 'canvas');
    assert.ok((await seen(page)).share > 0.2);
    await close();
  },

  async 'names of users are only names'() {
    const { page, close } = await show('hostile');
    assert.equal(await page.evaluate(() => window.broken), undefined);
    const name = await page.textContent('#name');
    assert.ok(name.startsWith('</script><script>window.broken=1') && name.endsWith('{{data}}\u2028'), name);
    assert.equal(await page.title(), name);
    assert.ok((await page.textContent('#legend')).includes('a"b\'<img src=x onerror=window.broken=2>'));
    assert.equal(await page.locator('img').count(), 0);
    await call(page, 'setMode', 'prediction');
    await page.click('#compare');
    await close();
  },

  async 'scans with little in them'() {
    for (const [name, modes] of [
      ['one', ['height']],
      ['many', ['truth', 'height']],
      ['annotated', ['color', 'truth', 'normal', 'height']],
    ]) {
      const { page, close } = await show(name);
      const enabled = await page
        .locator('#modes button:not([disabled])')
        .evaluateAll((all) => all.map((each) => each.dataset.mode));
      assert.deepEqual(enabled, modes);
      assert.ok((await seen(page)).share > 0);
      const middle = await page.evaluate(() =>
        window.scanseg.pick(window.scanseg.layout()[0].width / 2, window.scanseg.layout()[0].height / 2),
      );
      assert.ok(name === 'annotated' || middle !== null);
      if (name === 'one') {
        assert.deepEqual(middle.at, [1, 2, 3]);
        assert.match(await page.textContent('#about'), /^1 point, /);
        for (const button of ['all', 'none', 'safe']) assert.ok(await page.isDisabled(`#${button}`), button);
      }
      if (name === 'many') assert.match(await page.textContent('#absent'), /^1 class of the label set is not/);
      if (name === 'many') assert.ok((await page.locator('#legend tbody tr').count()) === 200);
      if (name === 'annotated') await page.click('#compare');
      await close();
    }
  },

  async 'half a million points turn'() {
    const { page, close } = await show('large');
    await call(page, 'setMode', 'truth');
    await call(page, 'spin', 2);
    const adaptive = await call(page, 'spin', 4);
    const whole = await call(page, 'spin', 4, 1);
    const [quick, share] = [adaptive.frames.toFixed(1), (100 * adaptive.part).toFixed(0)];
    console.log(`    500,000 points at 1280 × 720 in software, ${way}, in frames a second:`);
    console.log(`    ${quick} with ${share} % of the points while moving; ${whole.frames.toFixed(1)} with all of them`);
    assert.ok(adaptive.frames > (way === 'canvas' ? 10 : 4), `${adaptive.frames}`);
    await close();
  },
};

let failed = 0;
const only = process.env.ONLY;
for (way of ['webgl', 'canvas']) {
  for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only)) continue;
    const begin = Date.now();
    try {
      await test();
      console.log(`ok      ${way}: ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${way}: ${name}\n${error.stack}`);
    }
  }
}
await browser.close();
console.log(failed ? `${failed} failed` : 'all passed');
process.exit(failed ? 1 : 0);
