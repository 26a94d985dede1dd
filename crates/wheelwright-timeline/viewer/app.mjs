// Turns the page into a viewer: keys, clicks and buttons move a window over the lanes and a cursor over the events.

import { K, OUTCOMES, eventAt, readTrace } from "./trace.mjs";
import { Rewinder } from "./state.mjs";
import { buildLanes, totals } from "./lanes.mjs";
import { findings } from "./findings.mjs";
import { AXIS, ROW, THREAD, draw, visibleTasks } from "./draw.mjs";
import { showState } from "./panels.mjs";
import { length, placeOf, sentence, sliceWords, taskName } from "./words.mjs";

const byId = (id) => document.getElementById(id);

class Viewer {
  constructor(trace) {
    this.trace = trace;
    this.rewinder = new Rewinder(trace);
    this.canvas = byId("canvas");
    this.scroller = byId("scroller");
    this.cursor = 0;
    this.selected = null;
    this.shown = null;
    this.useAxis(trace.paused);
    this.listen();
    this.followAddress();
  }

  /// Time or steps; the window goes back to the whole.
  useAxis(steps) {
    const selected = this.selected?.id;
    this.lanes = buildLanes(this.trace, steps);
    this.tasks = this.lanes.tasks;
    this.selected = this.tasks.find((lane) => lane.id === selected) ?? null;
    this.view = { from: 0, to: this.lanes.end, scroll: 0, left: 0, width: 0, height: 0 };
    byId("axis").value = steps ? "steps" : "time";
    this.showFindings();
    this.search();
  }

