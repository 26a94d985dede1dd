// Turns lanes and a window of the axis into a picture: axis, the thread, what is under way outside it, the tasks, the cursor.

import { drawLane } from "./bars.mjs";
import { PARKED, READY, SLOW_RUN } from "./lanes.mjs";
import { K, eventAt } from "./trace.mjs";
import { duration, labelOf, moment, shortWait } from "./words.mjs";

export const AXIS = 24, ROW = 20;
const THREAD = 26, LAPS = 8, CURVE = 16, GAP = 6, END = 6;
const END_STYLE = ["", "--done", "--panicked", "--cancelled"];
const FONT = "system-ui, sans-serif";

/// Where the rows of the tasks begin.
export function topOf(lanes) {
  return AXIS + THREAD + LAPS + lanes.curves.length * CURVE + GAP;
}

/// The colours of the page, read once for each drawing: they change with light and dark.
function palette(canvas) {
  const style = getComputedStyle(canvas);
  const known = {};
  return (name) => (known[name] ??= style.getPropertyValue(name).trim());
}

function pixelOf(view, x) {
  return view.left + ((x - view.from) * view.width) / (view.to - view.from);
}

/// Steps of 1, 2 or 5 times a power of ten, at least 90 pixels apart.
function tick(view) {
  const least = ((view.to - view.from) * 90) / view.width;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => least <= step);
}

function drawAxis(context, colour, view, lanes) {
  const step = Math.max(tick(view), lanes.steps ? 1 : 0);
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  for (let x = Math.ceil(view.from / step) * step; x <= view.to; x += step) {
    const pixel = pixelOf(view, x);
    context.fillStyle = colour("--line");
    context.fillRect(pixel, AXIS - 6, 1, view.height);
    context.fillStyle = colour("--soft");
    const text = lanes.steps ? String(Math.round(x)) : moment(x, view.to, step);
    const width = context.measureText(text).width;
    context.fillText(text, Math.min(Math.max(pixel - width / 2, view.left), view.left + view.width - width - 2), 9);
  }
}

/// Where laps begin, below the thread: only while there is room between them.
function drawLaps(context, colour, view, lanes) {
  const visible = lanes.laps.filter((x) => view.from <= x && x <= view.to);
  if (view.width / 8 < visible.length) return;
  context.fillStyle = colour("--soft");
  for (const x of visible) context.fillRect(pixelOf(view, x), AXIS + THREAD, 1, 5);
}

/// A curve of a number, as steps that fill what is below them; the highest of each pixel.
function drawCurve(context, colour, view, curve, top) {
  const high = CURVE - 4;
  label(context, colour, view, curve.most === 1 ? `1 ${curve.name.slice(0, -1)}` : `${curve.most} ${curve.name} at most`, top, CURVE);
  context.fillStyle = colour("--curve");
  let index = curve.indexAt(view.from);
  let from = view.left;
  let tallest = 0;
  for (; index < curve.xs.length && from < view.left + view.width; index++) {
    const next = index + 1 < curve.xs.length ? pixelOf(view, curve.xs[index + 1]) : view.left + view.width;
    tallest = Math.max(tallest, curve.levels[index]);
    const to = Math.min(next, view.left + view.width);
    if (to - from < 1 && next < view.left + view.width) continue;
    const tall = Math.round((tallest / curve.most) * high);
    if (0 < tallest) context.fillRect(from, top + high - Math.max(2, tall) + 2, to - from, Math.max(2, tall));
    [from, tallest] = [to, 0];
  }
}

/// The tasks whose rows are in sight.
export function visibleTasks(view, tasks) {
  const first = Math.floor(view.scroll / ROW);
  return tasks.slice(first, first + Math.ceil((view.height - view.top) / ROW) + 1).map((lane, i) => ({
    lane,
    top: view.top + (first + i) * ROW - view.scroll,
  }));
}

/// What fits of a text, with an ellipsis where it was cut.
function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let end = text.length;
  while (0 < end && room < context.measureText(`${text.slice(0, end)}…`).width) end -= 1;
  return `${text.slice(0, end)}…`;
}

