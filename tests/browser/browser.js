// A headless Chromium that draws in software, and pages that may not complain or ask for anything.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM || '/usr/bin/chromium';

export async function launch() {
  const args = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  return chromium.launch({ executablePath: PROGRAM, headless: true, args });
}

// Opens a page from disk; closing it fails on console errors, exceptions and requests. `before` runs in it first.
export async function watched(browser, file, fragment, context = {}, before = null) {
  const opened = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...context });
  const page = await opened.newPage();
  if (before) await page.addInitScript(before);
  const faults = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => {
    // the driver tells when a test reads pixels, which pages do not
    if (['error', 'warning'].includes(message.type()) && !message.text().includes('GPU stall due to ReadPixels')) {
      faults.push(message.text());
    }
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== url && !request.url().startsWith('data:'))
      faults.push(`request ${request.url()}`);
  });
  await page.goto(fragment ? `${url}#${fragment}` : url);
  return {
    page,
    async close() {
      assert.deepEqual(faults, []);
      await opened.close();
    },
  };
}

// Opens a view, drawn in one of the page's two ways or, without one, as it likes, and waits until it is drawn.
export async function open(browser, file, way, context = {}) {
  const opened = await watched(browser, file, way, context);
  await opened.page.waitForFunction(() => window.scanseg);
  await opened.page.evaluate(() => window.scanseg.ready);
  if (way) assert.equal(await opened.page.evaluate(() => window.scanseg.kind()), way);
  return opened;
}

// The rectangle of what is drawn on the stage, as parts of its sides: left, top, right and bottom margins.
export function margins(page) {
  return page.evaluate(() => {
    const { width, height, data } = window.scanseg.pixels();
    const back = getComputedStyle(document.getElementById('stage')).backgroundColor.match(/\d+/g).map(Number);
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let at = 0, y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        if ([0, 1, 2].every((c) => Math.abs(data[at + c] - back[c]) <= 1)) continue;
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
      }
    }
    return [left / width, top / height, 1 - (right + 1) / width, 1 - (bottom + 1) / height];
  });
}

// How many pixels outside all panels have another colour than the stage, and how many there are.
export function outside(page) {
  return page.evaluate(() => {
    const { width, height, data } = window.scanseg.pixels();
    const ratio = width / document.getElementById('stage').clientWidth;
    const cells = window.scanseg.layout().map((cell) => ({
      left: Math.round(cell.x * ratio),
      top: Math.round(cell.y * ratio),
      right: Math.round((cell.x + cell.width) * ratio),
      bottom: Math.round((cell.y + cell.height) * ratio),
    }));
    const back = getComputedStyle(document.getElementById('stage')).backgroundColor.match(/\d+/g).map(Number);
    let [wrong, all] = [0, 0];
    for (let at = 0, y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        if (cells.some((c) => x >= c.left && x < c.right && y >= c.top && y < c.bottom)) continue;
        all += 1;
        if ([0, 1, 2].some((c) => Math.abs(data[at + c] - back[c]) > 1)) wrong += 1;
      }
    }
    return { wrong, share: all / width / height };
  });
}

// What is drawn in a panel: the share of its pixels that are not background, a hash of all, and its colours.
export function seen(page, panel = 0) {
  return page.evaluate((index) => {
    const { width, data } = window.scanseg.pixels();
    const ratio = width / document.getElementById('stage').clientWidth;
    const cell = window.scanseg.layout()[index];
    const [left, top] = [Math.round(cell.x * ratio), Math.round(cell.y * ratio)];
    const [right, bottom] = [Math.round((cell.x + cell.width) * ratio), Math.round((cell.y + cell.height) * ratio)];
    const back = getComputedStyle(document.getElementById('stage')).backgroundColor.match(/\d+/g).map(Number);
    let [hash, drawn] = [0, 0];
    const colors = new Map();
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = 4 * (y * width + x);
        const color = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
        hash = (Math.imul(hash, 31) + color) | 0;
        if ([0, 1, 2].every((c) => Math.abs(data[at + c] - back[c]) <= 1)) continue;
        drawn += 1;
        colors.set(color, (colors.get(color) || 0) + 1);
      }
    }
    return { hash, share: drawn / ((right - left) * (bottom - top)), colors: [...colors] };
  }, panel);
}
