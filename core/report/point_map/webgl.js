// Draws points with the graphics card: one buffer per layer, sorted by key so that the smallest groups come last,
// and one viewport per cell.

const VERTEX = `#version 300 es
in vec2 place; in float key;
uniform vec4 cell; uniform float size;
flat out int shade;
void main() {
  gl_Position = vec4(cell.xy + place * cell.zw, 0.0, 1.0);
  gl_PointSize = size + 1.0;
  shade = int(key + 0.5);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
flat in int shade;
uniform sampler2D palette; uniform float size; uniform float opacity;
out vec4 colour;
void main() {
  float far = length(gl_PointCoord - 0.5) * (size + 1.0);
  vec4 own = texelFetch(palette, ivec2(shade, 0), 0);
  float share = own.a * opacity * clamp(size / 2.0 + 0.5 - far, 0.0, 1.0);
  if (share <= 0.0) discard;
  colour = vec4(own.rgb * share, share);
}`;
const MOST_STEP = 63; // a stride is at most 255 bytes, and a place takes 4

class WebGL {
  constructor(onLost, onRestored) {
    this.name = "webgl";
    this.canvas = document.createElement("canvas");
    this.gl = this.canvas.getContext("webgl2", { antialias: false, alpha: false });
    if (!this.gl) throw new Error("no WebGL2");
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      onLost();
    });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.build();
      onRestored();
    });
    this.build();
  }

  static isSoftware(gl) {
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
  }

  build() {
    const gl = this.gl;
    this.buffers = new Map();
    this.palettes = new Map();
    const compiled = (kind, text) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      return shader;
    };
    const program = gl.createProgram();
    gl.attachShader(program, compiled(gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compiled(gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    if (!gl.isContextLost() && !gl.getProgramParameter(program, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(program));
    }
    gl.useProgram(program);
    this.uniform = (name) => gl.getUniformLocation(program, name);
    this.place = gl.getAttribLocation(program, "place");
    this.key = gl.getAttribLocation(program, "key");
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.SCISSOR_TEST);
  }

  paint(scene) {
    const gl = this.gl;
    if (gl.isContextLost()) return;
    const { ratio } = scene;
    fit(this.canvas, scene);
    this.forget(scene);
    const [red, green, blue] = rgb(scene.paper);
    gl.scissor(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const cell of scene.cells) {
      const width = Math.round(cell.width * ratio);
      const height = Math.round(cell.height * ratio);
      const bottom = this.canvas.height - Math.round(cell.y * ratio) - height;
      gl.viewport(Math.round(cell.x * ratio), bottom, width, height);
      gl.scissor(Math.round(cell.x * ratio), bottom, width, height);
      const at = toCell(scene.view, width, height);
      // From 0…1 of the layout to −1…1 of the viewport.
      gl.uniform4f(
        this.uniform("cell"),
        (2 * at.left) / width - 1,
        1 - (2 * at.top) / height,
        (2 * at.wide) / width,
        (2 * at.high) / height,
      );
      for (const draw of cell.draws) this.draw(draw, ratio, scene.limit);
    }
  }

  draw(draw, ratio, limit) {
    const gl = this.gl;
    const own = this.buffer(draw.layer);
    if (own.rows === 0) return;
    const step = Math.min(MOST_STEP, Math.max(1, Math.ceil(own.rows / limit)));
    gl.bindBuffer(gl.ARRAY_BUFFER, own.buffer);
    gl.enableVertexAttribArray(this.place);
    gl.vertexAttribPointer(this.place, 2, gl.UNSIGNED_SHORT, true, 4 * step, 0);
    gl.enableVertexAttribArray(this.key);
    gl.vertexAttribPointer(this.key, 1, gl.UNSIGNED_BYTE, false, step, 4 * own.rows);
    gl.uniform1f(this.uniform("size"), Math.max(1, draw.size * ratio));
    gl.uniform1f(this.uniform("opacity"), draw.opacity);
    gl.bindTexture(gl.TEXTURE_2D, this.palette(draw.palette));
    gl.drawArrays(gl.POINTS, 0, Math.floor(own.rows / step));
  }

  buffer(layer) {
    let own = this.buffers.get(layer);
    if (own) return own;
    const gl = this.gl;
    const { bytes, rows } = sortedByKey(layer);
    own = { buffer: gl.createBuffer(), rows };
    gl.bindBuffer(gl.ARRAY_BUFFER, own.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.STATIC_DRAW);
    this.buffers.set(layer, own);
    return own;
  }

  palette(colours) {
    let texture = this.palettes.get(colours);
    const gl = this.gl;
    if (texture) return texture;
    texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.palettes.set(colours, texture);
    return texture;
  }

  forget(scene) {
    const draws = scene.cells.flatMap((cell) => cell.draws);
    const layers = new Set(draws.map((draw) => draw.layer));
    for (const [layer, own] of this.buffers) {
      if (layers.has(layer)) continue;
      this.gl.deleteBuffer(own.buffer);
      this.buffers.delete(layer);
    }
    const palettes = new Set(draws.map((draw) => draw.palette));
    for (const [colours, texture] of this.palettes) {
      if (palettes.has(colours)) continue;
      this.gl.deleteTexture(texture);
      this.palettes.delete(colours);
    }
  }

  destroy() {
    // Browsers hold few contexts and give them back late.
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
    this.canvas.remove();
  }
}

function sortedByKey({ xy, keys }) {
  // Places as they are sent, then keys; rows that are not drawn (key 0) are left out.
  const starts = new Uint32Array(257);
  for (let row = 0; row < keys.length; row += 1) starts[keys[row] + 1] += 1;
  const hidden = starts[1];
  starts[1] = 0;
  for (let key = 1; key < 257; key += 1) starts[key] += starts[key - 1];
  const rows = keys.length - hidden;
  const bytes = new Uint8Array(5 * rows);
  const places = new Uint16Array(bytes.buffer, 0, 2 * rows);
  const sorted = new Uint8Array(bytes.buffer, 4 * rows);
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row];
    if (key === 0) continue;
    const to = starts[key];
    starts[key] += 1;
    places[2 * to] = xy[2 * row];
    places[2 * to + 1] = xy[2 * row + 1];
    sorted[to] = key;
  }
  return { bytes, rows };
}

function newPainter(wanted, onLost, onRestored) {
  // A real graphics card draws; else the processor does, which is faster than WebGL without one.
  if (wanted === "raster") return new Raster();
  try {
    const painter = new WebGL(onLost, onRestored);
    if (wanted === "webgl" || !WebGL.isSoftware(painter.gl)) return painter;
    painter.destroy();
  } catch (error) {
    console.warn(`The map is drawn by the processor: ${error.message}`);
  }
  return new Raster();
}
