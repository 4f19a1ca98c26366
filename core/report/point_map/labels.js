// Names of groups on the map: they stand where their group is densest, follow the zoom, and never overlap: the
// larger group keeps its place, the other moves up or down a line or waits until there is room.

const LINE = 20;
const LONGEST = 30;

const shortened = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

class Labels {
  constructor(layer, onPick) {
    this.layer = layer;
    this.onPick = onPick;
    this.made = [];
  }

  set(labels, pickable) {
    this.layer.replaceChildren();
    this.made = labels.map((label) => {
      const one = element(pickable ? "button" : "b", "label", shortened(label.name));
      if (pickable) {
        one.type = "button";
        one.tabIndex = -1; // by keyboard a group is selected with its card
        one.title = `Select ${label.name}`;
        one.addEventListener("click", () => this.onPick(label));
      }
      this.layer.append(one);
      return { ...label, one, width: one.offsetWidth };
    });
  }

  place(view, cells) {
    const placed = cells.map(() => []);
    for (const label of this.made) {
      const taken = placed[label.cell];
      const cell = cells[label.cell];
      const [x, y] = toPoint(view, cell, label.u, label.v);
      label.width ||= label.one.offsetWidth;
      const spot = this.spot(cell, label, x, y, taken);
      label.one.hidden = spot === null;
      if (spot === null) continue;
      taken.push(spot);
      label.one.style.transform = `translate(${Math.round(spot.left)}px, ${Math.round(spot.top)}px)`;
    }
  }

  spot(cell, label, x, y, taken) {
    if (x < cell.x || y < cell.y || x > cell.x + cell.width || y > cell.y + cell.height) return null;
    // Near an edge a name grows inwards, so that it is never cut.
    const left = Math.max(cell.x, Math.min(cell.x + cell.width - label.width, x - label.width / 2));
    for (const shift of [0, -1, 1, -2, 2]) {
      const top = y - LINE / 2 + shift * LINE;
      if (top < cell.y || top + LINE > cell.y + cell.height) continue;
      const spot = { left, top, right: left + label.width, bottom: top + LINE };
      const free = taken.every(
        (other) =>
          spot.right + 4 < other.left ||
          spot.left > other.right + 4 ||
          spot.bottom < other.top ||
          spot.top > other.bottom,
      );
      if (free) return spot;
    }
    return null;
  }
}
