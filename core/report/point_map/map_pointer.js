// The hand: dragging, zooming, drawing around rows, keys, and what is said of the row under the pointer.

const HOVER = 9; // pixels between the pointer and the row that it means
const MOST_TOLD = 200; // rows of which is remembered what was said

class MapPointer extends MapDrawing {
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
    this.pressed = { cell, x, y, far: this.pointers.size > 1 }; // two fingers mean no row
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
    const facts = await this.factsOf(this.given.about.replace("ROW", row));
    if (this.hover.row === row && this.hover.cell === cell) this.showTip(row, cell, facts);
  }

  async factsOf(url) {
    if (!this.told.has(url)) {
      try {
        const answer = await fetch(new URL(url, document.baseURI), { credentials: "same-origin" });
        this.told.set(url, answer.ok ? await answer.json() : {});
      } catch {
        return {}; // what the colour says is all that is known then
      }
      if (this.told.size > MOST_TOLD) this.told.delete(this.told.keys().next().value);
    }
    return this.told.get(url);
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
}

function thinned(path) {
  // At most a few hundred corners leave the browser, however long the hand draws.
  const step = Math.ceil(path.length / 300);
  return path.filter((_, at) => at % step === 0);
}
