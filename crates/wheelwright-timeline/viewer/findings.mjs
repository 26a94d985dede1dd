// Turns a run into what is worth a look: polls that kept others waiting, tasks that panicked, a ring that was too small.

import { DUE, READY, RUNNING, totals } from "./lanes.mjs";
import { at, duration, taskName } from "./words.mjs";

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

function slowPolls(trace, lanes) {
  const slow = [];
  for (const lane of lanes.tasks) {
    lane.starts.forEach((start, i) => {
      const span = lane.ends[i] - start;
      if (lane.kinds[i] === RUNNING && SLOW <= span) slow.push({ lane, i, span });
    });
  }
  slow.sort((one, other) => other.span - one.span);
  return slow.slice(0, MOST_FOUND).map(({ lane, i, span }) => {
    const others = keptWaiting(lanes, lane, lane.starts[i], lane.ends[i]);
    const cost = others === 0 ? "nobody else was ready" : others === 1 ? "1 other task was kept waiting" : `${others} other tasks were kept waiting`;
    const spawned = lane.spawnedAt ? `, spawned${at(trace, lane.spawnedAt)}` : "";
    return { event: lane.events[i], text: `${taskName(trace, lane.id)}${spawned}, held the thread for ${duration(span)} in one poll: ${cost}.` };
  });
}

/// Sentences, each with the event to go to.
export function findings(trace, lanes) {
  const found = lanes.steps ? [] : slowPolls(trace, lanes);
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
