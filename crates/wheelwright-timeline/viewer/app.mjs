// Turns the page into a viewer: keys, clicks and buttons move a window over the lanes and a cursor over the events.

import { K, OUTCOMES, eventAt, readTrace } from "./trace.mjs";
import { Rewinder } from "./state.mjs";
import { lastUntil } from "./counts.mjs";
import { buildLanes, totals } from "./lanes.mjs";
import { ROW, draw, measureLabels, topOf, visibleTasks } from "./draw.mjs";
import { showState } from "./panels.mjs";
import { fillTable, showFindings, showLegend } from "./legend.mjs";
import { html, listenToScheme, tellHeight } from "./frame.mjs";
import { listenToPointer } from "./pointer.mjs";
import { capital, length, placeOf, sentence, sliceWords, taskName } from "./words.mjs";

const isEmbedded = () => html.classList.contains("embed");
const byId = (id) => document.getElementById(id);
/// Pixels to the right of the lanes, for the marks of those that end there.
const MARGIN = 14;
/// An embedded page shows so many pixels of lanes at most; what is beyond them is scrolled to.
const MOST_EMBEDDED = 420;

class Viewer {
  constructor(trace) {
    this.trace = trace;
    this.rewinder = new Rewinder(trace);
    this.canvas = byId("canvas");
    this.scroller = byId("scroller");
    this.cursor = 0;
    this.selected = null;
    this.shown = null; // the event whose state is on the page: the cursor is not drawn before there is one
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
    this.view = { from: 0, to: this.lanes.end, scroll: 0, left: 0, width: 0, height: 0, top: topOf(this.lanes) };
    byId("axis").value = steps ? "steps" : "time";
    this.found = showFindings(byId("findings"), byId("none"), this.trace, this.lanes, (event) => this.goTo(event, true));
    showLegend(byId("legend"), this.lanes);
    fillTable(byId("table"), this.trace, this.lanes);
    this.search();
  }

  /// Shows the tasks whose name, number or line holds what is searched for.
  search() {
    const words = byId("search").value.trim().toLowerCase();
    const text = (lane) => `${taskName(this.trace, lane.id)} ${placeOf(this.trace, lane.spawnedAt)?.at ?? ""}`.toLowerCase();
    this.tasks = words ? this.lanes.tasks.filter((lane) => text(lane).includes(words)) : this.lanes.tasks;
    byId("count").textContent = words && `${this.tasks.length} of ${this.lanes.tasks.length} tasks`;
    this.resize();
  }

  rows() {
    return this.view.top + this.tasks.length * ROW + 6;
  }

  /// Pixels above the picture, and of the words below it that say what happened.
  around() {
    return byId("step").offsetTop + byId("step").firstElementChild.offsetHeight - this.scroller.clientHeight;
  }

  /// How high an embedded page would like to be.
  height() {
    return Math.ceil(document.body.offsetHeight - this.scroller.clientHeight + Math.min(this.rows() + 2, MOST_EMBEDDED));
  }

