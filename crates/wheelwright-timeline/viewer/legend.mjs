// Turns a run into the words around its picture: a legend of what occurs in it, what is worth a look, the tasks as a table.

import { findings, nothingFound } from "./findings.mjs";
import { DUE, LOOK, PARKED, READY, RUNNING, SLEEP, SLOW_RUN, totals } from "./lanes.mjs";
import { element } from "./panels.mjs";
import { shape } from "./shapes.mjs";
import { OUTCOMES } from "./trace.mjs";
import { length, placeOf, taskName } from "./words.mjs";

/// Shapes, and what they mean; the number of the kind of slice, if it is one.
const MEANINGS = [
  ["run", "polled: it has the thread", RUNNING],
  ["slow", "polled for 5 ms or more: nobody else gets a turn", SLOW_RUN],
  ["ready", "ready, waits for its turn", READY],
  ["due", "its timer is due, the loop has not looked", DUE],
  ["parked", "parked", PARKED],
  ["sleep", "the loop sleeps", SLEEP],
  ["look", "the loop looks for events", LOOK],
  ["lap", "a lap begins"],
  ["wake", "woken by"],
  ["done", "done"],
  ["panicked", "panicked"],
  ["cancelled", "cancelled"],
];
/// A table has so many rows at most.
const MOST_ROWS = 500;

/// What the marks of the picture mean, of those that occur.
export function showLegend(list, lanes) {
  const seen = new Set(["wake", ...lanes.tasks.map((lane) => OUTCOMES[lane.outcome])]);
  if (0 < lanes.laps.length) seen.add("lap");
  for (const lane of [lanes.thread, ...lanes.tasks]) lane.kinds.forEach((kind) => seen.add(kind));
  const shown = MEANINGS.filter(([name, , kind]) => seen.has(kind ?? name));
  const items = shown.map(([name, words]) => {
    const item = element("li");
    item.id = `is-${name}`;
    item.append(shape(name), words);
    return item;
  });
  list.replaceChildren(...items);
}

/// Buttons that lead to what is worth a look; gives the events in the same order.
export function showFindings(list, none, trace, lanes, goTo) {
  const found = findings(trace, lanes);
  const items = found.map(({ event, text, detail }) => {
    const button = element("button", `${text} `);
    if (detail) button.append(element("small", detail));
    button.addEventListener("click", () => goTo(event));
    const item = element("li");
    item.append(button);
    return item;
  });
  list.replaceChildren(...items);
  none.textContent = found.length === 0 ? nothingFound(lanes) : "";
  return found.map((finding) => finding.event);
}

/// The table of the tasks, for those who do not see the canvas.
export function fillTable(body, trace, lanes) {
  const rows = lanes.tasks.slice(0, MOST_ROWS).map((lane) => {
    const sum = totals(lane);
    const row = element("tr");
    const cells = [
      taskName(trace, lane.id), placeOf(trace, lane.spawnedAt)?.at ?? "", lane.polls, length(lanes, sum.running), length(lanes, sum.ready),
      length(lanes, sum.parked), length(lanes, sum.longest), OUTCOMES[Math.max(0, lane.outcome)],
    ];
    for (const cell of cells) row.insertCell().textContent = cell;
    return row;
  });
  body.replaceChildren(...rows);
}
