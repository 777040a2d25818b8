// The same as `draw.js` without a graphics card: into the memory of a picture. Where WebGL is a program itself, this is
// several times as fast, and it also works where there is no WebGL.

class SoftDrawing {
  constructor(canvas, points) {
    Object.assign(this, { kind: 'canvas', canvas, points, colors: [], image: null });
    this.context = canvas.getContext('2d', { alpha: false });
  }

  // The whole canvas in the background's colour.
  clear(background) {
    const { canvas, context } = this;
    if (!this.image || this.image.width !== canvas.width || this.image.height !== canvas.height) {
      this.image = context.createImageData(canvas.width, canvas.height);
      this.pixels = new Int32Array(this.image.data.buffer);
      this.depth = new Float32Array(canvas.width * canvas.height);
    }
    const [r, g, b] = background.map((v) => Math.round(v * 255));
    this.pixels.fill((255 << 24) | (b << 16) | (g << 8) | r);
    this.depth.fill(0);
  }

  setColors(panel, array) {
    this.colors[panel] = new Int32Array(array.slice().buffer);
  }

  // Draws points into a rectangle of the cleared canvas, in pixels, y from the bottom.
  panel(index, [left, bottom, width, height], options) {
    const { canvas } = this;
    const top = canvas.height - bottom - height;
    const window = { x: 0, y: 0, stride: canvas.width, left, top, right: left + width, bottom: top + height };
    this.splat(index, [left, top, width, height], options, window, this.pixels, this.depth, false);
  }

  // Draws squares, or the numbers of points, into the part of a window between left, top, right and bottom. A pixel
  // of the canvas is at (x - window.x) + (y - window.y) · stride. Depths are inverse, and 0 where there is nothing.
  splat(index, [left, top, width, height], { count, cut, front, pixels }, window, out, depth, numbers) {
    const { position, normal } = this.points;
    const colors = this.colors[index];
    const m = clipMatrix(width, height);
    const unit = size.map((length) => length / 65535);
    // x and y in pixels times w, and w, of the numbers in `position`
    const rows = [0, 1, 3].map((row) =>
      [0, 1, 2, 3].map((column) => m[4 * column + row] * (column < 3 ? unit[column] : 1)),
    );
    const [x, y, w] = [rows[0], rows[1], rows[2]];
    const toX = x.map((v, i) => (v * width) / 2 + w[i] * (left + width / 2));
    const toY = y.map((v, i) => (-v * height) / 2 + w[i] * (top + height / 2));
    const [[xa, xb, xc, xd], [ya, yb, yc, yd], [wa, wb, wc, wd]] = [toX, toY, w];
    const [ex, ey, ez] = eye();
    const [ux, uy, uz] = unit;
    const half = (pixels * Math.min(width, height)) / 4 / FIELD;
    const near = nearPlane();
    const highest = cut * 65535;
    const backs = front && normal;
    const { stride, left: first, right: last, top: upper, bottom: lower } = window;
    for (let i = 0, o = 0; i < count; i++, o += 4) {
      const color = colors[i];
      if (color >>> 24 === 0) continue;
      const px = position[o];
      const py = position[o + 1];
      const pz = position[o + 2];
      if (pz > highest) continue;
      if (backs && normal[o] * (ex - px * ux) + normal[o + 1] * (ey - py * uy) + normal[o + 2] * (ez - pz * uz) < 0)
        continue;
      const deep = wa * px + wb * py + wc * pz + wd;
      if (deep < near) continue;
      const inverse = 1 / deep;
      const cx = (xa * px + xb * py + xc * pz + xd) * inverse;
      const cy = (ya * px + yb * py + yc * pz + yd) * inverse;
      const wanted = half * inverse;
      const reach = wanted < 0.5 ? 0.5 : wanted > 32 ? 32 : wanted;
      // whole numbers are cut towards 0, and so are those below it, which are outside anyway
      let x0 = (cx - reach + 0.5) | 0;
      let x1 = (cx + reach + 0.5) | 0;
      let y0 = (cy - reach + 0.5) | 0;
      let y1 = (cy + reach + 0.5) | 0;
      if (x1 <= first || x0 >= last || y1 <= upper || y0 >= lower) continue;
      if (x0 < first) x0 = first;
      if (x1 > last) x1 = last;
      if (y0 < upper) y0 = upper;
      if (y1 > lower) y1 = lower;
      const value = numbers ? i + 1 : color;
      for (let row = y0; row < y1; row++) {
        const start = (row - window.y) * stride - window.x;
        for (let at = start + x0; at < start + x1; at++) {
          if (inverse > depth[at]) {
            depth[at] = inverse;
            out[at] = value;
          }
        }
      }
    }
  }

  find(index, [left, bottom, width, height], x, y, reach, options) {
    const top = this.canvas.height - bottom - height;
    const side = 2 * reach + 1;
    const row = this.canvas.height - 1 - y;
    const window = {
      x: x - reach,
      y: row - reach,
      stride: side,
      left: Math.max(x - reach, left),
      top: Math.max(row - reach, top),
      right: Math.min(x + reach + 1, left + width),
      bottom: Math.min(row + reach + 1, top + height),
    };
    const numbers = new Int32Array(side * side);
    this.splat(index, [left, top, width, height], options, window, numbers, new Float32Array(side * side), true);
    return nearest(numbers, side);
  }

  finish() {
    this.context.putImageData(this.image, 0, 0);
  }

  read() {
    return this.image.data;
  }
}
