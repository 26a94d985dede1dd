// Turns a state of the loop into the panels beside the timeline: lists, timers, sources, and the line of source that runs.

import { batchOf, tasksOf } from "./state.mjs";
import { eventAt } from "./trace.mjs";
import { duration, placeOf, readiness, sentence, taskName, waitWords } from "./words.mjs";

const MOST = 24;

export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/// A list with a heading; what is beyond its room is counted.
function panel(title, items, empty) {
  const section = element("section", undefined, "panel");
  section.append(element("h3", `${title} (${items.length})`));
  const list = element("ul");
  for (const item of items.slice(0, MOST)) {
    const row = element("li", item.text, item.className);
    if (item.task) row.dataset.task = item.task;
    list.append(row);
  }
  if (items.length === 0) list.append(element("li", empty, "none"));
  if (MOST < items.length) list.append(element("li", `and ${items.length - MOST} more`, "none"));
  section.append(list);
  return section;
}

function taskItems(trace, state, slots) {
  return tasksOf(state, slots).map((task) => ({ text: taskName(trace, task), className: "chip", task }));
}

function timerItems(state, now) {
  const timers = [...state.timers].sort((one, other) => one[1] - other[1]);
  return timers.map(([timer, deadline]) => ({ text: `timer ${timer}: ${now < deadline ? `in ${duration(deadline - now)}` : "due"}` }));
}

function parkedItems(trace, state) {
  const queued = new Set([...tasksOf(state, state.ready), ...tasksOf(state, batchOf(state)), state.running]);
  const parked = [...state.tasks.values()].filter((task) => !queued.has(task.id));
  return parked.map((task) => ({ text: `${taskName(trace, task.id)}: ${waitWords(trace, task.wait)}`, task: task.id }));
}

/// Shows the event at `cursor` and the state after it.
export function showState(box, trace, state, cursor) {
  const event = eventAt(trace, cursor);
  const head = element("section", undefined, "panel wide");
  head.append(element("h3", `Event ${cursor + 1} of ${trace.count}`));
  head.append(element("p", sentence(trace, cursor), "sentence"));
  const place = placeOf(trace, event.place) ?? (state.running ? placeOf(trace, state.tasks.get(state.running)?.spawnedAt) : null);
  if (place) {
    const source = element("figure");
    source.append(element("figcaption", place.at), element("code", place.text || "(the line is not at hand)"));
    head.append(source);
  }
  const running = state.running ? [{ text: taskName(trace, state.running), className: "chip run", task: state.running }] : [];
  const sources = [...state.sources].map(([number, source]) => ({ text: `source ${number}, fd ${source.fd}: ${readiness(source.ready)}` }));
  box.replaceChildren(
    head,
    panel("Running", running, state.parked ? "nobody: the loop waits in the kernel" : "nobody: the loop itself"),
    panel("Still in this lap", taskItems(trace, state, batchOf(state)), "nobody"),
    panel("Ready for the next lap", taskItems(trace, state, state.ready), "nobody"),
    panel("Timers", timerItems(state, event.at), "none"),
    panel("Sources", sources, "none"),
    panel("Parked", parkedItems(trace, state), "nobody"),
  );
}
