// Turns a page and the states that its recorder knew into a verdict: does the viewer rebuild each of them?
// Run by `cargo test -p wheelwright-timeline`, with a file of `{ "page": HTML, "states": [{ "after": N, … }], "found": [TEXT, …] }`:
// beside the states, what the viewer must find worth a look, in order.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readTrace } from "./trace.mjs";
import { findings } from "./findings.mjs";
import { buildLanes } from "./lanes.mjs";
import { Rewinder, batchOf, tasksOf } from "./state.mjs";
import { sentence } from "./words.mjs";

const { page, states, found = [] } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const part = (id) => new RegExp(`<script type="[^"]*" id="${id}">([^<]*)</script>`).exec(page)[1];
const trace = await readTrace(JSON.parse(part("head")), part("events"));
const rewinder = new Rewinder(trace);

/// The state in the shape in which the test writes it.
function shown(state) {
  const at = (place) => trace.places[place]?.at ?? null;
  const wait = (wait) => wait && [wait.on, wait.resource, wait.further, at(wait.at)];
  const byNumber = (one, other) => one[0] - other[0];
  return {
    lap: state.lap,
    running: state.running,
    ready: tasksOf(state, state.ready),
    batch: tasksOf(state, batchOf(state)),
    tasks: [...state.tasks.values()]
      .map((task) => [task.id, task.slot, task.parent, task.root, at(task.spawnedAt), wait(task.wait)])
      .sort(byNumber),
    timers: [...state.timers].sort(byNumber),
    sources: [...state.sources].map(([number, source]) => [number, source.fd, source.ready]).sort(byNumber),
    jobs: state.jobs,
    parked: state.parked,
  };
}

for (const { after, ...state } of states) {
  assert.deepEqual(shown(rewinder.after(after)), state, `after ${after} events`);
}
assert.notEqual(states.length, 0);
// The curves know how many sockets, timers and jobs there were.
const curves = buildLanes(trace, true).curves;
const level = (name, index) => curves.find((curve) => curve.name === name)?.levelAt(index) ?? 0;
for (const { after, sources, timers, jobs } of states) {
  const known = ["sockets", "timers", "blocking jobs"].map((name) => level(name, after - 1));
  assert.deepEqual(known, [sources.length, timers.length, jobs.length], `after ${after} events`);
}
// Every event has its words.
for (let index = 0; index < trace.count; index++) assert.match(sentence(trace, index), /\w.*\.$/);
const texts = findings(trace, buildLanes(trace, false)).map(({ text, detail = "" }) => `${text} ${detail}`);
found.forEach((text, i) => assert.ok(texts[i]?.includes(text), `${text} is not number ${i} of ${JSON.stringify(texts)}`));