  showFindings() {
    const found = findings(this.trace, this.lanes);
    const items = found.map(({ event, text }) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => this.goTo(event, true));
      item.append(button);
      return item;
    });
    byId("findings").replaceChildren(...items);
    byId("found").hidden = items.length === 0;
  }

  /// Shows the tasks whose name, number or line holds what is searched for.
  search() {
    const words = byId("search").value.trim().toLowerCase();
    const text = (lane) => `${taskName(this.trace, lane.id)} ${placeOf(this.trace, lane.spawnedAt)?.at ?? ""}`.toLowerCase();
    this.tasks = words ? this.lanes.tasks.filter((lane) => text(lane).includes(words)) : this.lanes.tasks;
    byId("count").textContent = `${this.tasks.length} of ${this.lanes.tasks.length} tasks`;
    this.resize();
  }

  resize() {
    const box = this.scroller.getBoundingClientRect();
    const most = AXIS + THREAD + this.tasks.length * ROW + 4;
    byId("spacer").style.height = `${Math.max(0, most - box.height)}px`;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.scroller.clientWidth * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.view.left = Math.min(170, Math.round(box.width * 0.28));
    this.view.width = this.scroller.clientWidth - this.view.left;
    this.view.height = box.height;
    this.redraw();
  }

  redraw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.view.scroll = this.scroller.scrollTop;
      const begin = performance.now();
      draw(this.canvas, this.trace, this.lanes, this.tasks, this.view, this.selected, this.cursor);
      this.canvas.dataset.drawnIn = (performance.now() - begin).toFixed(2);
    });
  }

  /// Puts the window somewhere, within the whole, no narrower than a microsecond or two steps.
  look(from, to) {
    const least = this.lanes.steps ? 4 : 200;
    const span = Math.min(Math.max(to - from, least), Math.max(this.lanes.end, least));
    const middle = (from + to) / 2;
    const begin = Math.min(Math.max(0, middle - span / 2), Math.max(0, this.lanes.end - span));
    Object.assign(this.view, { from: begin, to: begin + span });
    this.redraw();
  }

  zoom(factor, pixel = this.view.left + this.view.width / 2) {
    const { from, to, left, width } = this.view;
    const x = from + ((Math.max(pixel, left) - left) / width) * (to - from);
    this.look(x - (x - from) * factor, x + (to - x) * factor);
  }

  pan(share) {
    const { from, to } = this.view;
    const way = (to - from) * share;
    this.look(from + way, to + way);
  }

  /// Moves the cursor to an event, shows the state after it, and brings it into sight.
  goTo(index, closer = false) {
    if (this.trace.count === 0) return;
    this.cursor = Math.min(Math.max(0, index), this.trace.count - 1);
    const event = eventAt(this.trace, this.cursor);
    if (event.task) this.select(event.task);
    const x = this.lanes.place(this.cursor);
    const { from, to } = this.view;
    if (closer && this.shown !== this.cursor) {
      const span = this.lanes.steps ? 60 : this.spanAround(x);
      this.look(x - span / 5, x + (4 * span) / 5);
    } else if (x < from || to < x) {
      this.look(x - (to - from) / 2, x + (to - from) / 2);
    }
    this.showTask(event.task);
    byId("sentence").textContent = sentence(this.trace, this.cursor);
    byId("event").value = this.cursor + 1;
    if (byId("step").open) showState(byId("state"), this.trace, this.rewinder.after(this.cursor + 1), this.cursor);
    this.shown = this.cursor;
    history.replaceState(null, "", `#e=${this.cursor}`);
    this.redraw();
  }

  /// A span that shows the thread's slice at x whole, with something around it.
  spanAround(x) {
    const slice = this.lanes.thread.at(x);
    const length = slice < 0 ? 0 : this.lanes.thread.ends[slice] - this.lanes.thread.starts[slice];
    return Math.max(length * 2, Math.min(this.lanes.end, 20_000));
  }

  select(task) {
    this.selected = this.lanes.tasks.find((lane) => lane.id === task) ?? null;
    this.redraw();
  }

  /// Scrolls to the row of a task, if it is out of sight.
  showTask(task) {
    const index = this.tasks.findIndex((lane) => lane.id === task);
    if (index < 0) return;
    const top = index * ROW, room = this.view.height - AXIS - THREAD;
    const scroll = this.scroller.scrollTop;
    if (top < scroll || scroll + room < top + ROW) this.scroller.scrollTop = Math.max(0, top - room / 2);
    this.tellTask();
  }

  /// The selected task in words: who it is, and what it did where the cursor stands.
  tellTask() {
    const lane = this.selected;
    if (!lane) return;
    const sum = totals(lane);
    const place = placeOf(this.trace, lane.spawnedAt);
    const parts = [
      `${taskName(this.trace, lane.id)}${lane.root ? ", the root" : ""}${place ? `, spawned at ${place.at}` : ""}${lane.parent ? ` by ${taskName(this.trace, lane.parent)}` : ""}.`,
      `Polled ${lane.polls} times: ran ${length(this.lanes, sum.running)}, was ready ${length(this.lanes, sum.ready)}, parked ${length(this.lanes, sum.parked)}.`,
    ];
    const slice = lane.at(this.lanes.place(this.cursor));
    if (0 <= slice) parts.push(`Here: ${sliceWords(this.trace, this.lanes, lane, slice)}.`);
    if (0 < lane.outcome) parts.push(`In the end: ${OUTCOMES[lane.outcome]}.`);
    byId("task").textContent = parts.join(" ");
  }

  /// The next event of a kind, forward or backward.
  seek(step, isWanted) {
    for (let i = this.cursor + step; 0 <= i && i < this.trace.count; i += step) {
      if (isWanted(this.trace.columns.kind[i], i)) return this.goTo(i);
    }
  }

  click(x, y) {
    if (x < this.view.left) {
      const row = visibleTasks(this.view, this.tasks).find(({ top }) => top <= y && y < top + ROW);
      if (row) this.goTo(row.lane.events.find((event) => 0 <= event) ?? 0);
      return;
    }
    const place = this.view.from + ((x - this.view.left) / this.view.width) * (this.view.to - this.view.from);
    const isThread = y < AXIS + THREAD;
    const row = isThread ? { lane: this.lanes.thread } : visibleTasks(this.view, this.tasks).find(({ top }) => top <= y && y < top + ROW);
    if (!row) return;
    const slice = row.lane.at(place);
    const event = slice < 0 ? -1 : row.lane.events[slice];
    this.goTo(event < 0 ? this.eventNear(place) : event);
    if (!isThread) {
      this.select(row.lane.id);
      this.tellSlice(row.lane, slice);
    }
  }

  tellSlice(lane, slice) {
    this.tellTask();
    if (slice < 0) return;
    byId("task").textContent += ` Where you clicked: ${sliceWords(this.trace, this.lanes, lane, slice)}.`;
  }

  /// The last event at a place of the axis or before.
  eventNear(x) {
    let low = 0, high = this.trace.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lanes.place(middle) <= x) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  followAddress() {
    const event = /e=(\d+)/.exec(location.hash);
    if (event) {
      byId("step").open = true;
      this.goTo(Number(event[1]), true);
    }
  }

  act(name) {
    const isPoll = (kind) => kind === K.PollStart;
    const isLap = (kind) => kind === K.LapStart;
    const acts = {
      next: () => this.goTo(this.cursor + 1),
      back: () => this.goTo(this.cursor - 1),
      nextPoll: () => this.seek(1, isPoll),
      backPoll: () => this.seek(-1, isPoll),
      nextLap: () => this.seek(1, isLap),
      backLap: () => this.seek(-1, isLap),
      closer: () => this.zoom(0.5),
      wider: () => this.zoom(2),
      left: () => this.pan(-0.25),
      right: () => this.pan(0.25),
      whole: () => this.look(0, this.lanes.end),
      first: () => this.goTo(0),
      last: () => this.goTo(this.trace.count - 1),
      up: () => this.nextTask(-1),
      down: () => this.nextTask(1),
      search: () => byId("search").focus(),
      none: () => {
        this.selected = null;
        byId("task").textContent = "";
        this.redraw();
      },
    };
    acts[name]?.();
  }

  nextTask(step) {
    const index = this.tasks.indexOf(this.selected);
    const next = this.tasks[Math.min(Math.max(0, index + step), this.tasks.length - 1)];
    if (!next) return;
    this.select(next.id);
    this.showTask(next.id);
  }

  listen() {
    const keys = {
      ArrowRight: "next", ArrowLeft: "back", ".": "nextPoll", ",": "backPoll", "]": "nextLap", "[": "backLap", "+": "closer", "=": "closer",
      "-": "wider", a: "left", d: "right", w: "closer", s: "wider", 0: "whole", Home: "first", End: "last", ArrowUp: "up", ArrowDown: "down", "/": "search",
      Escape: "none",
    };
    addEventListener("keydown", (event) => {
      const isTyping = /INPUT|SELECT|TEXTAREA/.test(event.target.tagName);
      if (event.key === "Escape" && isTyping) event.target.blur();
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      this.act(keys[event.key]);
    });
    for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => this.act(button.dataset.act));
    byId("search").addEventListener("input", () => this.search());
    byId("axis").addEventListener("change", (event) => this.useAxis(event.target.value === "steps"));
    byId("event").addEventListener("change", (event) => this.goTo(Number(event.target.value) - 1));
    byId("step").addEventListener("toggle", () => this.goTo(this.cursor));
    byId("state").addEventListener("click", (event) => {
      const task = Number(event.target.dataset?.task);
      if (task) this.act("none"), this.select(task), this.showTask(task);
    });
    addEventListener("hashchange", () => this.followAddress());
    addEventListener("resize", () => this.resize());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.listenToPointer();
  }

  listenToPointer() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let drag = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, moved: false };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const way = event.clientX - drag.x;
      if (Math.abs(way) < 4 && !drag.moved) return;
      drag = { x: event.clientX, moved: true };
      this.pan(-way / this.view.width);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.click(...at(event));
      drag = null;
    });
    this.scroller.addEventListener("scroll", () => this.redraw());
    this.scroller.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          this.zoom(2 ** (event.deltaY / 200), at(event)[0]);
        } else if (event.shiftKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) {
          event.preventDefault();
          this.pan((event.deltaX || event.deltaY) / this.view.width);
        }
      },
      { passive: false },
    );
  }
}

/// The table of the tasks, for those who do not see the canvas.
function fillTable(trace, lanes) {
  const rows = lanes.tasks.slice(0, 500).map((lane) => {
    const sum = totals(lane);
    const row = document.createElement("tr");
    const cells = [
      taskName(trace, lane.id), placeOf(trace, lane.spawnedAt)?.at ?? "", lane.polls, length(lanes, sum.running), length(lanes, sum.ready),
      length(lanes, sum.parked), length(lanes, sum.longest), OUTCOMES[Math.max(0, lane.outcome)],
    ];
    for (const cell of cells) row.insertCell().textContent = cell;
    return row;
  });
  byId("table").replaceChildren(...rows);
}

async function main() {
  const head = JSON.parse(byId("head").textContent);
  const trace = await readTrace(head, byId("events").textContent);
  if (new URLSearchParams(location.search).get("embed") === "1") document.documentElement.classList.add("embed");
  const viewer = new Viewer(trace);
  fillTable(trace, viewer.lanes);
  document.documentElement.dataset.ready = "yes";
  globalThis.viewer = viewer;
}

main().catch((error) => {
  byId("sentence").textContent = `This page could not be read: ${error.message}. A newer browser may be needed (with DecompressionStream).`;
});
