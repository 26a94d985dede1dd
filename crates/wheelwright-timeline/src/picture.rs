//! Turns a recording into a still picture: the lanes of the whole run, as SVG.

use std::fmt::Write;

use crate::Timeline;
use crate::lanes::{Doing, Lane};
use crate::page::escaped;

const WIDTH: f64 = 960.0;
const LABELS: f64 = 150.0;
const ROW: usize = 18;
const COLUMN: f64 = 2.0;
/// With their classes and heights, the most telling last.
const KINDS: [(Doing, &str, usize); 4] = [
    (Doing::Kernel, "kernel", 4),
    (Doing::Parked, "parked", 3),
    (Doing::Ready, "ready", 12),
    (Doing::Running, "running", 12),
];
/// More tasks than these are told of in a line of text.
const MOST_TASKS: usize = 60;
/// The same colours as the viewer's, for light and for dark.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#6b665c}.running{fill:#1f7a6d}.ready{fill:#e0a020}.parked{fill:#b9c4d0}.kernel{fill:#d5dce4}\
@media(prefers-color-scheme:dark){text{fill:#a09a8e}.running{fill:#4fb8a8}.ready{fill:#e8b84a}.parked{fill:#4b5866}.kernel{fill:#333c46}}";

pub(crate) fn svg(timeline: &Timeline<'_>) -> String {
    let tasks = &timeline.lanes.tasks;
    let rows = 1 + tasks.len().min(MOST_TASKS) + usize::from(MOST_TASKS < tasks.len());
    let height = (rows + 1) * ROW + 8;
    let title = escaped(&timeline.title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\"><style>{STYLE}</style>\n"
    );
    add_lane(&mut svg, timeline, 0, "the thread", &timeline.lanes.thread);
    for (row, (task, lane)) in (1..).zip(tasks.iter().take(MOST_TASKS)) {
        add_lane(&mut svg, timeline, row, &timeline.task_name(*task), lane);
    }
    if let Some(more) = tasks.len().checked_sub(MOST_TASKS + 1) {
        add_text(&mut svg, 4.0, MOST_TASKS + 1, &format!("and {} tasks more", more + 1));
    }
    add_text(&mut svg, LABELS, rows, &format!("0 to {}", timeline.length(timeline.lanes.end)));
    svg + "</svg>\n"
}

fn add_text(svg: &mut String, left: f64, row: usize, text: &str) {
    writeln!(svg, "<text x=\"{left}\" y=\"{}\">{}</text>", row * ROW + 13, escaped(text))
        .expect("a String takes any text");
}

/// One lane: a path for each colour. Where slices are finer than a column, the most telling one has it.
fn add_lane(svg: &mut String, timeline: &Timeline<'_>, row: usize, name: &str, lane: &Lane) {
    add_text(svg, 4.0, row, name);
    let columns = columns(lane, timeline.lanes.end);
    for (doing, class, tall) in KINDS {
        let top = row * ROW + (ROW - tall) / 2;
        let mut path = String::new();
        let mut at = 0;
        for run in columns.chunk_by(|one, other| one == other) {
            if run[0] == Some(doing) {
                let left = LABELS + at as f64 * COLUMN;
                write!(path, "M{left} {top}h{}v{tall}H{left}z", run.len() as f64 * COLUMN)
                    .expect("a String takes any text");
            }
            at += run.len();
        }
        if !path.is_empty() {
            writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>").expect("a String takes any text");
        }
    }
}

/// What goes on in each column of the picture.
fn columns(lane: &Lane, end: u64) -> Vec<Option<Doing>> {
    let mut columns = vec![None; ((WIDTH - LABELS) / COLUMN) as usize];
    let column = |at: u64| (at as f64 / end as f64 * columns.len() as f64) as usize;
    let spans: Vec<_> = lane.slices.iter().map(|slice| (column(slice.from), column(slice.to), slice.doing)).collect();
    let rank = |doing| KINDS.iter().position(|(kind, ..)| *kind == doing);
    for (from, to, doing) in spans {
        for column in columns.iter_mut().take(to.max(from + 1)).skip(from) {
            if column.and_then(rank) < rank(doing) {
                *column = Some(doing);
            }
        }
    }
    columns
}
