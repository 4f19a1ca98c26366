// Where the views stand, what part of the map is seen, and how it is drawn: points, marks, what is being drawn
// around.

const STILL = 140; // milliseconds without a movement until all rows are drawn
const FRAME = [20, 45]; // milliseconds: a moving frame below draws more rows next time, above fewer
const LEAST = 20000; // rows that are always drawn

class MapDrawing extends MapContent {
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
}

function sizeFor(seen, least = 1.9, most = 9) {
  // Smaller where there are many: 9 pixels for 500 rows, 3.3 for 50,000, 1.9 for a million.
  return Math.min(most, Math.max(least, 9 * (500 / seen) ** 0.22));
}

function chosenSize(seen) {
  return Math.min(6.5, Math.max(2.4, 6.6 - 1.7 * Math.log10(Math.max(1, seen) / 20)));
}

function sized(x, y, width, height) {
  return { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
}
