// Turns lanes and a window of the axis into pixels: whatever the number of slices, at most one look for each pixel.

import { DUE, LOOK, PARKED, POLL, READY, RUNNING, SLEEP } from "./lanes.mjs";
import { K, eventAt } from "./trace.mjs";
import { moment, taskName } from "./words.mjs";

export const AXIS = 24, THREAD = 34, ROW = 20;
const STYLE = { [POLL]: "--run", [LOOK]: "--look", [SLEEP]: "--sleep", [RUNNING]: "--run", [READY]: "--ready", [DUE]: "--ready", [PARKED]: "--parked" };
const HEIGHT = { [POLL]: 1, [LOOK]: 0.5, [SLEEP]: 0.25, [RUNNING]: 1, [READY]: 1, [DUE]: 0.5, [PARKED]: 0.22 };
const END_STYLE = ["", "--done", "--panicked", "--cancelled"];

/// The colours of the page, read once for each drawing: they change with light and dark.
function palette(canvas) {
  const style = getComputedStyle(canvas);
  const known = {};
  return (name) => (known[name] ??= style.getPropertyValue(name).trim());
}

/// Draws one lane: slices narrower than a pixel are drawn as the most telling one of the pixel.
function drawLane(context, colour, lane, view, top, height) {
  const scale = view.width / (view.to - view.from);
  let slice = lane.firstAfter(view.from);
  while (slice < lane.starts.length && lane.starts[slice] < view.to) {
    const left = Math.max(0, (lane.starts[slice] - view.from) * scale);
    const right = Math.min(view.width, (lane.ends[slice] - view.from) * scale);
    let kind = lane.kinds[slice];
    let next = slice + 1;
    if (right - left < 1) {
      next = Math.max(next, lane.firstAfter(view.from + (Math.floor(left) + 1) / scale));
      for (let i = slice; i < Math.min(next, slice + 32); i++) kind = Math.min(kind, lane.kinds[i]);
    }
    const tall = Math.max(2, Math.round(height * HEIGHT[kind]));
    context.fillStyle = colour(STYLE[kind]);
    context.fillRect(view.left + left, top + Math.round((height - tall) / 2), Math.max(1, right - left), tall);
    slice = next;
  }
}

/// Steps of 1, 2 or 5 times a power of ten, at least 90 pixels apart.
function tick(view) {
  const least = ((view.to - view.from) * 90) / view.width;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => least <= step);
}

function drawAxis(context, colour, view, lanes) {
  const step = Math.max(tick(view), lanes.steps ? 1 : 0);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let x = Math.ceil(view.from / step) * step; x <= view.to; x += step) {
    const pixel = view.left + ((x - view.from) * view.width) / (view.to - view.from);
    context.fillStyle = colour("--line");
    context.fillRect(pixel, AXIS - 5, 1, view.height);
    context.fillStyle = colour("--soft");
    const text = lanes.steps ? String(Math.round(x)) : moment(x, view.to, step);
    if (pixel + context.measureText(text).width + 4 < view.left + view.width) context.fillText(text, pixel + 3, AXIS / 2);
  }
}

/// Where laps begin: only while there is room between them.
function drawLaps(context, colour, view, lanes) {
  const visible = lanes.laps.filter((x) => view.from <= x && x <= view.to);
  if (view.width / 8 < visible.length) return;
  context.fillStyle = colour("--lap");
  for (const x of visible) {
    context.fillRect(view.left + ((x - view.from) * view.width) / (view.to - view.from), AXIS, 1, view.height);
  }
}

/// The tasks whose rows are in sight.
export function visibleTasks(view, tasks) {
  const first = Math.floor(view.scroll / ROW);
  return tasks.slice(first, first + Math.ceil((view.height - AXIS - THREAD) / ROW) + 1).map((lane, i) => ({
    lane,
    top: AXIS + THREAD + (first + i) * ROW - view.scroll,
  }));
}

function label(context, colour, view, text, top, height, strong) {
  context.fillStyle = colour(strong ? "--text" : "--soft");
  context.font = `${strong ? "600 " : ""}12px system-ui, sans-serif`;
  context.save();
  context.beginPath();
  context.rect(0, top, view.left - 6, height);
  context.clip();
  context.fillText(text, 8, top + height / 2 + 0.5);
  context.restore();
}