function label(context, colour, view, text, top, height, strong) {
  context.fillStyle = colour(strong ? "--text" : "--soft");
  context.font = `${strong ? "600 " : ""}12px ${FONT}`;
  context.fillText(fitted(context, text, view.left - 18), 10, top + height / 2 + 0.5);
}

/// A task's number, and its name or else the line that spawned it.
function taskLabel(context, colour, view, trace, lane, top, strong) {
  const { name, place } = labelOf(trace, lane);
  context.font = `11px ${FONT}`;
  context.fillStyle = colour("--soft");
  const number = String(lane.id);
  context.fillText(number, 10 + view.digits - context.measureText(number).width, top + ROW / 2 + 0.5);
  const left = 10 + view.digits + 7;
  context.font = `${strong ? "600 " : ""}12px ${FONT}`;
  context.fillStyle = colour(name ? "--text" : "--soft");
  context.fillText(fitted(context, name ?? place, view.left - left - 8), left, top + ROW / 2 + 0.5);
}

/// How wide the names must be to be read, as far as there is room for them beside `width` pixels of lanes.
export function measureLabels(canvas, trace, lanes, room) {
  const context = canvas.getContext("2d");
  context.font = `600 12px ${FONT}`;
  const digits = context.measureText(String(lanes.tasks[lanes.tasks.length - 1]?.id ?? "")).width;
  const texts = lanes.tasks.slice(0, 500).map((lane) => labelOf(trace, lane)).map(({ name, place }) => name ?? place);
  const widest = Math.max(90, ...new Set(texts.map((text) => context.measureText(text).width)));
  return { digits, left: Math.round(Math.min(10 + digits + 7 + widest + 12, Math.max(120, room * 0.3))) };
}

/// Words on what there is room for: how long the thread was held, what a task waits for.
function drawWords(context, colour, view, trace, lanes, lane, top, height) {
  context.font = `11px ${FONT}`;
  const scale = view.width / (view.to - view.from);
  const least = 30 / scale;
  for (let slice = lane.firstAfter(view.from); slice < lane.starts.length && lane.starts[slice] < view.to; slice++) {
    const kind = lane.kinds[slice];
    const from = Math.max(lane.starts[slice], view.from);
    const room = Math.min(lane.ends[slice], view.to) - from;
    if (room < least) {
      slice = Math.max(slice, lane.firstAfter(from + 1 / scale, slice) - 1);
      continue;
    }
    const isSlow = kind === SLOW_RUN;
    if (!isSlow && kind !== PARKED) continue;
    const text = isSlow ? duration(lane.ends[slice] - lane.starts[slice]) : shortWait(trace, lane, slice);
    const width = context.measureText(text).width;
    if (!text || room * scale < width + 10) continue;
    const x = pixelOf(view, from) + (isSlow ? (room * scale - width) / 2 : 12);
    if (!isSlow) {
      context.fillStyle = colour("--page");
      context.fillRect(x - 4, top + height / 2 - 2, width + 8, 4);
    }
    context.fillStyle = colour(isSlow ? "--page" : "--soft");
    context.fillText(text, x, top + height / 2 + 1);
  }
}

/// An arrow from whoever woke the selected task to where it became ready; a short one, if that was no task. Where they would stand
/// too close, some are left out.
function drawWakes(context, colour, view, trace, lanes, rows, selected) {
  const to = rows.find((row) => row.lane === selected);
  if (!to) return;
  context.strokeStyle = colour("--wake");
  context.fillStyle = colour("--wake");
  const scale = view.width / (view.to - view.from);
  const end = to.top + 4;
  let slice = selected.firstAfter(view.from);
  while (slice < selected.starts.length && selected.starts[slice] < view.to) {
    const event = selected.events[slice];
    const woken = selected.kinds[slice] === READY && 0 <= event ? eventAt(trace, event) : null;
    if (!woken || (woken.kind !== K.Wake && woken.kind !== K.Spawn)) {
      slice += 1;
      continue;
    }
    const x = pixelOf(view, lanes.place(event));
    const from = rows.find((row) => row.lane.id === woken.a);
    const start = !from ? end - 9 : from.top + ROW / 2;
    if (view.left <= x) drawArrow(context, x, start, from && end < start ? end + ROW - 8 : end);
    slice = Math.max(slice + 1, selected.firstAfter(lanes.place(event) + 14 / scale, slice));
  }
}

