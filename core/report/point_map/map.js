// A map of points: one canvas with one or several cells that move together; hover, click, lasso, box, labels.
// Only geometry and row numbers leave it. What it is given is described in scripts.py.

class PointMap extends MapPointer {
  constructor(root, given) {
    super();
    this.given = given;
    this.root = root;
    this.host = root.querySelector(".map");
    this.tip = root.querySelector(".tip");
    this.marks = root.querySelector(".marks");
    this.titles = root.querySelector(".titles");
    this.files = new Map();
    this.told = new Map();
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
