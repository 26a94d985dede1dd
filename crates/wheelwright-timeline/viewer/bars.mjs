// Turns one lane and a window of the axis into rectangles: whatever the number of slices, a few for each pixel at most.

import { PARKED, READY, RUNNING, SLEEP, SLOW_RUN, isRun } from "./lanes.mjs";

// Of each kind of slice, in the order of their numbers: the colour, and how much of the lane's height it has. Who runs, who is ready and
// who holds the thread for long are told apart even without a colour.
const STYLE = ["--task", "--failed", "--kernel", "--kernel", "--ready", "--ready"];
const HEIGHT = [0.75, 1, 0.3, 0.24, 0.6, 0.4];

// The pixels of a dash and of the gap behind it.
const DASH = 5, BETWEEN = 4;

// Slices narrower than a pixel are drawn by columns of so many.
const COLUMN = 2;

/// Rectangles of one lane, those beside each other that look the same as one. They are drawn when all are known.
class Brush {
  constructor() {
    this.bars = [];
  }

  bar(style, from, to, tall) {
    const last = this.bars.at(-1);
    if (last && last.style === style && last.tall === tall && from <= last.to + 0.01) last.to = to;
    else this.bars.push({ style, from, to, tall });
  }

  draw(pen, colour, top, height) {
    let before;
    for (const { style, from, to, tall } of this.bars) {
      if (style !== before) pen.fillStyle = colour(style);
      before = style;
      pen.fillRect(from, top + Math.round((height - tall) / 2), to - from, tall);
    }
  }
}

/// Draws one lane, and says of how many rectangles. Slices narrower than a pixel are drawn together: how high, says how much of
/// the time they take, so that a task that is polled often and shortly does not look busy.
export function drawLane(pen, colour, lane, view, top, height) {
  if (lane.starts.length === 0) return 0;
  const [under, over] = [new Brush(), new Brush()];
  const scale = view.width / (view.to - view.from);
  const tallest = (kind) => Math.max(2, Math.round(height * HEIGHT[kind]));
  addLife(under, lane, view, scale);
  for (let slice = lane.firstAfter(view.from); slice < lane.starts.length && lane.starts[slice] < view.to; ) {
    const left = Math.max(0, (lane.starts[slice] - view.from) * scale);
    const right = Math.min(view.width, (lane.ends[slice] - view.from) * scale);
    const kind = lane.kinds[slice];
    if (1 <= right - left) {
      if (kind !== PARKED) (isRun(kind) ? over : under).bar(STYLE[kind], view.left + left, view.left + right, tallest(kind));
      slice += 1;
      continue;
    }
    const column = Math.floor(left / COLUMN) * COLUMN;
    const next = Math.max(slice + 1, lane.firstAfter(view.from + (column + COLUMN) / scale, slice));
    addColumn(under, over, lane, slice, next, view.left + column, scale, tallest);
    slice = next;
  }
  for (const brush of [under, over]) brush.draw(pen, colour, top, height);
  return under.bars.length + over.bars.length;
}

/// The thin dashed line of a task's whole life: what it does beside waiting is drawn over it.
function addLife(under, lane, view, scale) {
  if (lane.id === 0) return;
  const x = (place) => view.left + Math.min(Math.max(0, (place - view.from) * scale), view.width);
  const [from, to] = [x(lane.starts[0]), x(lane.ends.at(-1))];
  for (let left = from; left < to; left += DASH + BETWEEN) under.bar("--parked", left, Math.min(left + DASH, to), 2);
}

/// Many slices in one column of pixels.
function addColumn(under, over, lane, slice, next, left, scale, tallest) {
  const share = (sums) => Math.min(1, ((sums[next] - sums[slice]) * scale) / COLUMN);
  const tall = (sums, kind) => Math.max(3, Math.round(tallest(kind) * share(sums)));
  const isThread = lane.id === 0;
  if (lane.waited[slice] < lane.waited[next]) {
    if (isThread) under.bar("--kernel", left, left + COLUMN, tallest(SLEEP));
    else under.bar("--ready", left, left + COLUMN, tall(lane.waited, READY));
  }
  if (lane.slow[slice] < lane.slow[next]) over.bar("--failed", left, left + COLUMN, tallest(SLOW_RUN));
  else if (lane.ran[slice] < lane.ran[next]) over.bar("--task", left, left + COLUMN, tall(lane.ran, RUNNING));
}
