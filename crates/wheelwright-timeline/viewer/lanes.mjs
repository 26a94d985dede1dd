// Turns events into lanes of slices: one for the thread, one for each task.

import { K, eventAt } from "./trace.mjs";
import { buildCurves } from "./counts.mjs";

/// A poll this long, in nanoseconds, is worth a look: meanwhile nobody else has the thread.
export const SLOW = 5_000_000;
// What goes on in a slice: of the thread and of a task; of the thread; of a task.
// `DUE` is parked, but its timer is due and nobody has looked.
export const RUNNING = 0, SLOW_RUN = 1, LOOK = 2, SLEEP = 3, READY = 4, DUE = 5, PARKED = 6;

export const isRun = (kind) => kind <= SLOW_RUN;
export const isWait = (kind) => kind === READY || kind === DUE;

/// Slices in order, none within another: when each begins and ends, what it is, and the events at its beginning and end.
class Lane {
  constructor(id) {
    this.id = id;
    this.starts = [];
    this.ends = [];
    this.kinds = [];
    this.events = [];
    this.endEvents = [];
  }

  open(x, kind, event) {
    this.close(x, event);
    this.starts.push(x);
    this.ends.push(Infinity);
    this.kinds.push(kind);
    this.events.push(event);
    this.endEvents.push(-1);
  }

  close(x, event) {
    const last = this.ends.length - 1;
    if (0 <= last && this.ends[last] === Infinity) {
      this.ends[last] = x;
      this.endEvents[last] = event;
    }
  }

  /// Nothing is added from here on: columns of numbers, and for each slice how much came before it.
  settle(steps) {
    const count = this.starts.length;
    for (const name of ["starts", "ends"]) this[name] = Float64Array.from(this[name]);
    for (const name of ["kinds", "events", "endEvents"]) this[name] = Int32Array.from(this[name]);
    for (const name of ["ran", "waited", "slow"]) this[name] = new Float64Array(count + 1);
    for (let i = 0; i < count; i++) {
      const kind = this.kinds[i], span = this.ends[i] - this.starts[i];
      const runs = isRun(kind);
      const isSlow = runs && !steps && SLOW <= span;
      this.ran[i + 1] = this.ran[i] + (runs ? span : 0);
      this.waited[i + 1] = this.waited[i] + (isWait(kind) || kind === SLEEP ? span : 0);
      this.slow[i + 1] = this.slow[i] + Number(isSlow);
      if (isSlow) this.kinds[i] = SLOW_RUN;
    }
  }

  /// The first slice that ends after x: if `near` is given, none before it, and soon found if it is near.
  firstAfter(x, near = -1) {
    let low = Math.max(0, near), high = this.ends.length;
    for (let step = 1; 0 <= near && low + step < high; step *= 2) {
      if (x < this.ends[low + step]) high = low + step;
      else low += step;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle] <= x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /// The slice at x, or -1.
  at(x) {
    const index = this.firstAfter(x);
    return index < this.starts.length && this.starts[index] <= x ? index : -1;
  }
}

class Builder {
  constructor(trace, place, steps) {
    this.trace = trace;
    this.steps = steps;
    this.place = place;
    this.thread = new Lane(0);
    this.tasks = new Map();
    this.laps = [];
    this.marks = [];
    this.deadlines = new Map(trace.base.timers);
    this.timerWait = trace.waits.indexOf("timer {}");
  }

  lane(id) {
    let lane = this.tasks.get(id);
    if (!lane) {
      lane = Object.assign(new Lane(id), { spawnedAt: 0, parent: 0, root: false, outcome: -1, polls: 0 });
      this.tasks.set(id, lane);
    }
    return lane;
  }

  add(index) {
    const event = eventAt(this.trace, index);
    const x = this.place(index);
    if (event.task && event.kind !== K.Mark) this.addToTask(event, index, x);
    switch (event.kind) {
      case K.TimerArmed:
        this.deadlines.set(event.a, event.b);
        break;
      case K.Mark:
        this.marks.push({ x, index });
        break;
      case K.LapStart:
        this.laps.push(x);
        break;
      case K.PollStart:
        this.thread.open(x, RUNNING, index);
        break;
      case K.KernelEnter:
        this.thread.open(x, event.a === 0 ? LOOK : SLEEP, index);
        break;
      case K.PollEnd:
      case K.KernelExit:
        this.thread.close(x, index);
        break;
    }
  }

