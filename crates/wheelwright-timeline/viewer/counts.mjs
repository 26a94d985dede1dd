// Turns events into curves of what is under way outside the loop: sockets registered, timers armed, blocking jobs running.

import { K } from "./trace.mjs";

/// By how much an event changes each number.
const CHANGES = {
  [K.SourceRegistered]: [0, () => 1],
  [K.SourceDropped]: [0, () => -1],
  [K.TimerArmed]: [1, () => 1],
  [K.TimerCancelled]: [1, () => -1],
  [K.TimersFired]: [1, (trace, index) => -trace.columns.a[index]],
  [K.JobSent]: [2, () => 1],
  [K.JobDone]: [2, () => -1],
};

/// The last of `count` things at x or before it, whose places `place` knows and never go back; the first, if there is none.
export function lastUntil(count, place, x) {
  let low = 0, high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (place(middle) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/// A number that changes: `levels[i]` holds from `xs[i]` to the next.
class Curve {
  constructor(name, level) {
    Object.assign(this, { name, xs: [-Infinity], levels: [level], most: level });
  }

  change(x, by) {
    const level = Math.max(0, this.levels.at(-1) + by);
    this.xs.push(x);
    this.levels.push(level);
    this.most = Math.max(this.most, level);
  }

  levelAt(x) {
    return this.levels[this.indexAt(x)];
  }

  /// The last change at x or before it.
  indexAt(x) {
    return lastUntil(this.xs.length, (i) => this.xs[i], x);
  }
}

/// The curves of a trace that are ever above zero.
export function buildCurves(trace, place) {
  const { sources, timers, jobs } = trace.base;
  const curves = [new Curve("sockets", sources.length), new Curve("timers", timers.length), new Curve("blocking jobs", jobs.length)];
  for (let index = 0; index < trace.count; index++) {
    const change = CHANGES[trace.columns.kind[index]];
    if (change) curves[change[0]].change(place(index), change[1](trace, index));
  }
  return curves.filter((curve) => 0 < curve.most);
}
