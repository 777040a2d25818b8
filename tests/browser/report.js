// Opens a report with pictures in Chromium: node report.js REPORT.html [SCREENSHOTS]. `.ci/browser` runs it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { launch, watched } from './browser.js';

const [file, shots] = process.argv.slice(2);
const browser = await launch();

for (const width of [390, 1920]) {
  for (const colorScheme of ['light', 'dark']) {
    const { page, close } = await watched(browser, file, '', { viewport: { width, height: 900 }, colorScheme });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide at ${width}`);
    const [text, back] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor].map((each) => each.match(/\d+/g).slice(0, 3).map(Number));
    });
    const contrast = Math.abs(text[0] + text[1] + text[2] - back[0] - back[1] - back[2]);
    assert.ok(contrast > 450, `text ${text} on ${back}`);
    const images = await page.evaluate(() => [...document.images].map((image) => [image.naturalWidth, image.alt]));
    assert.ok(images.length > 0 && images.every(([pixels, alt]) => pixels > 100 && alt), `${images}`);
    if (shots) await page.screenshot({ path: path.join(shots, `report-${width}-${colorScheme}.png`), fullPage: true });
    await close();
  }
}

// by keyboard alone: to the switch of the confusion matrix, which an arrow moves
const { page, close } = await watched(browser, file, '');
let reached = false;
for (let presses = 0; presses < 200 && !reached; presses++) {
  await page.keyboard.press('Tab');
  reached = await page.evaluate(() => document.activeElement.type === 'radio');
}
assert.ok(reached, 'Tab does not reach the switch');
const shown = () => page.innerText('.matrix table');
const before = await shown();
await page.keyboard.press('ArrowRight');
assert.notEqual(await shown(), before);
const link = await page.locator('a[href*="view-"]').first().getAttribute('href');
await close();

const view = await watched(browser, path.join(path.dirname(file), link), '');
await view.page.waitForFunction(() => window.scanseg);
await view.close();
await browser.close();
console.log('the report passed');
