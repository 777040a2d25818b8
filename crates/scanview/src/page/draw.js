// Draws points with WebGL 2: as squares, whose colours come from `paint.js`. The same program draws the number of each
// point in place of its colour, to find out which one is where.

const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 position;
layout(location = 1) in vec4 color;
layout(location = 2) in vec4 normal;
uniform mat4 clip;
uniform vec3 size;
uniform vec3 eye;
uniform float cut;
uniform float scale;
uniform float largest;
uniform bool front;
uniform bool number;
flat out vec3 shown;
void main() {
  vec3 p = position.xyz * size;
  bool hidden = color.a == 0.0 || position.z > cut || (front && dot(normal.xyz, eye - p) < 0.0);
  gl_Position = hidden ? vec4(2.0, 2.0, 2.0, 1.0) : clip * vec4(p, 1.0);
  gl_PointSize = clamp(scale / gl_Position.w, 1.0, largest);
  int id = gl_VertexID + 1;
  shown = number ? vec3(id & 255, (id >> 8) & 255, (id >> 16) & 255) / 255.0 : color.rgb;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 shown;
out vec4 color;
void main() { color = vec4(shown, 1.0); }`;

// The nearest number to the middle of a square of them, less one; -1 if all are 0.
function nearest(numbers, side) {
  const reach = (side - 1) / 2;
  let [best, least] = [-1, Infinity];
  numbers.forEach((found, i) => {
    const away = Math.hypot((i % side) - reach, Math.floor(i / side) - reach);
    if (found > 0 && away < least) [best, least] = [found - 1, away];
  });
  return best;
}

const WEBGL = { antialias: false, alpha: false, powerPreference: 'high-performance' };

// Whether a graphics card draws what WebGL is asked for, and not a program.
function hasGraphicsCard() {
  const gl = document.createElement('canvas').getContext('webgl2', WEBGL);
  if (!gl) return false;
  const asked = gl.getExtension('WEBGL_debug_renderer_info');
  const name = gl.getParameter(asked ? asked.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

class Drawing {
  constructor(canvas, points) {
    const gl = canvas.getContext('webgl2', WEBGL);
    if (!gl) throw new Error('This browser has no WebGL 2; leave out #webgl from the address.');
    Object.assign(this, { kind: 'webgl', gl, canvas, points, colors: [], target: null });
    const program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    this.at = {};
    for (const name of ['clip', 'size', 'eye', 'cut', 'scale', 'largest', 'front', 'number']) {
      this.at[name] = gl.getUniformLocation(program, name);
    }
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.SCISSOR_TEST);
    const keep = (location, array, type) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, 4, type, true, 0, 0);
    };
    keep(0, points.position, gl.UNSIGNED_SHORT);
    if (points.normal) keep(2, points.normal, gl.BYTE);
    else gl.vertexAttrib4f(2, 0, 0, 0, 0);
    gl.enableVertexAttribArray(1);
    gl.uniform3fv(this.at.size, size);
    this.largest = Math.min(gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE)[1], 64);
    gl.uniform1f(this.at.largest, this.largest);
  }

  // The colours of a panel.
  setColors(panel, array) {
    const { gl } = this;
    this.colors[panel] ||= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colors[panel]);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
  }

  // The whole canvas, or a region of it in pixels, y from the bottom, in the background's colour.
  clear(background, region = [0, 0, this.canvas.width, this.canvas.height]) {
    const { gl } = this;
    gl.scissor(...region);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  }

  // Draws the first `count` points into a rectangle of the cleared canvas, in pixels, y from the bottom. Only `region` of
  // it changes.
  panel(
    index,
    [x, y, width, height],
    { count, cut, front, pixels, number = false, region = [x, y, width, height] },
  ) {
    const { gl, at } = this;
    gl.viewport(x, y, width, height);
    gl.scissor(...region);
    gl.uniformMatrix4fv(at.clip, false, clipMatrix(width, height));
    gl.uniform3fv(at.eye, eye());
    gl.uniform1f(at.cut, cut);
    gl.uniform1f(at.scale, (pixels * Math.min(width, height)) / 2 / FIELD);
    gl.uniform1i(at.front, front ? 1 : 0);
    gl.uniform1i(at.number, number ? 1 : 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colors[index]);
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0);
    gl.drawArrays(gl.POINTS, 0, count);
  }

  // The number of the point at a pixel, or the nearest within `reach` pixels; -1 for none.
  find(index, rectangle, x, y, reach, options) {
    const { gl, canvas } = this;
    if (!this.target || this.target.width !== canvas.width || this.target.height !== canvas.height) {
      if (this.target) [this.target.color, this.target.depth].forEach((buffer) => gl.deleteRenderbuffer(buffer));
      const attach = (point, format) => {
        const buffer = gl.createRenderbuffer();
        gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
        gl.renderbufferStorage(gl.RENDERBUFFER, format, canvas.width, canvas.height);
        gl.framebufferRenderbuffer(gl.FRAMEBUFFER, point, gl.RENDERBUFFER, buffer);
        return buffer;
      };
      const frame = this.target ? this.target.frame : gl.createFramebuffer();
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      const [color, depth] = [
        attach(gl.COLOR_ATTACHMENT0, gl.RGBA8),
        attach(gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT24),
      ];
      this.target = { frame, color, depth, width: canvas.width, height: canvas.height };
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target.frame);
    const side = 2 * reach + 1;
    const region = [x - reach, y - reach, side, side];
    this.clear([0, 0, 0], region);
    this.panel(index, rectangle, { ...options, number: true, region });
    const seen = new Uint8Array(4 * side * side);
    gl.readPixels(...region, gl.RGBA, gl.UNSIGNED_BYTE, seen);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    return nearest(
      Uint32Array.from(
        { length: side * side },
        (_, i) => seen[4 * i] | (seen[4 * i + 1] << 8) | (seen[4 * i + 2] << 16),
      ),
      side,
    );
  }

  // Waits until the picture is drawn, which reading a pixel does: else frames would queue up, and the picture lag
  // behind the hand. (A fence says so too late: Chromium looks at it between tasks, while it is busy with the next
  // frame.)
  finish() {
    const { gl } = this;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  // Red, green, blue and 255 of every pixel, from the top.
  read() {
    const {
      gl,
      canvas: { width, height },
    } = this;
    const [seen, rows] = [new Uint8Array(4 * width * height), new Uint8ClampedArray(4 * width * height)];
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, seen);
    for (let y = 0; y < height; y++)
      rows.set(seen.subarray(4 * width * y, 4 * width * (y + 1)), 4 * width * (height - 1 - y));
    return rows;
  }
}
