// Turns lanes and a window of the axis into a picture: axis, the thread, what is under way outside it, the tasks, the cursor.

import { drawLane } from "./bars.mjs";
import { lastUntil } from "./counts.mjs";
import { PARKED, READY, SLOW_RUN } from "./lanes.mjs";
import { K, eventAt } from "./trace.mjs";
import { duration, labelOf, moment, shortWait } from "./words.mjs";

export const AXIS = 24, ROW = 20;
const THREAD = 26, LAPS = 8, CURVE = 16, GAP = 6, END = 6;
const END_STYLE = ["", "--task", "--failed", "--failed"];
const FONT = "system-ui, sans-serif";

/// Where the rows of the tasks begin.
export function topOf(lanes) {
  const strips = lanes.curves.length + Math.min(1, lanes.marks.length);
  return AXIS + THREAD + LAPS + strips * CURVE + GAP;
}

/// The colours of the page, read once for each drawing: they change with light and dark.
function palette(canvas) {
  const known = {};
  const style = getComputedStyle(canvas);
  return (name) => {
    if (!known[name]) canvas.style.color = `var(${name})`;
    return (known[name] ??= style.color);
  };
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

function drawAxis(pen, colour, view, lanes) {
  const step = Math.max(tick(view), lanes.steps ? 1 : 0);
  pen.font = `11px ${FONT}`;
  pen.textBaseline = "middle";
  for (let x = Math.ceil(view.from / step) * step; x <= view.to; x += step) {
    const pixel = pixelOf(view, x);
    pen.fillStyle = colour("--faint");
    pen.fillRect(pixel, AXIS - 6, 1, view.height);
    pen.fillStyle = colour("--soft");
    const text = lanes.steps ? String(Math.round(x)) : moment(x, view.to, step);
    const width = pen.measureText(text).width;
    pen.fillText(text, Math.min(Math.max(pixel - width / 2, view.left), view.left + view.width - width - 2), 9);
  }
}

/// Where laps begin, below the thread: only while there is room between them.
function drawLaps(pen, colour, view, lanes) {
  const [first, last] = [view.from, view.to].map((x) => lastUntil(lanes.laps.length, (i) => lanes.laps[i], x));
  if (view.width / 8 < last - first) return;
  pen.fillStyle = colour("--soft");
  for (const x of lanes.laps.slice(first, last + 1)) if (view.from <= x && x <= view.to) pen.fillRect(pixelOf(view, x), AXIS + THREAD, 1, 5);
}

/// A curve of a number, as steps that fill what is below them; the highest of each pixel.
function drawCurve(pen, colour, view, curve, top) {
  const high = CURVE - 4;
  label(pen, colour, view, curve.most === 1 ? `1 ${curve.name.slice(0, -1)}` : `≤ ${curve.most} ${curve.name}`, top, CURVE);
  const [fill, edge] = [colour("--curve"), colour("--source")];
  const [first, last] = [curve.indexAt(view.from), curve.indexAt(view.to)];
  const hop = Math.max(1, Math.floor((last - first) / (4 * view.width))); // four looks for each pixel are enough
  let from = view.left;
  let tallest = 0;
  for (let index = first; index <= last; index += hop) {
    const next = index + hop <= last ? pixelOf(view, curve.xs[index + hop]) : view.left + view.width;
    tallest = Math.max(tallest, curve.levels[index]);
    const to = Math.min(next, view.left + view.width);
    if (to - from < 1 && next < view.left + view.width) continue;
    const tall = Math.round((tallest / curve.most) * high);
    if (0 < tallest) {
      const height = Math.max(3, tall);
      pen.fillStyle = fill;
      pen.fillRect(from, top + high - height + 2, to - from, height);
      pen.fillStyle = edge;
      pen.fillRect(from, top + high - height + 2, to - from, 1.5);
    }
    [from, tallest] = [to, 0];
  }
}

/// The program's own marks, with their texts where there is room before the next one.
function drawMarks(pen, colour, view, trace, lanes, top) {
  if (lanes.marks.length === 0) return;
  label(pen, colour, view, "marks", top, CURVE);
  pen.fillStyle = colour("--soft");
  const edge = view.left + view.width;
  lanes.marks.forEach(({ x, index }, i) => {
    const from = pixelOf(view, x);
    const to = i + 1 < lanes.marks.length ? pixelOf(view, lanes.marks[i + 1].x) : edge;
    if (from < view.left || edge < from || (0 < i && from - pixelOf(view, lanes.marks[i - 1].x) < 0.5)) return;
    pen.fillRect(from, top + 2, 1.5, CURVE - 4);
    const { a, b } = eventAt(trace, index);
    if (24 < to - from) pen.fillText(fitted(pen, `${trace.marks[a]} ${b}`, Math.min(to, edge) - from - 8), from + 5, top + CURVE / 2);
  });
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
function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let end = text.length;
  while (0 < end && room < pen.measureText(`${text.slice(0, end)}…`).width) end -= 1;
  return `${text.slice(0, end)}…`;
}

function label(pen, colour, view, text, top, height, strong) {
  pen.fillStyle = colour(strong ? "--ink" : "--soft");
  pen.font = `${strong ? "600 " : ""}12px ${FONT}`;
  pen.fillText(fitted(pen, text, view.left - 18), 10, top + height / 2 + 0.5);
}

/// A task's number, and its name or else the line that spawned it.
function taskLabel(pen, colour, view, trace, lane, top, strong) {
  const { name, place } = labelOf(trace, lane);
  pen.font = `11px ${FONT}`;
  pen.fillStyle = colour("--soft");
  const number = String(lane.id);
  pen.fillText(number, 10 + view.digits - pen.measureText(number).width, top + ROW / 2 + 0.5);
  const left = 10 + view.digits + 7;
  pen.font = `${strong ? "600 " : ""}12px ${FONT}`;
  pen.fillStyle = colour(name ? "--ink" : "--soft");
  pen.fillText(fitted(pen, name ?? place, view.left - left - 8), left, top + ROW / 2 + 0.5);
}

/// How wide the names must be to be read, as far as there is room for them beside `width` pixels of lanes.
export function measureLabels(canvas, trace, lanes, room) {
  const pen = canvas.getContext("2d");
  pen.font = `600 12px ${FONT}`;
  const digits = pen.measureText(String(lanes.tasks.at(-1)?.id ?? "")).width;
  const texts = lanes.tasks.slice(0, 500).map((lane) => labelOf(trace, lane)).map(({ name, place }) => name ?? place);
  const widest = Math.max(90, ...new Set(texts.map((text) => pen.measureText(text).width)));
  return { digits, left: Math.round(Math.min(10 + digits + 7 + widest + 12, Math.max(120, room * 0.3))) };
}

/// Words on what there is room for: how long the thread was held, what a task waits for.
function drawWords(pen, colour, view, trace, lanes, lane, top, height) {
  pen.font = `11px ${FONT}`;
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
    const width = pen.measureText(text).width;
    if (!text || room * scale < width + (isSlow ? 10 : 22)) continue;
    const x = pixelOf(view, from) + (isSlow ? (room * scale - width) / 2 : 12);
    if (!isSlow) {
      pen.fillStyle = colour("--paper");
      pen.fillRect(x - 4, top + height / 2 - 2, width + 8, 4);
    }
    pen.fillStyle = colour(isSlow ? "--paper" : "--soft");
    pen.fillText(text, x, top + height / 2 + 1);
  }
}

