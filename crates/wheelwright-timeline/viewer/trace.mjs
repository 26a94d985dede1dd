// Turns the page's data into columns of numbers: what happened, event by event.

/// What an event tells, at the place of its number; the same order as `wheelwright::record::Kind`.
export const KINDS = [
  "LapStart", "LapEnd", "Choice", "PollStart", "PollEnd", "Wake", "Wait", "Spawn", "Cancel", "Drop", "KernelEnter", "KernelExit",
  "TimerArmed", "TimersFired", "TimerCancelled", "SourceRegistered", "SourceReady", "SourceBlocked", "SourceDropped", "JobSent",
  "JobDone", "Mark", "Slow",
];
export const K = Object.fromEntries(KINDS.map((name, number) => [name, number]));
export const OUTCOMES = ["pending", "done", "panicked", "cancelled"];
export const CAUSES = ["another task", "itself", "the kernel", "a timer", "another thread", "the end of a blocking job", "code outside the loop"];
export const WHYS = ["why is not known", "it burned CPU", "it was blocked in a system call", "it was taken off the CPU by the OS"];
const COLUMNS = ["kind", "flags", "place", "task", "a", "b", "at"];

/// Reads numbers of seven bits a byte, lowest first; those above 2^53 are not exact.
function readVarint(bytes, cursor) {
  let value = 0, scale = 1, byte;
  do {
    byte = bytes[cursor.at++];
    value += (byte & 127) * scale;
    scale *= 128;
  } while (byte & 128);
  return value;
}

/// The columns of `count` events: each column whole, one after another. Times are differences, and never go back.
export function decodeColumns(bytes, count) {
  const cursor = { at: 0 };
  const columns = {};
  for (const name of COLUMNS) {
    const column = name === "kind" || name === "flags" ? new Uint8Array(count) : new Float64Array(count);
    let time = 0;
    for (let i = 0; i < count; i++) {
      const value = readVarint(bytes, cursor);
      column[i] = name === "at" ? (time += value) : value;
    }
    columns[name] = column;
  }
  unrelate(columns);
  return columns;
}

/// Numbers that were written as differences, as what they are: laps, and times beside the event's own.
function unrelate({ kind, a, b, at }) {
  let lap = 0;
  for (let i = 0; i < kind.length; i++) {
    if (kind[i] === K.LapStart) a[i] = lap += a[i];
    if (kind[i] === K.TimerArmed || kind[i] === K.TimersFired) b[i] = at[i] + (b[i] % 2 ? -(b[i] + 1) / 2 : b[i] / 2);
  }
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/// The trace with its events: `head` is the page's JSON, `text` the packed columns in base64.
export async function readTrace(head, text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const columns = decodeColumns(await inflate(packed), head.count);
  return { ...head, columns };
}

/// One event as an object.
export function eventAt(trace, index) {
  const { kind, flags, place, task, a, b, at } = trace.columns;
  return { kind: kind[index], flags: flags[index], place: place[index], task: task[index], a: a[index], b: b[index], at: at[index] };
}
