// Turns events and slices into sentences.

import { CAUSES, K, OUTCOMES, WHYS, eventAt } from "./trace.mjs";
import { DUE, PARKED, READY, isRun } from "./lanes.mjs";

/// A duration in nanoseconds, with three digits.
export function duration(nanos) {
  if (!Number.isFinite(nanos) || 1e18 < nanos) return "for ever";
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (size <= nanos) return `${Number((nanos / size).toPrecision(3))} ${unit}`;
  }
  return `${Math.round(nanos)} ns`;
}

/// A moment on an axis that ends at `end`, exact to the distance between two ticks.
export function moment(nanos, end, step) {
  const [unit, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(([, size]) => size <= end) ?? ["ns", 1];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return `${(nanos / size).toFixed(digits)} ${unit}`;
}

/// A length on the axis: time, or steps.
export function length(lanes, x) {
  if (!lanes.steps) return duration(x);
  return x === 1 ? "1 step" : `${Math.round(x)} steps`;
}

export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

export function taskName(trace, id) {
  const name = trace.names[id];
  return name ? `task ${id} ‘${name}’` : `task ${id}`;
}

/// What stands beside a task's lane: its name, or else the line that spawned it, without its folder.
export function labelOf(trace, lane) {
  const place = placeOf(trace, lane.spawnedAt)?.at.split("/").pop();
  return { name: trace.names[lane.id] ?? (lane.root ? "root" : undefined), place: place ?? "task" };
}

/// A source line: where, and what stands there.
export function placeOf(trace, number) {
  return trace.places[number] ?? null;
}

export function at(trace, number) {
  const place = placeOf(trace, number);
  return place ? ` at ${place.at}` : "";
}

function whatIsAwaited(trace, wait) {
  const number = wait.resource === 0xffffffff ? "that never comes" : wait.resource;
  return (trace.waits[wait.on] ?? "something unknown").replace("{}", number);
}

export function waitWords(trace, wait) {
  if (!wait) return "nothing yet";
  const what = whatIsAwaited(trace, wait);
  const more = wait.further ? ` and ${wait.further} more` : "";
  return `${what}${at(trace, wait.at)}${more}`;
}

const READINESS = [[1, "to be read"], [2, "to be written"], [4, "closed by its peer"], [8, "urgent bytes"]];

export function readiness(bits) {
  return READINESS.filter(([bit]) => bits & bit).map(([, word]) => word).join(", ") || "not ready";
}

function waker(trace, event) {
  if (event.flags === 0 && event.a) return taskName(trace, event.a);
  return CAUSES[event.flags] ?? "somebody";
}

const SENTENCES = {
  [K.LapStart]: (trace, event) => `Lap ${event.a} begins with ${event.b} ready.`,
  [K.LapEnd]: () => "The lap is over.",
  [K.Choice]: (trace, event) => `The schedule takes the one ${event.a} behind the first, of ${event.b}.`,
  [K.PollStart]: (trace, event) => `${taskName(trace, event.task)} is polled.`,
  [K.PollEnd]: (trace, event) => `The poll of ${taskName(trace, event.task)} ends: ${OUTCOMES[event.flags]}.`,
  [K.Wake]: (trace, event) => `${taskName(trace, event.task)} is woken by ${waker(trace, event)}.`,
  [K.Wait]: (trace, event) =>
    `${taskName(trace, event.task)} waits for ${waitWords(trace, { on: event.flags, resource: event.a, further: event.b, at: event.place })}.`,
  [K.Spawn]: (trace, event) =>
    `${taskName(trace, event.task)} is spawned${event.a ? ` by ${taskName(trace, event.a)}` : ""}${at(trace, event.place)}.`,
  [K.Cancel]: (trace, event) => `${taskName(trace, event.task)} is asked to end${event.a ? ` by ${taskName(trace, event.a)}` : ""}.`,
  [K.Drop]: (trace, event) => `${taskName(trace, event.task)} is dropped, as its runtime ends.`,
  [K.KernelEnter]: (trace, event) =>
    event.a === 0 ? "A look at the kernel, without waiting." : `Nobody is ready: the loop waits in the kernel, at most ${duration(event.a)}.`,
  [K.KernelExit]: (trace, event) => `The kernel answers with ${event.a === 1 ? "1 event" : `${event.a} events`}.`,
  [K.TimerArmed]: (trace, event) => `Timer ${event.a} is armed, due ${duration(event.b)} after the beginning.`,
  [K.TimersFired]: (trace, event) => `${event.a === 1 ? "1 timer is" : `${event.a} timers are`} due.`,
  [K.TimerCancelled]: (trace, event) => `Timer ${event.a} is given up.`,
  [K.SourceRegistered]: (trace, event) => `Descriptor ${event.b} is registered with the kernel, as source ${event.a}.`,
  [K.SourceReady]: (trace, event) => `Source ${event.a} is ready: ${readiness(event.flags)}.`,
  [K.SourceBlocked]: (trace, event) => `Source ${event.a} would block: it is not ready ${readiness(event.flags)}.`,
  [K.SourceDropped]: (trace, event) => `Source ${event.a} is forgotten.`,
  [K.JobSent]: (trace, event) => `A blocking job is sent to the pool${at(trace, event.place)}.`,
  [K.JobDone]: () => "The end of a blocking job is taken.",
  [K.Slow]: (trace, event) =>
    `${event.b === 1 ? `The poll of ${taskName(trace, event.task)}` : `The lap of ${event.b} polls`} was slow, ${duration(event.a)}: ${WHYS[event.flags] ?? WHYS[0]}.`,
  [K.Mark]: (trace, event) => `Mark ‘${trace.marks[event.a]}’: ${event.b}.`,
};

/// What happened at an event, in one sentence.
export function sentence(trace, index) {
  const event = eventAt(trace, index);
  return capital(SENTENCES[event.kind](trace, event));
}

/// The first event of a kind after `index` that is about the task, before the one at `end`.
function following(trace, index, task, kind, end) {
  for (let i = Math.max(index, 0); i <= end; i++) {
    if (trace.columns.kind[i] === kind && trace.columns.task[i] === task) return i;
  }
  return -1;
}

/// What a task did in a slice of its lane.
export function sliceWords(trace, lanes, lane, slice) {
  const span = length(lanes, lane.ends[slice] - lane.starts[slice]);
  const event = lane.events[slice];
  const kind = lane.kinds[slice];
  if (isRun(kind)) return `ran for ${span}`;
  if (kind === DUE) return `was due by its timer, and for ${span} the loop did not look`;
  if (kind === READY) {
    if (event < 0) return `was ready, and waited ${span} for its turn`;
    const woken = eventAt(trace, event);
    const how = woken.kind === K.Spawn ? "was new" : `was woken by ${waker(trace, woken)}`;
    return `${how}, and waited ${woken.a ? "at most " : ""}${span} for its turn`;
  }
  return kind === PARKED ? `was parked for ${span}, waiting for ${waitWords(trace, waitIn(trace, lane, slice))}` : span;
}

/// What a task waits for while it is parked.
function waitIn(trace, lane, slice) {
  const event = lane.events[slice];
  const wait = following(trace, event, lane.id, K.Wait, Math.min(event + 2, trace.count - 1));
  return wait < 0 ? (event < 0 ? baseWait(trace, lane.id) : null) : waitOf(trace, wait);
}

/// The same in a word or two.
export function shortWait(trace, lane, slice) {
  const wait = waitIn(trace, lane, slice);
  return wait ? whatIsAwaited(trace, wait) + (wait.further ? ` and ${wait.further} more` : "") : "";
}

function waitOf(trace, index) {
  const event = eventAt(trace, index);
  return { on: event.flags, resource: event.a, further: event.b, at: event.place };
}

function baseWait(trace, id) {
  return trace.base.tasks.find((task) => task.id === id)?.wait ?? null;
}
