// What part of the map is seen: its middle (u, v in 0…1 of the layout's extent) and how far it is magnified.

const ROOM = 0.92; // of a cell's width and height that the whole layout takes
const MOST_ZOOM = 500;
const UNIT = 65535; // coordinates are whole numbers from 0 to this

const whole = () => ({ cu: 0.5, cv: 0.5, zoom: 1 });

function toCell(view, width, height) {
  // x = left + u * wide, y = top - v * high; v grows upwards, y downwards
  const wide = width * ROOM * view.zoom;
  const high = height * ROOM * view.zoom;
  return { wide, high, left: width / 2 - view.cu * wide, top: height / 2 + view.cv * high };
}

function fromPoint(view, cell, x, y) {
  const at = toCell(view, cell.width, cell.height);
  return [(x - cell.x - at.left) / at.wide, (at.top - (y - cell.y)) / at.high];
}

function toPoint(view, cell, u, v) {
  const at = toCell(view, cell.width, cell.height);
  return [cell.x + at.left + u * at.wide, cell.y + at.top - v * at.high];
}

function within(view) {
  // Half of the layout's extent stays in sight, so that nobody gets lost.
  const zoom = Math.min(MOST_ZOOM, Math.max(0.5, view.zoom));
  const keep = (value) => Math.min(1, Math.max(0, value));
  return { cu: keep(view.cu), cv: keep(view.cv), zoom };
}

function zoomed(view, cell, x, y, factor) {
  // The place under the pointer stays where it is.
  const [u, v] = fromPoint(view, cell, x, y);
  const zoom = Math.min(MOST_ZOOM, Math.max(0.5, view.zoom * factor));
  const by = view.zoom / zoom;
  return within({ cu: u + (view.cu - u) * by, cv: v + (view.cv - v) * by, zoom });
}

function moved(view, cell, dx, dy) {
  const at = toCell(view, cell.width, cell.height);
  return within({ ...view, cu: view.cu - dx / at.wide, cv: view.cv + dy / at.high });
}
