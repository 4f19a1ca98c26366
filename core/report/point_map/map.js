// A map of points: one canvas with one or several cells that move together; hover, click, lasso, box, labels.
// Only geometry and row numbers leave it. What it is given is described in scripts.py.

const HOVER = 9; // pixels between the pointer and the row that it means
const STILL = 140; // milliseconds without a movement until all rows are drawn
const FRAME = [20, 45]; // milliseconds: a moving frame below draws more rows next time, above fewer
const LEAST = 20000; // rows that are always drawn
const HIDDEN = 1; // keys: 0 is not drawn, 1 is left by the filters, codes begin at 2
const FIRST = 2;

class PointMap {
  constructor(root, given) {
    this.given = given;
    this.root = root;
    this.host = root.querySelector(".map");
    this.tip = root.querySelector(".tip");
    this.marks = root.querySelector(".marks");
    this.titles = root.querySelector(".titles");
    this.keeper = null;
    this.files = new Map();
    this.frames = 0;
    this.limit = Infinity;
    this.hover = { row: -1, cell: 0 };
    this.labels = new Labels(root.querySelector(".labels"), (label) => this.send("pick", { group: label.code }));
    this.view = this.rememberedView();
    this.painter = this.newPainter(this.wanted());
    this.listen();
    this.resized = new ResizeObserver(() => this.layOut());
    this.resized.observe(this.host);
    this.update(given);
  }

  wanted() {
    try {
      return sessionStorage.getItem("aliquot-map-painter") || "auto";
    } catch {
      return "auto";
    }
  }

  newPainter(wanted) {
    const painter = newPainter(
      wanted,
      () => this.swap("raster"), // until the graphics card is there again
      () => this.swap("back"),
    );
    this.host.prepend(painter.canvas);
    this.host.dataset.painter = painter.name;
    return painter;
  }

  swap(to) {
    if (to === "raster" && this.lost === undefined) {
      this.lost = this.painter;
      this.painter = this.newPainter("raster");
      this.lost.canvas.hidden = true;
    } else if (to === "back" && this.lost) {
      this.painter.destroy();
      this.painter = this.lost;
      this.lost = undefined;
      this.painter.canvas.hidden = false;
      this.host.dataset.painter = this.painter.name;
    }
    this.draw();
  }

  // ---- what it shows ----------------------------------------------------------------------------------

  update(given) {
    const before = this.given;
    this.given = given;
    if (before.revision !== given.revision) this.view = this.rememberedView();
    this.host.setAttribute("aria-label", given.alt);
    this.tools();
    this.labels.set(given.labels.map((one) => ({ ...one, ...this.unit(one.x, one.y) })), given.select);
    this.legend();
    this.layOut();
    this.load();
  }

  tools() {
    // Where rows cannot be drawn around, few tools are left.
    const bar = this.root.querySelector(".tools");
    bar.classList.toggle("few", !this.given.select);
    const drawing = [...bar.querySelectorAll("[aria-pressed]")];
    for (const tool of drawing) tool.hidden = !this.given.select;
    if (!this.given.select) bar.querySelector('[data-tool="in"]').tabIndex = 0;
  }

  unit(x, y) {
    const [x0, x1, y0, y1] = this.given.extent;
    return { u: (x - x0) / (x1 - x0), v: (y - y0) / (y1 - y0) };
  }

  lifted([u, v]) {
    const [x0, x1, y0, y1] = this.given.extent;
    return [x0 + u * (x1 - x0), y0 + v * (y1 - y0)];
  }

