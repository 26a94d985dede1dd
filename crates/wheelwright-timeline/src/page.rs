//! Turns a recording into one file of HTML: the viewer, the data, and a table for those who see no picture.

use std::fmt::Write;

use wheelwright::record::Outcome;

use crate::lanes::{Doing, Lane};
use crate::{Timeline, picture, trace};

const PAGE: &str = include_str!("../viewer/page.html");
const STYLE: &str = include_str!("../viewer/style.css");
/// Modules of the viewer, each after those it imports; without their imports and exports they are one script.
const MODULES: &[&str] = &[
    include_str!("../viewer/trace.mjs"),
    include_str!("../viewer/state.mjs"),
    include_str!("../viewer/counts.mjs"),
    include_str!("../viewer/lanes.mjs"),
    include_str!("../viewer/words.mjs"),
    include_str!("../viewer/findings.mjs"),
    include_str!("../viewer/bars.mjs"),
    include_str!("../viewer/draw.mjs"),
    include_str!("../viewer/panels.mjs"),
    include_str!("../viewer/legend.mjs"),
    include_str!("../viewer/pointer.mjs"),
    include_str!("../viewer/app.mjs"),
];
/// A page without a script shows so many tasks.
const MOST_ROWS: usize = 200;

pub(crate) fn html(timeline: &Timeline<'_>) -> String {
    let (head, events) = trace::pack(timeline.recording);
    let rows: String =
        timeline.lanes.tasks.iter().take(MOST_ROWS).map(|(task, lane)| row(timeline, *task, lane)).collect();
    // A page's data must not end its element.
    let head = head.to_string().replace('<', "\\u003c");
    let parts = [
        ("title", escaped(&timeline.title)),
        ("summary", escaped(&summary(timeline))),
        ("style", style()),
        ("count", timeline.recording.events().len().to_string()),
        ("rows", rows),
        ("picture", picture::svg(timeline)),
        ("head", head),
        ("events", events),
        ("script", script()),
    ];
    filled(PAGE, &parts)
}

/// Puts the parts into the places of their names, in one pass: what a part holds is not looked at.
fn filled(page: &str, parts: &[(&str, String)]) -> String {
    let mut html = String::with_capacity(page.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("the page closes its places");
        let (_, text) = parts.iter().find(|(part, _)| *part == name).expect("the page names its parts");
        html.push_str(before);
        html.push_str(text);
        rest = after;
    }
    html + rest
}

fn style() -> String {
    let spaces = [(": ", ":"), (", ", ","), ("; ", ";"), (" {", "{"), ("{ ", "{"), (";}", "}")];
    spaces.iter().fold(STYLE.trim_end().into(), |style: String, (wide, narrow)| style.replace(wide, narrow))
}

fn script() -> String {
    let lines = MODULES.iter().flat_map(|module| module.lines());
    let lines = lines.filter(|line| !line.starts_with("import ") && !line.trim_start().starts_with("//"));
    lines
        .map(|line| squeezed(line.strip_prefix("export ").unwrap_or(line)))
        .fold(String::new(), |script, line| script + &line + "\n")
}

/// A line without the spaces that a reader of the source needs and a browser does not: a fifth of the script.
fn squeezed(line: &str) -> String {
    let line = line.trim_start();
    let parts: Vec<_> = line.split('`').collect();
    if line.contains(['\'', '\\']) || 3 < parts.len() {
        return line.into(); // it is not so plain what of it is a text
    }
    // Every other part is a text.
    let by_turns = |parts: Vec<&str>, squeeze: &dyn Fn(&str) -> String| -> Vec<String> {
        parts.iter().enumerate().map(|(i, part)| if i % 2 == 0 { squeeze(part) } else { (*part).into() }).collect()
    };
    let quoted = |part: &str| by_turns(part.split('"').collect(), &squeezed_code).join("\"");
    by_turns(parts, &quoted).join("`")
}

/// Two signs remain apart: `- -` is not `--`.
fn squeezed_code(code: &str) -> String {
    const APART: &[char] = &['=', ',', '{', '}', '(', ')', '[', ']', '<', '>', '*', '?', ':', '&', '|', ';', '+', '-'];
    const SIGNS: &[char] = &['+', '-'];
    code.split_inclusive(APART).fold(String::new(), |squeezed, part| {
        let is_sign = squeezed.ends_with(SIGNS) && part.trim_start().starts_with(SIGNS);
        let part = if squeezed.ends_with(APART) && !is_sign { part.trim_start() } else { part };
        match part.strip_suffix(APART) {
            Some(word) if !is_sign => squeezed + word.trim_end() + &part[word.len()..],
            _ => squeezed + part,
        }
    })
}

fn summary(timeline: &Timeline<'_>) -> String {
    let recording = timeline.recording;
    let laps = timeline.lanes.tasks.values().map(|lane| u64::from(lane.polls)).sum::<u64>();
    let clock = if recording.is_paused() {
        "The clock was paused, so the axis counts steps: one for each thing that the loop did. "
    } else {
        ""
    };
    format!(
        "{} tasks and {laps} polls in {}, on one thread. {clock}Each row is a task; the first is the thread, which does one thing at a time.",
        timeline.lanes.tasks.len(),
        timeline.length(timeline.lanes.end),
    )
}

fn row(timeline: &Timeline<'_>, task: u32, lane: &Lane) -> String {
    let place = timeline.recording.line(lane.spawned_at).map(|line| format!("{}:{}", line.file(), line.line()));
    let cells = [
        timeline.task_name(task),
        place.unwrap_or_default(),
        lane.polls.to_string(),
        timeline.length(lane.total(Doing::Running)),
        timeline.length(lane.total(Doing::Ready) + lane.total(Doing::Due)),
        timeline.length(lane.total(Doing::Parked)),
        timeline.length(lane.longest(Doing::Running)),
        outcome(lane.outcome).into(),
    ];
    cells.iter().fold(String::from("<tr>"), |mut row, cell| {
        write!(row, "<td>{}</td>", escaped(cell)).expect("a String takes any text");
        row
    }) + "</tr>\n"
}

fn outcome(outcome: Option<u8>) -> &'static str {
    match outcome {
        None => "pending",
        Some(end) if end == Outcome::Ready as u8 => "done",
        Some(end) if end == Outcome::Panicked as u8 => "panicked",
        Some(_) => "cancelled",
    }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
