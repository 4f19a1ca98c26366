// Which row is under the pointer: rows sorted into a grid, made when it is first asked for.

const CELLS = 256; // along each side

class Nearest {
  constructor(xy, rows) {
    this.xy = xy;
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    this.sorted = new Uint32Array(rows);
    const cellOf = (row) => (xy[2 * row + 1] >> 8) * CELLS + (xy[2 * row] >> 8);
    for (let row = 0; row < rows; row += 1) this.starts[cellOf(row) + 1] += 1;
    for (let at = 1; at < this.starts.length; at += 1) this.starts[at] += this.starts[at - 1];
    const next = this.starts.slice();
    for (let row = 0; row < rows; row += 1) {
      const cell = cellOf(row);
      this.sorted[next[cell]] = row;
      next[cell] += 1;
    }
  }

  // The nearest row that counts within `reach` pixels; the lowest number where two are as near. −1 for none.
  find(u, v, wide, high, reach, counts) {
    const x = u * UNIT;
    const y = v * UNIT;
    const dx = wide / UNIT; // pixels of the screen in one step of the layout
    const dy = high / UNIT;
    const low = (value, by) => Math.max(0, Math.floor((value - reach / by) / 256));
    const top = (value, by) => Math.min(CELLS - 1, Math.floor((value + reach / by) / 256));
    let best = -1;
    let least = reach * reach;
    for (let row = low(y, dy); row <= top(y, dy); row += 1) {
      for (let column = low(x, dx); column <= top(x, dx); column += 1) {
        const cell = row * CELLS + column;
        for (let at = this.starts[cell]; at < this.starts[cell + 1]; at += 1) {
          const one = this.sorted[at];
          const far = ((this.xy[2 * one] - x) * dx) ** 2 + ((this.xy[2 * one + 1] - y) * dy) ** 2;
          if (far > least || (far === least && best >= 0 && one > best) || !counts(one)) continue;
          best = one;
          least = far;
        }
      }
    }
    return best;
  }

  // About how many rows are in sight, from the grid.
  inSight(view) {
    const half = 0.5 / ROOM / view.zoom;
    const edge = (value) => Math.min(CELLS, Math.max(0, Math.round(value * CELLS)));
    let rows = 0;
    for (let row = edge(view.cv - half); row < edge(view.cv + half); row += 1) {
      rows += this.starts[row * CELLS + edge(view.cu + half)] - this.starts[row * CELLS + edge(view.cu - half)];
    }
    return rows;
  }
}