  async file(url) {
    // Each file is asked for once; the browser keeps it by its address, which names its content.
    if (!this.files.has(url)) {
      const asked = fetch(new URL(url, document.baseURI), { credentials: "same-origin" }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.arrayBuffer();
      });
      asked.catch(() => this.files.delete(url));
      this.files.set(url, asked);
    }
    return this.files.get(url);
  }

  async load() {
    const given = this.given;
    const single = [given.shown, given.picked, given.lit, ...given.cells.map((cell) => cell.rows)];
    const urls = new Set([...given.points, ...given.codes, ...single].filter(Boolean));
    for (const url of this.files.keys()) if (!urls.has(url)) this.files.delete(url);
    try {
      const others = await Promise.all(single.map((url) => (url ? this.file(url) : null)));
      // The first part is a random part of the rows: it is on the screen before the rest has come.
      for (let parts = 1; parts <= given.points.length; parts += 1) {
        const [xy, codes] = await Promise.all([
          Promise.all(given.points.slice(0, parts).map((url) => this.file(url))),
          Promise.all(given.codes.slice(0, parts).map((url) => this.file(url))),
        ]);
        if (this.given !== given) return;
        this.take(new Uint16Array(joined(xy)), new Uint8Array(joined(codes)), others);
      }
      this.host.dataset.state = "ready";
    } catch (error) {
      if (this.given !== given) return;
      this.host.dataset.state = "lost";
      this.send("missing", { why: String(error), at: Date.now() });
    }
  }

  take(xy, codes, [shown, picked, lit, ...cells]) {
    const given = this.given;
    const rows = xy.length / 2;
    const keyOf = Uint8Array.from(given.ranks, (rank) => FIRST + rank);
    const keys = new Uint8Array(rows);
    const bits = shown && new Uint8Array(shown);
    for (let row = 0; row < rows; row += 1) {
      const there = bits === null || (bits[row >> 3] >> (7 - (row & 7))) & 1;
      keys[row] = there ? keyOf[codes[row]] ?? FIRST : HIDDEN;
    }
    this.xy = xy;
    this.codes = codes;
    this.base = { xy, keys };
    this.nearest = new Nearest(xy, rows);
    this.picked = picked && this.gathered(rowsOf(picked, rows));
    this.lit = lit && rowsOf(lit, rows);
    const colours = (hexes) => palette(given.ranks, hexes, given.faint);
    this.plain = colours(given.colours);
    this.muted = colours(given.ranks.map(() => (given.chosen ? given.grey : given.faint)));
    this.paper = colours(given.ranks.map(() => given.paper));
    this.cells = given.cells.map((cell, at) => {
      const chosen = cells[at] && new Uint32Array(cells[at]);
      return {
        chosen: chosen && new Map(Array.from(chosen, (row, place) => [row, place])),
        layer: chosen && this.gathered(chosen.filter((row) => row < rows)),
        strong: colours(given.colours.map((hex) => (hex === given.grey ? given.ink : hex))),
        base: cell.colours ? colours(cell.colours) : given.chosen ? this.muted : this.plain,
        hue: cell.hue ? colours(given.ranks.map(() => cell.hue)) : this.plain,
      };
    });
    this.host.dataset.rows = String(rows);
    this.draw();
  }

  gathered(rows) {
    const xy = new Uint16Array(2 * rows.length);
    const keys = new Uint8Array(rows.length);
    rows.forEach((row, at) => {
      xy[2 * at] = this.xy[2 * row];
      xy[2 * at + 1] = this.xy[2 * row + 1];
      keys[at] = this.base.keys[row] === HIDDEN ? FIRST : this.base.keys[row];
    });
    return { xy, keys };
  }

  legend() {
    const place = this.root.querySelector(".legend");
    const { legend } = this.given;
    place.replaceChildren();
    if (!legend) return;
    if (legend.ramp) {
      const [low, middle, high] = legend.ticks;
      const bar = element("span", "ramp", "");
      bar.style.background = `linear-gradient(to right, ${legend.ramp.join(",")})`;
      place.append(element("span", "", legend.title), element("span", "", low), bar);
      place.append(element("span", "", high), element("span", "between", `middle ${middle}`));
      return;
    }
    for (const [name, colour] of legend.items) {
      const item = element("span", "item", name);
      const dot = element("i", "", "");
      dot.style.background = colour;
      item.prepend(dot);
      place.append(item);
    }
  }

  // ---- where things stand -----------------------------------------------------------------------------

  layOut() {
    const { given } = this;
    const many = given.cells.length;
    const across = Math.min(many, given.columns);
    const down = Math.ceil(many / across);
    const head = given.cells.some((cell) => cell.title) ? 42 : 0;
    const gap = 12;
    const width = this.host.clientWidth;
    this.host.style.height = `${down * (given.height + head) + (down - 1) * gap}px`;
    const wide = (width - (across - 1) * gap) / across;
    this.places = given.cells.map((_, at) => ({
      x: (at % across) * (wide + gap),
      y: Math.floor(at / across) * (given.height + head + gap) + head,
      width: wide,
      height: given.height,
    }));
    this.titles.replaceChildren(
      ...given.cells.flatMap((cell, at) => {
        const { x, y, height } = this.places[at];
        const frame = element("div", "frame", "");
        Object.assign(frame.style, sized(x, y, wide, height));
        if (!cell.title) return given.cells.length > 1 ? [frame] : [];
        const title = element("div", "title", "");
        title.append(element("b", "", cell.title), element("span", "", cell.note || ""));
        Object.assign(title.style, sized(x, y - head, wide, head));
        return [frame, title];
      }),
    );
    this.draw();
  }

  cellAt(x, y) {
    const at = (this.places || []).findIndex(
      (one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height,
    );
    return at;
  }

  rememberedView() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.memory()));
      if (kept && [kept.cu, kept.cv, kept.zoom].every(Number.isFinite)) return within(kept);
    } catch {
      // storage is closed to pages within other pages
    }
    return whole();
  }

  memory() {
    return `aliquot-map:${this.given.place}:${this.given.revision}`;
  }

  look(view) {
    this.view = view;
    this.movedAt = performance.now();
    this.hideTip();
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.draw();
      try {
        sessionStorage.setItem(this.memory(), JSON.stringify(view));
      } catch {
        // as above
      }
    }, STILL);
  }

  // ---- drawing ----------------------------------------------------------------------------------------

  draw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    if (!this.base || !this.places || this.host.clientWidth === 0) return;
    const started = performance.now();
    const moving = started - (this.movedAt || -Infinity) < STILL;
    const rows = this.base.keys.length;
    const limit = moving ? Math.max(LEAST, Math.min(rows, this.limit)) : Infinity;
    this.painter.paint({
      width: this.host.clientWidth,
      height: this.host.clientHeight,
      ratio: Math.min(2, window.devicePixelRatio || 1),
      paper: this.given.paper,
      view: this.view,
      limit,
      cells: this.places.map((place, at) => ({ ...place, draws: this.draws(at) })),
    });
    this.paintMarks();
    this.labels.place(this.view, this.places);
    const took = performance.now() - started;
    if (moving) {
      const now = Math.min(rows, this.limit);
      this.limit = took < FRAME[0] ? now * 1.4 : took > FRAME[1] ? now * 0.6 : now;
    }
    this.frames += 1;
    this.host.dataset.frames = String(this.frames);
    this.host.dataset.drawn = String(Math.min(limit, rows));
    this.host.dataset.view = [this.view.cu, this.view.cv, this.view.zoom].map((one) => one.toFixed(4)).join(" ");
    this.took = took;
  }

  draws(at) {
    const cell = this.cells[at];
    const place = this.places[at];
    const seen = Math.max(1, this.nearest.inSight(this.view));
    const size = sizeFor(seen);
    const many = this.base.keys.length;
    if (this.given.chosen) {
      const small = Math.max(1.2, size * (this.given.cells[at].colours ? 0.55 : 0.38));
      const draws = [{ layer: this.base, palette: cell.base, size: small, opacity: 1 }];
      if (cell.layer) {
        const own = chosenSize((cell.layer.keys.length * seen) / many);
        draws.push({ layer: cell.layer, palette: this.paper, size: own + 1.2, opacity: 1 });
        draws.push({ layer: cell.layer, palette: cell.hue, size: own, opacity: 1 });
      }
      return draws;
    }
    const share = (seen * size * size) / (place.width * place.height * 0.3);
    const opacity = Math.min(0.9, Math.max(0.25, 1.5 / share ** 0.6));
    if (!this.picked) return [{ layer: this.base, palette: cell.base, size, opacity }];
    return [
      { layer: this.base, palette: this.muted, size: size * 0.6, opacity: opacity * 0.7 },
      { layer: this.picked, palette: cell.strong, size: size + 1.5, opacity: 0.95 },
    ];
  }

  paintMarks() {
    const ratio = window.devicePixelRatio || 1;
    fit(this.marks, { width: this.host.clientWidth, height: this.host.clientHeight, ratio });
    const pen = this.marks.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.marks.width, this.marks.height);
    for (const [at, place] of this.places.entries()) {
      pen.save();
      pen.beginPath();
      pen.rect(place.x, place.y, place.width, place.height);
      pen.clip();
      this.paintCell(pen, place, at);
      pen.restore();
    }
    if (this.outline) this.paintOutline(pen);
  }

  paintCell(pen, place, at) {
    const { given } = this;
    const ink = given.ink;
    const round = (row, radius, wide) => {
      const [x, y] = this.spot(row, place);
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.lineWidth = wide;
      pen.stroke();
    };
    pen.strokeStyle = ink;
    for (const row of (this.lit || []).slice(0, given.circles)) round(row, 5, 1.3);
    for (const row of given.pins) this.mark(pen, row, place, true);
    for (const row of given.bans) this.mark(pen, row, place, false);
    if (given.ring >= 0) {
      pen.strokeStyle = given.paper;
      round(given.ring, 9, 5);
      pen.strokeStyle = ink;
      round(given.ring, 9, 2.5);
    }
    if (this.hover.row >= 0) {
      pen.strokeStyle = ink;
      round(this.hover.row, at === this.hover.cell ? 7 : 6, 2);
    }
  }

  mark(pen, row, place, pinned) {
    if (2 * row >= this.xy.length) return;
    const [x, y] = this.spot(row, place);
    pen.beginPath();
    if (pinned) {
      pen.moveTo(x, y - 6);
      pen.lineTo(x + 6, y);
      pen.lineTo(x, y + 6);
      pen.lineTo(x - 6, y);
      pen.closePath();
      pen.fillStyle = this.given.ink;
      pen.fill();
      pen.strokeStyle = this.given.paper;
      pen.lineWidth = 1.5;
    } else {
      for (const [dx, dy] of [[5, 5], [5, -5]]) {
        pen.moveTo(x - dx, y - dy);
        pen.lineTo(x + dx, y + dy);
      }
      pen.strokeStyle = this.given.ink;
      pen.lineWidth = 2;
    }
    pen.stroke();
  }

  paintOutline(pen) {
    pen.beginPath();
    for (const [x, y] of this.corners()) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = `${this.given.ink}1c`;
    pen.fill();
    pen.setLineDash([5, 4]);
    pen.strokeStyle = this.given.ink;
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.setLineDash([]);
  }

  corners() {
    const { kind, path } = this.outline;
    if (kind === "lasso") return path;
    const [x0, y0] = path[0];
    const [x1, y1] = path[path.length - 1];
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  }

  spot(row, place) {
    return toPoint(this.view, place, this.xy[2 * row] / UNIT, this.xy[2 * row + 1] / UNIT);
  }

  // ---- the hand ---------------------------------------------------------------------------------------

  listen() {
    const { host } = this;
    this.pointers = new Map();
    this.mode = "pan";
    const on = (name, then, how) => host.addEventListener(name, then, how);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => this.pointAt(-1, 0));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("dblclick", (event) => {
      if (this.onSurface(event)) this.look(whole());
    });
    on("keydown", (event) => this.key(event));
    for (const tool of this.root.querySelectorAll(".tools button")) {
      tool.addEventListener("click", () => this.use(tool.dataset.tool));
    }
    this.root.querySelector(".tools").addEventListener("keydown", (event) => this.rove(event));
  }

  onSurface(event) {
    return !event.composedPath().some((one) => one.tagName === "BUTTON");
  }

  at(event) {
    const box = this.host.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button !== 0 || !this.onSurface(event) || !this.base) return;
    const [x, y] = this.at(event);
    const cell = this.cellAt(x, y);
    if (cell < 0) return;
    this.host.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    this.pressed = { cell, x, y, far: false };
    const drawn = event.shiftKey ? "lasso" : event.altKey ? "box" : this.mode;
    this.outline = drawn === "pan" || !this.given.select ? null : { kind: drawn, cell, path: [[x, y]] };
    this.hideTip();
  }

  move(event) {
    const [x, y] = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (this.onSurface(event)) this.pointTo(x, y);
      else this.pointAt(-1, 0);
      return;
    }
    if (this.pointers.size === 2) {
      this.pinch(event.pointerId, x, y);
      return;
    }
    this.pressed.far ||= Math.hypot(x - this.pressed.x, y - this.pressed.y) > 4;
    if (this.outline) {
      const last = this.outline.path[this.outline.path.length - 1];
      if (Math.hypot(x - last[0], y - last[1]) >= 3) this.outline.path.push([x, y]);
      this.draw();
    } else if (this.pressed.far) {
      this.host.dataset.hand = "drags";
      this.look(moved(this.view, this.places[this.pressed.cell], x - before[0], y - before[1]));
    }
    this.pointers.set(event.pointerId, [x, y]);
  }

  pinch(id, x, y) {
    const [other] = [...this.pointers].filter(([name]) => name !== id).map(([, place]) => place);
    const [bx, by] = this.pointers.get(id);
    const was = Math.hypot(bx - other[0], by - other[1]);
    const now = Math.hypot(x - other[0], y - other[1]);
    const place = this.places[this.pressed.cell];
    this.outline = null;
    this.pressed.far = true;
    if (was > 0) this.look(zoomed(this.view, place, (x + other[0]) / 2, (y + other[1]) / 2, now / was));
    this.pointers.set(id, [x, y]);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    const [x, y] = this.at(event);
    const { outline, pressed } = this;
    delete this.host.dataset.hand;
    if (outline && pressed.far) {
      const cell = this.places[outline.cell];
      const corners = thinned(this.corners()).map(([px, py]) => this.lifted(fromPoint(this.view, cell, px, py)));
      if (outline.kind === "box" || corners.length > 2) {
        this.send("pick", { [outline.kind]: corners, cell: outline.cell });
      }
    } else if (!pressed.far) {
      const row = this.rowAt(x, y, pressed.cell);
      if (row >= 0 && this.given.listens) this.send("pick", { row, cell: pressed.cell });
    }
    this.outline = null;
    this.draw();
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.outline = null;
    delete this.host.dataset.hand;
    this.draw();
  }

  wheel(event) {
    const [x, y] = this.at(event);
    const cell = this.cellAt(x, y);
    if (cell < 0 || !this.base) return;
    if (!this.given.select && !event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const step = event.deltaMode === 1 ? event.deltaY * 30 : event.deltaY;
    this.look(zoomed(this.view, this.places[cell], x, y, Math.exp(-Math.max(-300, Math.min(300, step)) * 0.002)));
  }

  key(event) {
    if (event.target !== this.host || !this.places) return;
    const place = this.places[0];
    const middle = [place.x + place.width / 2, place.y + place.height / 2];
    const acts = {
      ArrowLeft: () => this.look(moved(this.view, place, 50, 0)),
      ArrowRight: () => this.look(moved(this.view, place, -50, 0)),
      ArrowUp: () => this.look(moved(this.view, place, 0, 50)),
      ArrowDown: () => this.look(moved(this.view, place, 0, -50)),
      "+": () => this.look(zoomed(this.view, place, ...middle, 1.3)),
      "=": () => this.look(zoomed(this.view, place, ...middle, 1.3)),
      "-": () => this.look(zoomed(this.view, place, ...middle, 1 / 1.3)),
      0: () => this.look(whole()),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  use(tool) {
    const place = this.places[0];
    const middle = [place.x + place.width / 2, place.y + place.height / 2];
    if (tool === "in") this.look(zoomed(this.view, place, ...middle, 1.6));
    else if (tool === "out") this.look(zoomed(this.view, place, ...middle, 1 / 1.6));
    else if (tool === "reset") this.look(whole());
    else {
      this.mode = tool;
      this.host.dataset.mode = tool;
      for (const one of this.root.querySelectorAll(".tools [aria-pressed]")) {
        one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
      }
    }
  }

  rove(event) {
    // One stop of the tabulator for all tools; arrows go from one to the next.
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tools = [...this.root.querySelectorAll(".tools button")].filter((one) => !one.hidden);
    const now = tools.indexOf(event.target);
    const next = tools[(now + step + tools.length) % tools.length];
    for (const one of tools) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  }

  // ---- what is under the pointer ----------------------------------------------------------------------

  rowAt(x, y, at) {
    if (at < 0 || !this.nearest) return -1;
    const place = this.places[at];
    const [u, v] = fromPoint(this.view, place, x, y);
    const { wide, high } = toCell(this.view, place.width, place.height);
    const { chosen } = this.cells[at];
    if (chosen) {
      const own = this.nearest.find(u, v, wide, high, HOVER, (row) => chosen.has(row));
      if (own >= 0) return own;
    }
    return this.nearest.find(u, v, wide, high, HOVER, (row) => this.base.keys[row] >= FIRST);
  }

  pointTo(x, y) {
    if (!this.base || !this.places) return;
    const cell = this.cellAt(x, y);
    const row = cell < 0 ? -1 : this.rowAt(x, y, cell);
    this.pointAt(row, cell);
  }

  pointAt(row, cell) {
    if (row === this.hover.row && cell === this.hover.cell) return;
    this.hover = { row, cell };
    this.host.dataset.hover = String(row);
    this.draw();
    clearTimeout(this.asking);
    if (row < 0) {
      this.tip.hidden = true;
      return;
    }
    this.showTip(row, cell, this.given.about ? null : {});
    this.asking = setTimeout(() => this.describe(row, cell), 60);
  }

  async describe(row, cell) {
    if (!this.given.about) return;
    let facts = {};
    try {
      facts = JSON.parse(new TextDecoder().decode(await this.file(this.given.about.replace("ROW", row))));
    } catch {
      // what the colour says is all that is known then
    }
    if (this.hover.row === row && this.hover.cell === cell) this.showTip(row, cell, facts);
  }

  showTip(row, cell, facts) {
    const { given, tip } = this;
    // What a row is comes a moment later; until then its colour may stand for several groups.
    const name = facts && (facts.group || given.names[this.codes[row]]);
    const own = given.cells[cell];
    const { chosen } = this.cells[cell];
    const lines = [];
    const said = own.says && own.says[this.codes[row]];
    if (said) {
      const [head, ...rest] = said.split("\n");
      lines.push(element("b", "", head), ...rest.map((line) => element("span", "", line)));
      facts = {};
    }
    if (chosen) {
      const place = chosen.has(row) ? `chosen ${(chosen.get(row) + 1).toLocaleString("en")} of` : "not among the";
      lines.push(element("b", "", `${own.letter}: ${place} ${chosen.size.toLocaleString("en")}`));
    }
    if (name && !said) lines.push(element(chosen ? "span" : "b", "", name));
    if (facts?.picture) {
      const picture = element("img", "", "");
      picture.src = facts.picture;
      picture.alt = "";
      lines.push(picture);
    }
    if (facts) lines.push(element("span", "", [facts.id, facts.text].filter(Boolean).join(" · ")));
    if (given.hint) lines.push(element("em", "", given.hint));
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const [x, y] = this.spot(row, this.places[cell]);
    const width = this.host.clientWidth;
    const left = x + 14 + tip.offsetWidth > width ? Math.max(0, x - 14 - tip.offsetWidth) : x + 14;
    const top = Math.max(0, Math.min(y - 10, this.host.clientHeight - tip.offsetHeight));
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hideTip() {
    this.tip.hidden = true;
    this.hover = { row: -1, cell: 0 };
    this.host.dataset.hover = "-1";
  }

  send(name, value) {
    this.given.emit?.(name, value);
  }

  destroy() {
    this.resized.disconnect();
    cancelAnimationFrame(this.asked);
    clearTimeout(this.resting);
    clearTimeout(this.asking);
    this.painter.destroy();
    this.lost?.destroy();
  }
}

function sizeFor(seen, least = 1.9, most = 9) {
  // Smaller where there are many: 9 pixels for 500 rows, 3.3 for 50,000, 1.9 for a million.
  return Math.min(most, Math.max(least, 9 * (500 / seen) ** 0.22));
}

function chosenSize(seen) {
  return Math.min(6.5, Math.max(2.4, 6.6 - 1.7 * Math.log10(Math.max(1, seen) / 20)));
}

function palette(ranks, hexes, faint) {
  const colours = new Uint8Array(4 * 256);
  const set = (key, hex, alpha) => colours.set([...rgb(hex), alpha], 4 * key);
  set(HIDDEN, faint, 70);
  hexes.forEach((hex, code) => set(FIRST + ranks[code], hex, 255));
  return colours;
}

function rowsOf(bitmap, rows) {
  const bits = new Uint8Array(bitmap);
  const found = [];
  for (let row = 0; row < rows; row += 1) if ((bits[row >> 3] >> (7 - (row & 7))) & 1) found.push(row);
  return Uint32Array.from(found);
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole.buffer;
}

function thinned(path) {
  // At most a few hundred corners leave the browser, however long the hand draws.
  const step = Math.ceil(path.length / 300);
  return path.filter((_, at) => at % step === 0);
}

function element(kind, name, text) {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

function sized(x, y, width, height) {
  return { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
}

const MAPS = new WeakMap();

export default function show({ parentElement, data, setTriggerValue }) {
  const given = { ...data, emit: setTriggerValue };
  const known = MAPS.get(parentElement);
  if (known) known.update(given);
  else MAPS.set(parentElement, new PointMap(parentElement, given));
  return () => {
    MAPS.get(parentElement)?.destroy();
    MAPS.delete(parentElement);
  };
}
