// Turns a run into what is worth a look: polls that kept others waiting, tasks that panicked, a ring that was too small.

import { SLOW, SLOW_RUN, isRun, isWait, surelyReady } from "./lanes.mjs";
import { K, WHYS } from "./trace.mjs";
import { capital, duration, placeOf, sentence, taskName } from "./words.mjs";

const MOST_FOUND = 6;

/// Who was ready for a while between two moments, and for how long: the longest first, and at the end those who became ready only then.
function keptWaiting(lanes, lane, start, end) {
  const kept = [];
  for (const other of lanes.tasks) {
    if (other === lane) continue;
    let span = -1;
    for (let i = other.firstAfter(start); i < other.starts.length && other.starts[i] < end; i++) {
      if (isWait(other.kinds[i])) span = Math.max(span, 0) + Math.max(0, Math.min(other.ends[i], end) - Math.max(surelyReady(lanes, i, other), start));
    }
    if (0 <= span) kept.push({ lane: other, span });
  }
  return kept.sort((one, other) => other.span - one.span);
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
    let longest = null, count = 0, sum = 0;
    lane.kinds.forEach((kind, i) => {
      if (kind !== SLOW_RUN) return;
      const span = lane.ends[i] - lane.starts[i];
      [count, sum] = [count + 1, sum + span];
      if (!longest || longest.span < span) longest = { lane, i, span };
    });
    if (longest) slow.push({ ...longest, more: count - 1, sum });
  }
  slow.sort((one, other) => other.span - one.span);
  return slow.slice(0, MOST_FOUND).map((poll) => slowPoll(trace, lanes, poll));
}

function slowPoll(trace, lanes, { lane, i, span, more, sum }) {
  const kept = keptWaiting(lanes, lane, lane.starts[i], lane.ends[i]);
  const held = `${taskName(trace, lane.id)} held the thread for ${duration(span)} in one poll${why(trace, lane, i)}`;
  const times = more === 1 ? "once more" : `${more} more times`;
  const often = more === 0 ? "" : `It did so ${times}, for ${duration(sum)} in all. `;
  const when = `The longest was at ${duration(lane.starts[i])}`;
  const detail = `${often}${more === 0 ? when.replace("The longest", "That") : when}${betweenWaits(trace, lane, i)}.`;
  return { event: lane.events[i], text: `${held}: ${cost(trace, kept)}.`, detail, kept: kept.map((other) => other.lane) };
}

/// Who had to wait, in words.
function cost(trace, kept) {
  if (kept.length === 0) return "nobody else was ready";
  const first = taskName(trace, kept[0].lane.id);
  const more = kept.length === 1 ? "" : ` and ${kept.length === 2 ? "1 other" : `${kept.length - 1} others`}`;
  const were = more ? "were" : "was";
  if (kept[0].span === 0) return `${first}${more} ${were} woken meanwhile`;
  return `${first}${more} ${were} kept waiting${more && ", at most"} for ${duration(kept[0].span)}`;
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

/// The longest wait for a turn, unless it was told of already, with the poll that was its cause.
function longestWait(trace, lanes, found) {
  let worst = { span: SLOW };
  for (const lane of lanes.tasks) {
    lane.kinds.forEach((kind, i) => {
      const span = isWait(kind) ? lane.ends[i] - surelyReady(lanes, i, lane) : 0;
      if (worst.span <= span) worst = { lane, i, span };
    });
  }
  if (!worst.lane || found[0]?.kept?.includes(worst.lane)) return [];
  const text = `${taskName(trace, worst.lane.id)} waited ${duration(worst.span)} for its turn, after it was woken or its timer was due: the longest such wait.`;
  return [{ event: worst.lane.events[worst.i], text }];
}

/// Sentences, each with the event to go to.
export function findings(trace, lanes) {
  const found = lanes.steps ? [] : [...slowPolls(trace, lanes), ...slowLaps(trace)];
  if (!lanes.steps) found.push(...longestWait(trace, lanes, found));
  for (const lane of lanes.tasks) {
    if (lane.outcome === 2) found.unshift({ event: lane.endEvents.at(-1), text: `${taskName(trace, lane.id)} panicked.` });
  }
  if (trace.dropped) found.push({ event: 0, text: `The recording holds the last ${trace.count} events; ${trace.dropped} came before them.` });
  return found.map((finding) => ({ ...finding, text: capital(finding.text) }));
}

/// What is said if nothing was found.
export function nothingFound(lanes) {
  if (lanes.steps) return "Nobody panicked. An axis of steps shows in which order things came, not how long they took.";
  const [polls, waits] = [isRun, isWait].map((isWanted) => {
    const span = (lane, i) => lane.ends[i] - surelyReady(lanes, i, lane);
    const longest = (most, lane) => lane.kinds.reduce((most, kind, i) => (isWanted(kind) ? Math.max(most, span(lane, i)) : most), most);
    return duration(lanes.tasks.reduce(longest, 0));
  });
  return `Nothing stands out: the longest poll took ${polls}, and nobody waited longer than ${waits} for a turn.`;
}
