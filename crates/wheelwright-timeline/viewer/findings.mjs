// Turns a run into what is worth a look: polls that kept others waiting, tasks that panicked, a ring that was too small.

import { DUE, READY, RUNNING, totals } from "./lanes.mjs";
import { K, WHYS } from "./trace.mjs";
import { duration, placeOf, sentence, taskName } from "./words.mjs";

/// A poll this long is worth a look, in nanoseconds.
const SLOW = 5_000_000;
const MOST_FOUND = 6;

/// How many other tasks were ready for a while between two moments.
function keptWaiting(lanes, lane, start, end) {
  let count = 0;
  for (const other of lanes.tasks) {
    if (other === lane) continue;
    for (let i = other.firstAfter(start); i < other.starts.length && other.starts[i] < end; i++) {
      if (other.kinds[i] === READY || other.kinds[i] === DUE) {
        count += 1;
        break;
      }
    }
  }
  return count;
}

/// Why a poll was slow, where the loop was watched for that.
function why(trace, lane, i) {
  const { kind, task, flags } = trace.columns;
  for (let event = lane.events[i]; event < trace.count && kind[event] !== K.PollEnd; event++) {
    if (kind[event] === K.Slow && task[event] === lane.id) return `, and ${WHYS[flags[event]] ?? WHYS[0]}`;
  }
  return "";
}

/// Each task that held the thread for long: its longest poll, and how many more there were.
function slowPolls(trace, lanes) {
  const slow = [];
  for (const lane of lanes.tasks) {
    const polls = lane.starts.map((start, i) => ({ lane, i, span: lane.ends[i] - start }));
    const long = polls.filter(({ i, span }) => lane.kinds[i] === RUNNING && SLOW <= span);
    if (long.length === 0) continue;
    const longest = long.reduce((one, other) => (one.span < other.span ? other : one));
    slow.push({ ...longest, more: long.length - 1 });
  }
  slow.sort((one, other) => other.span - one.span);
  return slow.slice(0, MOST_FOUND).map((poll) => ({ event: poll.lane.events[poll.i], text: slowPoll(trace, lanes, poll) }));
}

function slowPoll(trace, lanes, { lane, i, span, more }) {
  const others = keptWaiting(lanes, lane, lane.starts[i], lane.ends[i]);
  const cost = others === 0 ? "nobody else was ready" : others === 1 ? "1 other task was kept waiting" : `${others} other tasks were kept waiting`;
  const often = more === 0 ? "" : more === 1 ? " It did so once more." : ` It did so ${more} more times.`;
  const between = betweenWaits(trace, lane, i);
  return `${taskName(trace, lane.id)} held the thread for ${duration(span)} in one poll${between}${why(trace, lane, i)}: ${cost}.${often}`;
}

/// The lines where the task waited before a poll and after it: what held the thread stands between them.
function betweenWaits(trace, lane, slice) {
  const { kind, task, place } = trace.columns;
  const seek = (from, step) => {
    for (let i = from; 0 <= i && i < trace.count; i += step) {
      if (kind[i] === K.Wait && task[i] === lane.id) return placeOf(trace, place[i])?.at;
      if (kind[i] === K.Spawn && task[i] === lane.id) return placeOf(trace, place[i])?.at;
    }
    return undefined;
  };
  const [before, after] = [seek(lane.events[slice], -1), seek(lane.endEvents[slice], 1)];
  if (before && after && before !== after) return `, between ${before} and ${after}`;
  return before ? `, after ${before}` : "";
}

/// Laps of many polls, none of them slow, that were slow together.
function slowLaps(trace) {
  const laps = [];
  trace.columns.kind.forEach((kind, event) => {
    if (kind === K.Slow && trace.columns.b[event] !== 1) laps.push(event);
  });
  return laps.slice(0, MOST_FOUND).map((event) => ({ event, text: sentence(trace, event) }));
}

/// Sentences, each with the event to go to.
export function findings(trace, lanes) {
  const found = lanes.steps ? [] : [...slowPolls(trace, lanes), ...slowLaps(trace)];
  for (const lane of lanes.tasks) {
    if (lane.outcome === 2) found.push({ event: lane.endEvents[lane.endEvents.length - 1], text: `${taskName(trace, lane.id)} panicked.` });
  }
  if (!lanes.steps) {
    let worst = null;
    for (const lane of lanes.tasks) {
      const sum = totals(lane);
      if (SLOW <= sum.longestReady && (!worst || worst.sum.longestReady < sum.longestReady)) worst = { lane, sum };
    }
    if (worst) {
      const text = `${taskName(trace, worst.lane.id)} waited ${duration(worst.sum.longestReady)} for its turn, after it was woken or its timer was due: the longest such wait.`;
      found.push({ event: worst.lane.events[worst.sum.longestReadyAt], text });
    }
  }
  if (trace.dropped) found.push({ event: 0, text: `The recording holds the last ${trace.count} events; ${trace.dropped} came before them.` });
  return found.map((finding) => ({ ...finding, text: finding.text[0].toUpperCase() + finding.text.slice(1) }));
}
