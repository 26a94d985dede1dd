// Turns a run into the words around its picture: a legend of what occurs in it, what is worth a look, the tasks as a table.

import { findings, nothingFound } from "./findings.mjs";
import { DUE, LOOK, PARKED, READY, RUNNING, SLEEP, SLOW_RUN, totals } from "./lanes.mjs";
import { OUTCOMES } from "./trace.mjs";
import { length, placeOf, taskName } from "./words.mjs";

const SHOWN = { run: RUNNING, slow: SLOW_RUN, ready: READY, due: DUE, parked: PARKED, sleep: SLEEP, look: LOOK };
/// A table has so many rows at most.
const MOST_ROWS = 500;

/// Hides what does not occur.
export function showLegend(list, lanes) {
  const seen = new Uint8Array(256);
  for (const lane of [lanes.thread, ...lanes.tasks]) lane.kinds.forEach((kind) => (seen[kind] = 1));
  const outcomes = new Set(lanes.tasks.map((lane) => OUTCOMES[lane.outcome]));
  for (const item of list.querySelectorAll("[data-kind]")) {
    const name = item.dataset.kind;
    const isSeen = name in SHOWN ? seen[SHOWN[name]] === 1 : outcomes.has(name) || (name === "lap" && 0 < lanes.laps.length);
    item.hidden = !isSeen;
  }
}

/// Buttons that lead to what is worth a look; gives the events in the same order.
export function showFindings(list, none, trace, lanes, goTo) {
  const found = findings(trace, lanes);
  const items = found.map(({ event, text, detail }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(`${text} `);
    if (detail) button.append(Object.assign(document.createElement("small"), { textContent: detail }));
    button.addEventListener("click", () => goTo(event));
    const item = document.createElement("li");
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
    const row = document.createElement("tr");
    const cells = [
      taskName(trace, lane.id), placeOf(trace, lane.spawnedAt)?.at ?? "", lane.polls, length(lanes, sum.running), length(lanes, sum.ready),
      length(lanes, sum.parked), length(lanes, sum.longest), OUTCOMES[Math.max(0, lane.outcome)],
    ];
    for (const cell of cells) row.insertCell().textContent = cell;
    return row;
  });
  body.replaceChildren(...rows);
}