  addToTask(event, index, x) {
    const lane = this.lane(event.task);
    switch (event.kind) {
      case K.Spawn:
        lane.parent = event.a;
        lane.root = (Math.floor(event.b / 2 ** 32) & 1) !== 0;
        lane.spawnedAt = event.place;
        lane.open(x, READY, index);
        break;
      case K.Wake:
        if (lane.kinds.at(-1) !== RUNNING || lane.ends.at(-1) !== Infinity) {
          this.markDue(lane, x);
          lane.open(x, READY, index);
        } else lane.wokenWhileRunning = index;
        break;
      case K.Wait:
        lane.deadline = event.flags === this.timerWait ? this.deadlines.get(event.a) : undefined;
        break;
      case K.PollStart:
        lane.open(x, RUNNING, index);
        lane.polls += 1;
        lane.wokenWhileRunning = -1;
        break;
      case K.PollEnd:
        if (event.flags === 0) lane.open(x, 0 <= lane.wokenWhileRunning ? READY : PARKED, 0 <= lane.wokenWhileRunning ? lane.wokenWhileRunning : index);
        else this.end(lane, event.flags, x, index);
        break;
      case K.Drop:
        this.end(lane, 3, x, index);
        break;
    }
  }

  /// A task is woken that waited for a timer: from its deadline on the timer was due. It is looked for by the millisecond.
  markDue(lane, x) {
    const last = lane.starts.length - 1;
    const due = lane.deadline + 1e6 - this.trace.columns.at[0];
    if (this.steps || lane.kinds[last] !== PARKED || !(due < x)) return;
    lane.open(Math.max(due, lane.starts[last]), DUE, lane.events[last]);
  }

  end(lane, outcome, x, index) {
    lane.close(x, index);
    lane.outcome = outcome;
  }
}

/// The lanes of a trace. `steps` counts events instead of time.
export function buildLanes(trace, steps) {
  const at = trace.columns.at;
  const place = steps ? (index) => index : (index) => at[index] - at[0];
  const builder = new Builder(trace, place, steps);
  for (const task of trace.base.tasks) {
    const lane = builder.lane(task.id);
    Object.assign(lane, { parent: task.parent, root: task.root, spawnedAt: task.spawnedAt });
    const isReady = trace.base.ready.includes(task.slot) || trace.base.batch.includes(task.slot);
    lane.open(0, isReady ? READY : PARKED, -1);
  }
  for (let index = 0; index < trace.count; index++) builder.add(index);
  const end = trace.count === 0 ? 1 : Math.max(1, place(trace.count - 1));
  for (const lane of [builder.thread, ...builder.tasks.values()]) {
    lane.close(end, trace.count - 1);
    lane.settle(steps);
  }
  const tasks = [...builder.tasks.values()].sort((one, other) => one.id - other.id);
  return { thread: builder.thread, tasks, laps: builder.laps, marks: builder.marks, curves: buildCurves(trace, place), end, place, steps };
}

/// From when on a task that became ready at x was ready for sure. What happens within a poll bears the time at which that began, so
/// for whoever is woken by a poll it is known only that it was before the end.
export function surelyReady(lanes, slice, lane) {
  const start = lane.starts[slice];
  if (lane.kinds[slice] !== READY) return start;
  const poll = lanes.thread.at(start);
  const isWithin = 0 <= poll && isRun(lanes.thread.kinds[poll]) && lanes.thread.events[poll] < lane.events[slice];
  return isWithin ? Math.min(lanes.thread.ends[poll], lane.ends[slice]) : start;
}

/// How long a task ran, was ready and was parked, and its longest poll.
export function totals(lane) {
  const sum = { running: 0, ready: 0, parked: 0, longest: 0 };
  for (let i = 0; i < lane.starts.length; i++) {
    const length = lane.ends[i] - lane.starts[i];
    if (isRun(lane.kinds[i])) {
      sum.running += length;
      sum.longest = Math.max(sum.longest, length);
    } else if (isWait(lane.kinds[i])) sum.ready += length;
    else sum.parked += length;
  }
  return sum;
}
