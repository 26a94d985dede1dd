//! Turns a recording into the JSON that Chrome's tracing and Perfetto read.
//!
//! The format is described in "Trace Event Format" (Google, 2016): slices (`B`, `E`), flows (`s`, `f`), counters (`C`) and
//! names (`M`); times are microseconds. Perfetto and catapult's viewer show a run so.

use serde_json::{Value, json};
use wheelwright::record::{Event, Kind};

use crate::Timeline;
use crate::lanes::{Doing, Lane, Slice};

/// The tracks of a run. A task's thread has the task's number. The loop is the process's main thread, which has the process's
/// number, and that number must be no task's: viewers know a thread by its number alone.
struct Tracks<'a, 'b> {
    timeline: &'a Timeline<'b>,
    process: u32,
}

pub(crate) fn json(timeline: &Timeline<'_>) -> String {
    let process = timeline.lanes.tasks.last_key_value().map_or(0, |(task, _)| *task) + 1;
    let tracks = Tracks { timeline, process };
    let mut events =
        vec![tracks.name("process_name", process, &timeline.title), tracks.name("thread_name", process, "the loop")];
    events.extend(tracks.of_the_loop());
    for (task, lane) in &timeline.lanes.tasks {
        events.push(tracks.name("thread_name", *task, &timeline.task_name(*task)));
        events.extend(tracks.of_a_task(*task, lane));
    }
    events.extend(tracks.wakes());
    json!({ "traceEvents": events, "displayTimeUnit": "ns" }).to_string()
}

impl Tracks<'_, '_> {
    /// A place on the axis as microseconds; a step is as long as one.
    fn micros(&self, at: u64) -> f64 {
        if self.timeline.recording.is_paused() { at as f64 } else { at as f64 / 1e3 }
    }

    fn name(&self, what: &str, thread: u32, name: &str) -> Value {
        json!({ "ph": "M", "name": what, "pid": self.process, "tid": thread, "args": { "name": name } })
    }

    /// Where a slice begins and where it ends. Two numbers for that, and no length: viewers cut times to nanoseconds, and one slice's end
    /// must remain the next one's beginning.
    fn slice(&self, thread: u32, name: &str, slice: &Slice) -> [Value; 2] {
        [("B", slice.from), ("E", slice.to)].map(|(phase, at)| {
            json!({ "ph": phase, "name": name, "cat": "loop", "pid": self.process, "tid": thread, "ts": self.micros(at) })
        })
    }

    /// Each poll bears the name of the task that was polled.
    fn of_the_loop(&self) -> Vec<Value> {
        let mut polled = self.timeline.recording.events().iter().filter(|event| event.kind == Kind::PollStart);
        let mut name = |slice: &Slice| match slice.doing {
            Doing::Running => polled.next().map_or_else(String::new, |event| self.timeline.task_name(event.task)),
            _ => "kernel".into(),
        };
        let slices = self.timeline.lanes.thread.slices.iter();
        slices.flat_map(|slice| self.slice(self.process, &name(slice), slice)).collect()
    }

    fn of_a_task(&self, task: u32, lane: &Lane) -> impl Iterator<Item = Value> {
        lane.slices.iter().filter(|slice| slice.doing != Doing::Parked).flat_map(move |slice| {
            let word = match slice.doing {
                Doing::Running => "poll",
                Doing::Due => "due",
                _ => "ready",
            };
            self.slice(task, word, slice)
        })
    }

    /// An arrow for each wake by a task, and how many are ready.
    fn wakes(&self) -> Vec<Value> {
        let recording = self.timeline.recording;
        let begin = recording.events().first().map_or(0, |event| event.at);
        let mut ready = recording.base().ready.len() + recording.base().batch.len();
        let mut values = Vec::new();
        for (index, event) in recording.events().iter().enumerate() {
            let at = self.micros(if recording.is_paused() { index as u64 } else { event.at - begin });
            match event.kind {
                Kind::Wake | Kind::Spawn => {
                    ready += 1;
                    values.extend(self.arrow(index, event, at));
                }
                Kind::PollStart => ready = ready.saturating_sub(1),
                _ => continue,
            }
            values
                .push(json!({ "ph": "C", "name": "ready", "pid": self.process, "ts": at, "args": { "tasks": ready } }));
        }
        values
    }

    fn arrow(&self, id: usize, event: &Event, at: f64) -> Vec<Value> {
        if event.a == 0 {
            return Vec::new();
        }
        let end = |phase: &str, thread: u64| json!({ "ph": phase, "name": "wake", "cat": "wake", "id": id, "pid": self.process, "tid": thread, "ts": at, "bp": "e" });
        vec![end("s", event.a), end("f", event.task.into())]
    }
}