  /// The picture is as high as its rows, as long as that leaves room for what stands around it.
  resize() {
    const rows = this.rows();
    const most = isEmbedded() ? Math.min(MOST_EMBEDDED, innerHeight - this.around()) : innerHeight * 0.62;
    this.scroller.style.height = `${Math.round(Math.min(rows + 2, Math.max(most, this.view.top + 4 * ROW)))}px`;
    const room = this.scroller.clientWidth, height = this.scroller.clientHeight;
    byId("spacer").style.height = `${Math.max(0, rows - height)}px`;
    const ratio = devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(room * ratio), height: Math.round(height * ratio) });
    Object.assign(this.view, measureLabels(this.canvas, this.trace, this.lanes, room), { height });
    this.view.width = room - this.view.left - MARGIN;
    this.redraw();
  }

  redraw() {
    byId("is-wake").hidden = this.selected === null;
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.view.scroll = this.scroller.scrollTop;
      const begin = performance.now();
      const bars = draw(this.canvas, this.trace, this.lanes, this.tasks, this.view, this.selected, this.shown === null ? -1 : this.cursor);
      Object.assign(this.canvas.dataset, { bars, drawnIn: (performance.now() - begin).toFixed(2) });
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

  /// Zooms around a pixel; around the cursor, if there is one in sight.
  zoom(factor, pixel) {
    const { from, to, left, width } = this.view;
    const cursor = this.shown === null ? -1 : this.lanes.place(this.cursor);
    const fixed = from <= cursor && cursor <= to ? left + ((cursor - from) / (to - from)) * width : left + width / 2;
    pixel ??= fixed;
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
    const task = event.task || this.running(this.cursor);
    if (task) this.select(task);
    const x = this.lanes.place(this.cursor);
    const { from, to } = this.view;
    if (closer) {
      const span = this.lanes.steps ? 60 : this.spanAround(x);
      this.look(x - span / 5, x + (4 * span) / 5);
    } else if (x < from || to < x) {
      this.look(x - (to - from) / 2, x + (to - from) / 2);
    }
    this.showTask(task);
    byId("sentence").textContent = sentence(this.trace, this.cursor);
    byId("event").value = this.cursor + 1;
    if (byId("step").open) showState(byId("state"), this.trace, this.rewinder.after(this.cursor + 1), this.cursor);
    this.shown = this.cursor;
    history.replaceState(null, "", `#e=${this.cursor}`);
    this.redraw();
  }

  /// The task within whose poll an event is, or 0.
  running(index) {
    const { thread, place } = this.lanes;
    for (let slice = thread.firstAfter(place(index) - 1); slice < thread.starts.length && thread.events[slice] <= index; slice++) {
      if (index <= thread.endEvents[slice]) return eventAt(this.trace, thread.events[slice]).task;
    }
    return 0;
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
    const top = index * ROW, room = this.view.height - this.view.top;
    const scroll = this.scroller.scrollTop;
    if (top < scroll || scroll + room < top + ROW) this.scroller.scrollTop = Math.max(0, top - room / 2);
    this.tellTask();
  }

  /// The selected task in words: what it did where the cursor stands, or in the slice that was clicked, and who it is.
  tellTask(slice = -1) {
    const lane = this.selected;
    if (!lane) return;
    const sum = totals(lane);
    const place = placeOf(this.trace, lane.spawnedAt);
    const there = slice < 0 ? lane.at(this.lanes.place(this.cursor)) : slice;
    const name = taskName(this.trace, lane.id);
    const times = lane.polls === 1 ? "once" : `${lane.polls} times`;
    const parts = [
      0 <= there ? `Here ${name} ${sliceWords(this.trace, this.lanes, lane, there)}. It` : capital(name),
      `${lane.root ? "is the root, " : ""}was spawned${place ? ` at ${place.at}` : ""}${lane.parent ? ` by ${taskName(this.trace, lane.parent)}` : ""}.`,
      `In all it was polled ${times}, ran ${length(this.lanes, sum.running)}, was ready ${length(this.lanes, sum.ready)}, parked ${length(this.lanes, sum.parked)}`,
    ];
    byId("task").textContent = `${parts.join(" ")}${0 < lane.outcome ? `, and in the end: ${OUTCOMES[lane.outcome]}` : ""}.`;
  }

  /// The next event of a kind, forward or backward.
  seek(step, isWanted) {
    for (let i = this.cursor + step; 0 <= i && i < this.trace.count; i += step) {
      if (isWanted(this.trace.columns.kind[i], i)) return this.goTo(i);
    }
  }

  /// What stands at a pixel: a lane, a slice of it or -1, and the place on the axis.
  what(x, y) {
    const { left, top, width, from, to } = this.view;
    const place = from + ((x - left) / width) * (to - from);
    const row = visibleTasks(this.view, this.tasks).find((row) => row.top <= y && y < row.top + ROW);
    const lane = y < top ? this.lanes.thread : row?.lane;
    return { lane, place, slice: !lane || x < left ? -1 : lane.at(place) };
  }

  click(x, y) {
    const { lane, place, slice } = this.what(x, y);
    if (!lane) return;
    if (x < this.view.left) return this.goTo(lane.events.find((event) => 0 <= event) ?? 0);
    const event = slice < 0 ? -1 : lane.events[slice];
    this.goTo(event < 0 ? lastUntil(this.trace.count, this.lanes.place, place) : event);
    if (lane === this.lanes.thread) return;
    this.select(lane.id);
    this.tellTask(slice);
  }

  /// What is at a pixel, in words; nothing where nothing is.
  wordsAt(x, y) {
    const { lane, slice } = this.what(x, y);
    if (!lane) return "";
    if (lane !== this.lanes.thread) {
      const words = slice < 0 ? "" : `: ${sliceWords(this.trace, this.lanes, lane, slice)}`;
      return x < this.view.left || words ? capital(`${taskName(this.trace, lane.id)}${words}`) : "";
    }
    if (slice < 0) return "";
    return `${sentence(this.trace, lane.events[slice])} ${capital(length(this.lanes, lane.ends[slice] - lane.starts[slice]))}.`;
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
      nextFound: () => this.nextFound(1),
      backFound: () => this.nextFound(-1),
      near: () => this.goTo(this.cursor, true),
      none: () => {
        this.selected = null;
        byId("task").textContent = "";
        this.redraw();
      },
    };
    acts[name]?.();
  }

  /// To the next thing that is worth a look, and after the last to the first.
  nextFound(step) {
    const count = this.found.length;
    if (count === 0) return;
    const before = this.found.indexOf(this.shown);
    this.goTo(this.found[before < 0 ? (0 < step ? 0 : count - 1) : (before + step + count) % count], true);
  }

  /// The first task that was found.
  takeFirst() {
    const first = this.tasks[0];
    if (!first) return;
    this.goTo(first.events.find((event) => 0 <= event) ?? 0);
    byId("scroller").focus();
  }

  nextTask(step) {
    const index = this.tasks.indexOf(this.selected);
    const next = this.tasks[Math.min(Math.max(0, index + step), this.tasks.length - 1)];
    if (!next) return;
    this.select(next.id);
    this.showTask(next.id);
    byId("sentence").textContent = `${capital(taskName(this.trace, next.id))} is selected.`;
  }

  listen() {
    const keys = {
      ArrowRight: "next", ArrowLeft: "back", ".": "nextPoll", ",": "backPoll", "]": "nextLap", "[": "backLap", "+": "closer", "=": "closer",
      "-": "wider", a: "left", d: "right", w: "closer", s: "wider", 0: "whole", Home: "first", End: "last", ArrowUp: "up", ArrowDown: "down", "/": "search",
      Escape: "none", n: "nextFound", N: "backFound", Enter: "near",
    };
    addEventListener("keydown", (event) => {
      const isTyping = /INPUT|SELECT|TEXTAREA/.test(event.target.tagName);
      if (event.key === "Escape" && isTyping) byId("scroller").focus();
      if (event.key === "Enter" && event.target === byId("search")) return this.takeFirst();
      const isPressing = event.key === "Enter" && event.target.closest("button, summary");
      if (isPressing || isTyping || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
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
    listenToPointer(this, byId("tip"));
  }
}

async function main() {
  const head = JSON.parse(byId("head").textContent);
  const trace = await readTrace(head, byId("events").textContent);
  if (new URLSearchParams(location.search).get("embed") === "1") html.classList.add("embed");
  const viewer = new Viewer(trace);
  if (isEmbedded() && parent !== globalThis) tellHeight(() => viewer.height());
  listenToScheme(() => viewer.redraw());
  html.dataset.ready = "yes";
  globalThis.viewer = viewer;
}

main().catch((error) => {
  byId("sentence").textContent = `This page could not be read: ${error.message}. It needs a browser with DecompressionStream.`;
});