/// An arrow from whoever woke the selected task to where it became ready; a short one, if that was no task. Where they would stand
/// too close, some are left out.
function drawWakes(pen, colour, view, trace, lanes, rows, selected) {
  const to = rows.find((row) => row.lane === selected);
  if (!to) return;
  pen.strokeStyle = colour("--waker");
  pen.lineWidth = 1.6;
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
    if (view.left <= x) drawArrow(pen, x, start, from && end < start ? end + ROW - 8 : end);
    slice = Math.max(slice + 1, selected.firstAfter(lanes.place(event) + 14 / scale, slice));
  }
  pen.lineWidth = 1;
}

function drawArrow(pen, x, start, end) {
  const tip = Math.sign(end - start) * 5;
  pen.beginPath();
  pen.moveTo(x, start);
  pen.lineTo(x, end);
  pen.moveTo(x - 4, end - tip);
  pen.lineTo(x, end);
  pen.lineTo(x + 4, end - tip);
  pen.stroke();
}

/// How a task ended, behind the end of its lane: a dot, a cross if it was cancelled, a larger dot with a cross if it panicked.
function drawEnd(pen, colour, view, lane, top) {
  if (lane.outcome < 1) return;
  const x = pixelOf(view, lane.ends.at(-1)) + END;
  if (x < view.left || view.left + view.width + END < x) return;
  const [middle, size] = [top + ROW / 2, 3];
  pen.fillStyle = pen.strokeStyle = colour(END_STYLE[lane.outcome]);
  if (lane.outcome !== 3) {
    pen.beginPath();
    pen.arc(x, middle, lane.outcome === 1 ? 3.5 : 6, 0, 7);
    pen.fill();
  }
  if (lane.outcome === 1) return;
  if (lane.outcome === 2) pen.strokeStyle = colour("--paper");
  pen.lineWidth = 1.8;
  pen.beginPath();
  pen.moveTo(x - size, middle - size);
  pen.lineTo(x + size, middle + size);
  pen.moveTo(x + size, middle - size);
  pen.lineTo(x - size, middle + size);
  pen.stroke();
  pen.lineWidth = 1;
}