function drawArrow(context, x, start, end) {
  const tip = Math.sign(end - start) * 5;
  context.beginPath();
  context.moveTo(x, start);
  context.lineTo(x, end - tip);
  context.stroke();
  context.beginPath();
  context.moveTo(x, end);
  context.lineTo(x - 3.5, end - tip);
  context.lineTo(x + 3.5, end - tip);
  context.fill();
}

/// How a task ended, behind the end of its lane: a dot, a cross if it was cancelled, a larger dot with a cross if it panicked.
function drawEnd(context, colour, view, lane, top) {
  if (lane.outcome < 1) return;
  const x = pixelOf(view, lane.ends[lane.ends.length - 1]) + END;
  if (x < view.left || view.left + view.width + END < x) return;
  const [middle, size] = [top + ROW / 2, 3];
  context.fillStyle = context.strokeStyle = colour(END_STYLE[lane.outcome]);
  if (lane.outcome !== 3) {
    context.beginPath();
    context.arc(x, middle, lane.outcome === 1 ? 3.5 : 6, 0, 7);
    context.fill();
  }
  if (lane.outcome === 1) return;
  if (lane.outcome === 2) context.strokeStyle = colour("--page");
  context.lineWidth = 1.8;
  context.beginPath();
  context.moveTo(x - size, middle - size);
  context.lineTo(x + size, middle + size);
  context.moveTo(x + size, middle - size);
  context.lineTo(x - size, middle + size);
  context.stroke();
  context.lineWidth = 1;
}

function drawCursor(context, colour, view, lanes, cursor) {
  const x = pixelOf(view, lanes.place(cursor));
  if (x < view.left || view.left + view.width < x) return;
  context.fillStyle = colour("--cursor");
  context.fillRect(x - 0.5, AXIS - 6, 1.5, view.height);
  context.beginPath();
  context.moveTo(x + 0.25, AXIS + 1);
  context.lineTo(x - 5, AXIS - 7);
  context.lineTo(x + 5.5, AXIS - 7);
  context.fill();
}

/// Draws everything, and says of how many bars. `view` says which part of the axis (`from`, `to`) stands where (`left`, `width`), and
/// how far the tasks are scrolled; `selected` is a task's lane, `cursor` an event or -1.
export function draw(canvas, trace, lanes, tasks, view, selected, cursor) {
  const context = canvas.getContext("2d");
  const colour = palette(canvas);
  const ratio = devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  drawAxis(context, colour, view, lanes);
  let bars = drawHead(context, colour, view, trace, lanes);
  const rows = visibleTasks(view, tasks);
  context.save();
  context.beginPath();
  context.rect(0, view.top, canvas.width, view.height);
  context.clip();
  for (const { lane, top } of rows) {
    if (lane === selected) {
      context.fillStyle = colour("--chosen");
      context.fillRect(0, top, canvas.width, ROW);
    }
    taskLabel(context, colour, view, trace, lane, top, lane === selected);
    bars += drawLane(context, colour, lane, view, top + 2, ROW - 4);
    drawWords(context, colour, view, trace, lanes, lane, top, ROW);
    drawEnd(context, colour, view, lane, top);
  }
  drawWakes(context, colour, view, trace, lanes, rows, selected);
  context.restore();
  if (0 <= cursor) drawCursor(context, colour, view, lanes, cursor);
  return bars;
}

/// What stays where it is while the tasks are scrolled.
function drawHead(context, colour, view, trace, lanes) {
  label(context, colour, view, "the thread", AXIS, THREAD, true);
  const bars = drawLane(context, colour, lanes.thread, view, AXIS, THREAD);
  drawWords(context, colour, view, trace, lanes, lanes.thread, AXIS, THREAD);
  drawLaps(context, colour, view, lanes);
  lanes.curves.forEach((curve, i) => drawCurve(context, colour, view, curve, AXIS + THREAD + LAPS + i * CURVE));
  return bars;
}
