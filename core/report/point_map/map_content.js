// What a map shows: files are fetched once, and become layers of points with a key each.

const MOST_MISSES = 3; // times that a map is asked for again
const HIDDEN = 1; // keys: 0 is not drawn, 1 is left by the filters, codes begin at 2
const FIRST = 2;

class MapContent {
  update(given) {
    const before = this.given;
    this.given = given;
    if (before.revision !== given.revision) this.view = this.rememberedView();
    this.host.setAttribute("aria-label", given.alt);
    this.tools();
    this.host.dataset.selects = String(given.select);
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
      this.misses = 0;
      this.root.querySelector(".lost").hidden = true;
    } catch (error) {
      if (this.given !== given) return;
      this.host.dataset.state = "lost";
      this.misses = (this.misses || 0) + 1;
      // The server may have let it go and offers it again; what stays away, this browser may not have.
      if (this.misses <= MOST_MISSES) this.send("missing", { why: String(error), at: Date.now() });
      else this.root.querySelector(".lost").hidden = false;
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

function element(kind, name, text) {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}