function drawCursor(pen, colour, view, lanes, cursor) {
  const x = pixelOf(view, lanes.place(cursor));
  if (x < view.left || view.left + view.width < x) return;
  pen.fillStyle = colour("--ink");
  pen.fillRect(x - 0.5, AXIS - 6, 1.5, view.height);
  pen.beginPath();
  pen.moveTo(x + 0.25, AXIS + 1);
  pen.lineTo(x - 5, AXIS - 7);
  pen.lineTo(x + 5.5, AXIS - 7);
  pen.fill();
}

/// Draws everything, and says of how many bars. `view` says which part of the axis (`from`, `to`) stands where (`left`, `width`), and
/// how far the tasks are scrolled; `selected` is a task's lane, `cursor` an event or -1.
export function draw(canvas, trace, lanes, tasks, view, selected, cursor) {
  const pen = canvas.getContext("2d");
  const colour = palette(canvas);
  const ratio = devicePixelRatio || 1;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  drawAxis(pen, colour, view, lanes);
  let bars = drawHead(pen, colour, view, trace, lanes);
  const rows = visibleTasks(view, tasks);
  pen.save();
  pen.beginPath();
  pen.rect(0, view.top, canvas.width, view.height);
  pen.clip();
  for (const { lane, top } of rows) {
    if (lane === selected) {
      pen.fillStyle = colour("--chosen");
      pen.fillRect(0, top, canvas.width, ROW);
    }
    taskLabel(pen, colour, view, trace, lane, top, lane === selected);
    bars += drawLane(pen, colour, lane, view, top + 2, ROW - 4);
    drawWords(pen, colour, view, trace, lanes, lane, top, ROW);
    drawEnd(pen, colour, view, lane, top);
  }
  drawWakes(pen, colour, view, trace, lanes, rows, selected);
  pen.restore();
  if (0 <= cursor) drawCursor(pen, colour, view, lanes, cursor);
  return bars;
}

/// What stays where it is while the tasks are scrolled.
function drawHead(pen, colour, view, trace, lanes) {
  label(pen, colour, view, "the thread", AXIS, THREAD, true);
  const bars = drawLane(pen, colour, lanes.thread, view, AXIS, THREAD);
  drawWords(pen, colour, view, trace, lanes, lanes.thread, AXIS, THREAD);
  drawLaps(pen, colour, view, lanes);
  drawMarks(pen, colour, view, trace, lanes, view.top - GAP - CURVE);
  lanes.curves.forEach((curve, i) => drawCurve(pen, colour, view, curve, AXIS + THREAD + LAPS + i * CURVE));
  return bars;
}
