//! Turns a recording into the JSON that Chrome's tracing and Perfetto read.
//!
//! The format is described in "Trace Event Format" (Google, 2016): complete events (`X`), flows (`s`, `f`), counters (`C`) and
//! names (`M`); times are microseconds.

use serde_json::{Value, json};
use wheelwright::record::{Event, Kind};

use crate::Timeline;
use crate::lanes::{Doing, Lane};

/// The thread's number; a task's is its own.
const THREAD: u32 = 0;

pub(crate) fn json(timeline: &Timeline<'_>) -> String {
    let mut events = vec![name(THREAD, "the loop")];
    events.extend(timeline.lanes.thread.slices.iter().map(|slice| {
        let word = if slice.doing == Doing::Running { "poll" } else { "kernel" };
        complete(THREAD, word, slice.from, slice.to)
    }));
    for (task, lane) in &timeline.lanes.tasks {
        events.push(name(*task, &timeline.task_name(*task)));
        events.extend(slices(*task, lane));
    }
    events.extend(wakes(timeline));
    json!({ "traceEvents": events, "displayTimeUnit": "ns" }).to_string()
}

fn micros(at: u64) -> f64 {
    at as f64 / 1e3
}

fn name(thread: u32, name: &str) -> Value {
    json!({ "ph": "M", "name": "thread_name", "pid": 1, "tid": thread, "args": { "name": name } })
}

fn complete(thread: u32, word: &str, from: u64, to: u64) -> Value {
    json!({ "ph": "X", "name": word, "pid": 1, "tid": thread, "ts": micros(from), "dur": micros(to - from) })
}

fn slices(task: u32, lane: &Lane) -> impl Iterator<Item = Value> {
    lane.slices.iter().filter(|slice| slice.doing != Doing::Parked).map(move |slice| {
        let word = if slice.doing == Doing::Running { "poll" } else { "ready" };
        complete(task, word, slice.from, slice.to)
    })
}

/// An arrow for each wake by a task, and how many are ready.
fn wakes(timeline: &Timeline<'_>) -> Vec<Value> {
    let recording = timeline.recording;
    let begin = recording.events().first().map_or(0, |event| event.at);
    let mut ready = recording.base().ready.len() + recording.base().batch.len();
    let mut values = Vec::new();
    for (index, event) in recording.events().iter().enumerate() {
        let at = micros(if recording.is_paused() { index as u64 } else { event.at - begin });
        match event.kind {
            Kind::Wake | Kind::Spawn => {
                ready += 1;
                values.extend(arrow(index, event, at));
            }
            Kind::PollStart => ready = ready.saturating_sub(1),
            _ => continue,
        }
        values.push(json!({ "ph": "C", "name": "ready", "pid": 1, "ts": at, "args": { "tasks": ready } }));
    }
    values
}

fn arrow(id: usize, event: &Event, at: f64) -> Vec<Value> {
    if event.a == 0 {
        return Vec::new();
    }
    let end = |phase: &str, thread: u64| json!({ "ph": phase, "name": "wake", "cat": "wake", "id": id, "pid": 1, "tid": thread, "ts": at, "bp": "e" });
    vec![end("s", event.a), end("f", event.task.into())]
}
