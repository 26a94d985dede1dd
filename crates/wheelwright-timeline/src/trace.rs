//! Turns a recording into what a page carries: a head in JSON, and the events as packed columns.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::panic::Location;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};
use wheelwright::record::{self, Event, Kind, RecordedTask, RecordedWait, Recording};

/// Numbers the source lines in the order in which the recording names them, so that equal runs give equal bytes.
struct Places<'a> {
    recording: &'a Recording,
    numbers: BTreeMap<u16, u16>,
    lines: Vec<Value>,
    files: BTreeMap<&'static str, Option<String>>,
}

impl<'a> Places<'a> {
    fn new(recording: &'a Recording) -> Self {
        Self { recording, numbers: BTreeMap::new(), lines: vec![Value::Null], files: BTreeMap::new() }
    }

    fn number(&mut self, place: u16) -> u16 {
        if let Some(number) = self.numbers.get(&place) {
            return *number;
        }
        let Some(line) = self.recording.line(place) else { return 0 };
        let number = u16::try_from(self.lines.len()).expect("there are no more lines than numbers for them");
        let text = self.text(line.file(), line.line());
        self.lines.push(json!({ "at": place_of(line), "text": text }));
        self.numbers.insert(place, number);
        number
    }

    /// What stands in a line, where its file is at hand.
    fn text(&mut self, file: &'static str, line: u32) -> Option<String> {
        let text = self.files.entry(file).or_insert_with(|| fs::read_to_string(file).ok());
        let line = text.as_ref()?.lines().nth(line.saturating_sub(1) as usize)?;
        Some(line.trim().to_owned())
    }
}

/// A source line as a reader looks for it.
pub(crate) fn place_of(line: &Location<'_>) -> String {
    format!("{}:{}", without_detours(line.file()), line.line())
}

/// A path without the folders that it enters only to leave them.
fn without_detours(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        if part == ".." && parts.last().is_some_and(|last| !["", ".."].contains(last)) {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The page's data: the head, and the packed events.
pub(crate) fn pack(recording: &Recording) -> (Value, String) {
    let mut places = Places::new(recording);
    let columns = columns(recording, &mut places);
    let base = base(recording, &mut places);
    let names: BTreeMap<String, &str> = recording.names().map(|(task, name)| (task.to_string(), name)).collect();
    let waits: Vec<&str> = (0..record::WAITS).map(record::wait_words).collect();
    let head = json!({
        "version": 1,
        "paused": recording.is_paused(),
        "dropped": recording.dropped(),
        "count": recording.events().len(),
        "marks": recording.marks(),
        "names": names,
        "waits": waits,
        "base": base,
        "places": places.lines,
    });
    (head, STANDARD.encode(deflate(&columns)))
}

fn base(recording: &Recording, places: &mut Places<'_>) -> Value {
    let base = recording.base();
    let tasks: Vec<Value> = base.tasks.iter().map(|(id, task)| task_value(*id, task, places)).collect();
    let sources: Vec<_> = base.sources.iter().map(|(number, source)| (number, source.fd, source.ready)).collect();
    json!({
        "lap": base.lap,
        "running": base.running,
        "ready": base.ready,
        "batch": base.batch,
        "tasks": tasks,
        "timers": base.timers.iter().collect::<Vec<_>>(),
        "sources": sources,
        "jobs": base.jobs,
        "parked": base.is_parked,
    })
}

fn task_value(id: u32, task: &RecordedTask, places: &mut Places<'_>) -> Value {
    let spawned_at = places.number(task.place());
    let wait = task.wait.map(|wait: RecordedWait| {
        json!({ "on": wait.on, "resource": wait.resource, "further": wait.further, "at": places.number(wait.place()) })
    });
    json!({
        "id": id, "slot": task.slot, "parent": task.parent, "root": task.is_root, "spawnedAt": spawned_at, "wait": wait,
    })
}

/// The events column by column, as numbers of seven bits a byte; times as differences.
fn columns(recording: &Recording, places: &mut Places<'_>) -> Vec<u8> {
    let events: Vec<Event> = related(recording.events());
    let mut bytes = Vec::with_capacity(events.len() * 8);
    let mut column = |number: &mut dyn FnMut(&Event) -> u64| {
        events.iter().for_each(|event| write_number(&mut bytes, number(event)));
    };
    column(&mut |event| event.kind as u64);
    column(&mut |event| event.flags.into());
    column(&mut |event| places.number(event.place()).into());
    column(&mut |event| event.task.into());
    column(&mut |event| event.a);
    column(&mut |event| event.b);
    let mut before = 0;
    column(&mut |event| {
        let passed = event.at.saturating_sub(before);
        before = event.at.max(before);
        passed
    });
    bytes
}

/// The events with numbers that are times or laps as differences from what the reader knows, since those are small.
fn related(events: &[Event]) -> Vec<Event> {
    let mut lap = 0;
    let relate = |event: &Event| {
        let mut event = *event;
        match event.kind {
            Kind::TimerArmed | Kind::TimersFired => event.b = zigzag(event.b.wrapping_sub(event.at)),
            Kind::LapStart => event.a = event.a.wrapping_sub(std::mem::replace(&mut lap, event.a)),
            _ => {}
        }
        event
    };
    events.iter().map(relate).collect()
}

/// A difference as a number that is small if it is near to zero, on either side.
fn zigzag(difference: u64) -> u64 {
    let signed = difference.cast_signed();
    (signed << 1 ^ signed >> 63).cast_unsigned()
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes any bytes")
}

#[cfg(test)]
mod tests {
    use super::without_detours;

    #[test]
    fn a_path_enters_no_folder_only_to_leave_it() {
        for (path, shown) in [
            ("examples/../book/steps/mio.rs", "book/steps/mio.rs"),
            ("../shared/a.rs", "../shared/a.rs"),
            ("/a/b/../../c.rs", "/c.rs"),
            ("/../a.rs", "/../a.rs"),
        ] {
            assert_eq!(without_detours(path), shown);
        }
    }
}
