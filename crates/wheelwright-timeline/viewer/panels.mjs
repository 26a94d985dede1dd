// Turns a state of the loop into the panels beside the timeline: lists, timers, sources, and the line of source that runs.

import { shape, shapeOf } from "./shapes.mjs";
import { batchOf, tasksOf } from "./state.mjs";
import { K, eventAt } from "./trace.mjs";
import { duration, placeOf, readiness, sentence, taskName, waitWords } from "./words.mjs";

const MOST = 24;

export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/// A list with a heading; what is beyond its room is counted. An item's text stands behind its shape, or in a box of a task.
function panel(title, items, empty, kind, room = "") {
  const section = element("section", undefined, `panel ${room}`);
  section.append(element("h3", `${title} (${items.length})`));
  const list = element("ul", undefined, kind);
  for (const item of items.slice(0, MOST)) {
    const row = element("li");
    if (item.thing) row.append(shape(item.thing));
    if (item.task) row.append(chip(item));
    if (item.waits) row.append(shape("waker"));
    row.append(item.text ?? "");
    list.append(row);
  }
  if (items.length === 0) list.append(element("li", empty, "none"));
  if (MOST < items.length) list.append(element("li", `and ${items.length - MOST} more`, "none"));
  section.append(list);
  return section;
}

function chip({ name, task, kind }) {
  const made = element("span", name, `chip ${kind}`);
  made.dataset.task = task;
  return made;
}

function taskItems(trace, state, slots) {
  return tasksOf(state, slots).map((task) => ({ name: taskName(trace, task), kind: "ready", task }));
}

function timerItems(state, now) {
  const timers = [...state.timers].sort((one, other) => one[1] - other[1]);
  return timers.map(([timer, deadline]) => ({ text: `timer ${timer}: ${now < deadline ? `in ${duration(deadline - now)}` : "due"}`, thing: "timer" }));
}

function parkedItems(trace, state) {
  const queued = new Set([...tasksOf(state, state.ready), ...tasksOf(state, batchOf(state)), state.running]);
  const parked = [...state.tasks.values()].filter((task) => !queued.has(task.id));
  return parked.map(({ id, wait }) => ({ name: taskName(trace, id), kind: "parked", task: id, waits: wait, text: waitWords(trace, wait) }));
}

/// The band below everything else.
function kernel(state) {
  const band = element("section", undefined, "panel wide kernel");
  band.append(element("h3", "Kernel"), state.parked ? "the loop waits here, until something happens or a timer is due" : "");
  return band;
}

/// What happened at an event, and the line of source.
function now(trace, state, event, cursor) {
  const head = element("section", undefined, "panel wide now");
  const words = element("p", undefined, "sentence");
  words.append(shapeOf(event), sentence(trace, cursor));
  head.append(element("h3", `Event ${cursor + 1} of ${trace.count}`), words);
  const place = placeOf(trace, event.place) ?? (state.running ? placeOf(trace, state.tasks.get(state.running)?.spawnedAt) : null);
  if (place) {
    const source = element("figure");
    source.append(element("figcaption", place.at), element("code", place.text || "(the line is not at hand)"));
    head.append(source);
  }
  return head;
}

/// Shows the event at `cursor` and the state after it.
export function showState(box, trace, state, cursor) {
  const event = eventAt(trace, cursor);
  const running = state.running ? [{ name: taskName(trace, state.running), kind: "task", task: state.running }] : [];
  const sources = [...state.sources].map(([number, source]) => ({ text: `source ${number}, fd ${source.fd}: ${readiness(source.ready)}`, thing: "source" }));
  const hasSources = 0 < trace.base.sources.length || trace.columns.kind.includes(K.SourceRegistered);
  box.replaceChildren(
    now(trace, state, event, cursor),
    panel("Running", running, state.parked ? "nobody: the loop waits in the kernel" : "nobody: the loop itself", "thread"),
    panel("Still in this lap", taskItems(trace, state, batchOf(state)), "nobody", "tray"),
    panel("Ready for the next lap", taskItems(trace, state, state.ready), "nobody", "tray"),
    panel("Timers", timerItems(state, event.at), "none"),
    panel("Parked", parkedItems(trace, state), "nobody", undefined, "twice"),
    ...(hasSources ? [panel("Sources", sources, "none")] : []),
    kernel(state),
  );
}
