// Turns events, one after another, into what the loop held: the same rules as `wheelwright::record::State`.

import { K, eventAt } from "./trace.mjs";

const TICK = 1_000_000;
const HIGH = 2 ** 32;

/// What the loop held before the first event.
export function baseState(trace) {
  const base = trace.base;
  return {
    lap: base.lap,
    running: base.running,
    ready: [...base.ready],
    batch: [...base.batch],
    batchAt: 0, // entries before it are done with
    tasks: new Map(base.tasks.map((task) => [task.id, { ...task }])),
    slots: new Map(base.tasks.map((task) => [task.slot, task.id])),
    timers: new Map(base.timers),
    sources: new Map(base.sources.map(([number, fd, ready]) => [number, { fd, ready }])),
    jobs: [...base.jobs],
    parked: base.parked,
  };
}

function copy(state) {
  return {
    ...state,
    ready: [...state.ready],
    batch: state.batch.slice(state.batchAt),
    batchAt: 0,
    tasks: new Map([...state.tasks].map(([id, task]) => [id, { ...task }])),
    slots: new Map(state.slots),
    timers: new Map(state.timers),
    sources: new Map([...state.sources].map(([number, source]) => [number, { ...source }])),
    jobs: [...state.jobs],
  };
}

function end(state, id) {
  const task = state.tasks.get(id);
  if (task) {
    state.tasks.delete(id);
    state.slots.delete(task.slot);
  }
}

/// Entries before the task's own are skipped: what they stood for is gone.
function beginPoll(state, id) {
  state.running = id;
  const task = state.tasks.get(id);
  if (!task) return;
  task.wait = null;
  const found = state.batch.indexOf(task.slot, state.batchAt);
  state.batchAt = found < 0 ? state.batch.length : found + 1;
}

function spawn(state, event) {
  const slot = event.b % HIGH;
  const bits = Math.floor(event.b / HIGH);
  state.tasks.set(event.task, { id: event.task, slot, parent: event.a, root: (bits & 1) !== 0, spawnedAt: event.place, wait: null });
  state.slots.set(slot, event.task);
  if (bits & 2) state.ready.push(slot);
}

function choose(state, event) {
  const first = state.batch.length - event.b;
  if (event.flags !== 0 || first < 0) return;
  const other = first + event.a;
  [state.batch[first], state.batch[other]] = [state.batch[other], state.batch[first]];
}

const RULES = {
  [K.LapStart](state, event) {
    state.lap = event.a;
    state.batch = state.ready;
    state.batchAt = 0;
    state.ready = [];
  },
  [K.LapEnd](state) {
    state.batch = [];
    state.batchAt = 0;
  },
  [K.Choice]: choose,
  [K.PollStart]: (state, event) => beginPoll(state, event.task),
  [K.PollEnd](state, event) {
    state.running = null;
    if (event.flags !== 0) end(state, event.task);
  },
  [K.Wake](state, event) {
    const task = state.tasks.get(event.task);
    if (task) state.ready.push(task.slot);
  },
  [K.Wait](state, event) {
    const task = state.tasks.get(event.task);
    if (task) task.wait = { on: event.flags, resource: event.a, further: event.b, at: event.place };
  },
  [K.Spawn]: spawn,
  [K.Drop]: (state, event) => end(state, event.task),
  [K.KernelEnter](state) {
    state.parked = true;
  },
  [K.KernelExit](state) {
    state.parked = false;
  },
  [K.TimerArmed]: (state, event) => state.timers.set(event.a, event.b),
  [K.TimerCancelled]: (state, event) => state.timers.delete(event.a),
  [K.TimersFired](state, event) {
    const now = Math.floor(event.b / TICK);
    for (const [timer, deadline] of state.timers) {
      if (Math.ceil(deadline / TICK) <= now) state.timers.delete(timer);
    }
  },
  [K.SourceRegistered]: (state, event) => state.sources.set(event.a, { fd: event.b, ready: 3 }),
  [K.SourceReady](state, event) {
    const source = state.sources.get(event.a);
    if (source) source.ready |= event.flags;
  },
  [K.SourceBlocked](state, event) {
    const source = state.sources.get(event.a);
    if (source) source.ready &= ~event.flags;
  },
  [K.SourceDropped]: (state, event) => state.sources.delete(event.a),
  [K.JobSent]: (state, event) => state.jobs.push(event.a),
  [K.JobDone](state, event) {
    state.jobs = state.jobs.filter((job) => job !== event.a);
  },
};

/// Changes the state by one event.
export function apply(state, event) {
  RULES[event.kind]?.(state, event);
}

/// The slots of those that still run in this lap.
export function batchOf(state) {
  return state.batch.slice(state.batchAt);
}

/// The tasks of a list of slots, each once, without the entries of slots that nobody has.
export function tasksOf(state, slots) {
  return [...new Set(slots.map((slot) => state.slots.get(slot)).filter((task) => task !== undefined))];
}

/// Goes to any moment of a trace: from the nearest one before that it has kept.
export class Rewinder {
  constructor(trace) {
    this.trace = trace;
    this.every = Math.max(4096, 4 * trace.base.tasks.length);
    this.kept = [baseState(trace)];
    this.at = 0;
    this.state = copy(this.kept[0]);
  }

  /// The state after so many events; it is valid until the next call.
  after(count) {
    if (count < this.at || this.at + this.every < count) {
      const nearest = Math.min(Math.floor(count / this.every), this.kept.length - 1);
      if (count < this.at || this.at < nearest * this.every) {
        this.state = copy(this.kept[nearest]);
        this.at = nearest * this.every;
      }
    }
    while (this.at < count) {
      apply(this.state, eventAt(this.trace, this.at));
      this.at += 1;
      if (this.at === this.kept.length * this.every) this.kept.push(copy(this.state));
    }
    return this.state;
  }
}
