// Turns the name of a thing of the loop into its shape: the same as in the drawings of the book (`book/pictures/README.md`).

import { K, KINDS, OUTCOMES } from "./trace.mjs";

const cross = (size) => `M${9 - size} ${8 - size}l${2 * size} ${2 * size}m0-${2 * size}l-${2 * size} ${2 * size}`;
const block = (height) => `<path class="bar" d="M1 ${8 - height / 2}h16v${height}H1z"/>`;
// Within 18 by 16 pixels: what fills a stretch of a lane, how a lane ends, and the things themselves.
const SHAPES = {
  run: block(12), slow: block(16), ready: block(9), due: block(6), look: block(6), sleep: block(3),
  parked: `<path class="dashed" d="M1 8h16"/>`,
  lap: `<path d="M9 4v8"/>`,
  done: `<circle class="bar" cx="9" cy="8" r="4"/>`,
  panicked: `<circle class="bar" cx="9" cy="8" r="7"/><path class="hole" d="${cross(3)}"/>`,
  cancelled: `<path d="${cross(4)}"/>`,
  task: `<rect class="thing" x="1" y="2" width="16" height="12" rx="4"/>`,
  tray: `<path d="M1 3v11h16V3"/>`,
  waker: `<circle class="thing" cx="9" cy="8" r="5"/>`,
  wake: `<path d="M9 1v13m-5-5 5 5 5-5"/>`,
  source: `<path class="thing" d="M5 1h8l4 7-4 7H5L1 8z"/>`,
  timer: `<circle class="thing" cx="9" cy="8" r="7"/><path d="M9 4v4l3 2"/>`,
  kernel: `<path class="thing" d="M1 3h16v10H1z"/>`,
};
// What an event is about, by what its kind begins with.
const THINGS = {
  Lap: "tray", Choice: "tray", PollStart: "task", PollEnd: "parked task", Wake: "wake", Wait: "waker", Spawn: "ready task", Cancel: "cancelled", Drop: "cancelled", Kernel: "kernel",
  Timer: "timer", Source: "source", Slow: "slow",
};
/// A shape, of a class that has its colour; `name` may begin with the class of another colour.
export function shape(name) {
  const made = document.createElement("i");
  made.className = name;
  made.innerHTML = `<svg aria-hidden="true">${SHAPES[name.split(" ").pop()]}</svg>`;
  return made;
}

/// The shape of what an event is about, if it has one.
export function shapeOf(event) {
  const begin = Object.keys(THINGS).find((begin) => KINDS[event.kind].startsWith(begin));
  const name = event.kind === K.PollEnd && event.flags ? OUTCOMES[event.flags] : THINGS[begin];
  return name ? shape(name) : "";
}
