// Turns events into lanes of slices: one for the thread, one for each task.

import { K, eventAt } from "./trace.mjs";

// What the thread does in a slice of its lane.
export const POLL = 0, LOOK = 1, SLEEP = 2;
// What a task does in a slice of its lane.
// `DUE` is parked, but its timer is due and nobody has looked.
export const RUNNING = 3, READY = 4, DUE = 5, PARKED = 6;

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

  /// The first slice that ends after x.
  firstAfter(x) {
    let low = 0, high = this.ends.length;
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
    this.wakes = new Map();
    this.marks = [];
    this.deadlines = new Map(trace.base.timers);
    this.timerWait = trace.waits.indexOf("timer {}");
  }

  lane(id, event) {
    let lane = this.tasks.get(id);
    if (!lane) {
      lane = Object.assign(new Lane(id), { spawn: event, spawnedAt: 0, parent: 0, root: false, outcome: -1, polls: 0 });
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
      case K.LapStart:
        this.laps.push(x);
        break;
      case K.PollStart:
        this.thread.open(x, POLL, index);
        break;
      case K.KernelEnter:
        this.thread.open(x, event.a === 0 ? LOOK : SLEEP, index);
        break;
      case K.PollEnd:
      case K.KernelExit:
        this.thread.close(x, index);
        break;
      case K.Mark:
        this.marks.push(index);
        break;
    }
  }

  addToTask(event, index, x) {
    const lane = this.lane(event.task, index);
    switch (event.kind) {
      case K.Spawn:
        lane.parent = event.a;
        lane.root = (Math.floor(event.b / 2 ** 32) & 1) !== 0;
        lane.spawnedAt = event.place;
        lane.open(x, READY, index);
        break;
      case K.Wake:
        if (lane.kinds[lane.kinds.length - 1] !== RUNNING || lane.ends[lane.ends.length - 1] !== Infinity) {
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
    const lane = builder.lane(task.id, -1);
    Object.assign(lane, { parent: task.parent, root: task.root, spawnedAt: task.spawnedAt });
    const isReady = trace.base.ready.includes(task.slot) || trace.base.batch.includes(task.slot);
    lane.open(0, isReady ? READY : PARKED, -1);
  }
  for (let index = 0; index < trace.count; index++) builder.add(index);
  const end = trace.count === 0 ? 1 : Math.max(1, place(trace.count - 1));
  for (const lane of [builder.thread, ...builder.tasks.values()]) lane.close(end, trace.count - 1);
  const tasks = [...builder.tasks.values()].sort((one, other) => one.id - other.id);
  return { thread: builder.thread, tasks, laps: builder.laps, marks: builder.marks, end, place, steps };
}

/// How long a task ran, was ready and was parked, and its longest poll.
export function totals(lane) {
  const sum = { running: 0, ready: 0, parked: 0, longest: 0, longestAt: -1, longestReady: 0, longestReadyAt: -1 };
  for (let i = 0; i < lane.starts.length; i++) {
    const length = lane.ends[i] - lane.starts[i];
    if (lane.kinds[i] === RUNNING) {
      sum.running += length;
      if (sum.longest < length) [sum.longest, sum.longestAt] = [length, i];
    } else if (lane.kinds[i] === READY || lane.kinds[i] === DUE) {
      sum.ready += length;
      if (sum.longestReady < length) [sum.longestReady, sum.longestReadyAt] = [length, i];
    } else sum.parked += length;
  }
  return sum;
}