/// An arrow from whoever woke the selected task to where it became ready.
function drawWakes(context, colour, view, trace, lanes, rows, selected) {
  const to = rows.find((row) => row.lane === selected);
  if (!to) return;
  const pixel = (x) => view.left + ((x - view.from) * view.width) / (view.to - view.from);
  context.strokeStyle = colour("--wake");
  context.fillStyle = colour("--wake");
  const last = Math.min(selected.starts.length, selected.firstAfter(view.to) + 1);
  const first = selected.firstAfter(view.from);
  for (let slice = first; slice < last && slice < first + 200; slice++) {
    const event = selected.events[slice];
    if (selected.kinds[slice] !== READY || event < 0) continue;
    const woken = eventAt(trace, event);
    const from = rows.find((row) => row.lane.id === woken.a);
    const x = pixel(lanes.place(event));
    const start = from ? from.top + ROW / 2 : AXIS + THREAD - 6;
    if (woken.kind !== K.Wake && woken.kind !== K.Spawn) continue;
    const end = to.top + ROW / 2;
    const tip = Math.sign(end - start) * 5;
    context.beginPath();
    context.moveTo(x, start);
    context.lineTo(x, end - tip);
    context.stroke();
    context.beginPath();
    context.moveTo(x, end);
    context.lineTo(x - 3, end - tip);
    context.lineTo(x + 3, end - tip);
    context.fill();
  }
}

/// How a task ended, at the end of its lane.
function drawEnd(context, colour, view, lane, top) {
  if (lane.outcome < 1) return;
  const x = view.left + ((lane.ends[lane.ends.length - 1] - view.from) * view.width) / (view.to - view.from);
  if (x < view.left || view.left + view.width < x) return;
  context.fillStyle = colour(END_STYLE[lane.outcome]);
  context.beginPath();
  context.arc(x, top + ROW / 2, 4, 0, 7);
  context.fill();
  if (lane.outcome === 1) return;
  context.strokeStyle = colour("--page");
  context.beginPath();
  context.moveTo(x - 2, top + ROW / 2 - 2);
  context.lineTo(x + 2, top + ROW / 2 + 2);
  context.moveTo(x + 2, top + ROW / 2 - 2);
  context.lineTo(x - 2, top + ROW / 2 + 2);
  context.stroke();
}

/// Draws everything. `view` says which part of the axis (`from`, `to`) stands where (`left`, `width`), and how far the tasks are
/// scrolled; `selected` is a task's lane, `cursor` an event.
export function draw(canvas, trace, lanes, tasks, view, selected, cursor) {
  const context = canvas.getContext("2d");
  const colour = palette(canvas);
  const ratio = devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.left + view.width, view.height);
  drawLaps(context, colour, view, lanes);
  drawAxis(context, colour, view, lanes);
  const rows = visibleTasks(view, tasks);
  context.save();
  context.beginPath();
  context.rect(0, AXIS + THREAD, view.left + view.width, view.height);
  context.clip();
  for (const { lane, top } of rows) {
    if (lane === selected) {
      context.fillStyle = colour("--chosen");
      context.fillRect(0, top, view.left + view.width, ROW);
    }
    label(context, colour, view, taskName(trace, lane.id), top, ROW, lane === selected);
    drawLane(context, colour, lane, view, top + 4, ROW - 8);
    drawEnd(context, colour, view, lane, top);
  }
  drawWakes(context, colour, view, trace, lanes, rows, selected);
  context.restore();
  label(context, colour, view, "the thread", AXIS, THREAD - 8, true);
  drawLane(context, colour, lanes.thread, view, AXIS, THREAD - 8);
  if (0 <= cursor) {
    const x = view.left + ((lanes.place(cursor) - view.from) * view.width) / (view.to - view.from);
    context.fillStyle = colour("--cursor");
    if (view.left <= x && x <= view.left + view.width) context.fillRect(x - 1, 0, 2, view.height);
  }
}
