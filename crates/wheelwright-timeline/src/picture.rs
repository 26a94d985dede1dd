//! Turns a recording into a still picture: the lanes of the whole run, as SVG.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::Timeline;
use crate::lanes::{Doing, Lane, SLOW, Slice};
use crate::page::escaped;

/// As wide as GitHub shows a README, so that its letters are as large there as they say.
const WIDTH: usize = 830;
const LABELS: usize = 190;
/// Room for the mark of how a task ended.
const MARGIN: usize = 10;
const COLUMN: usize = 2;
const COLUMNS: usize = (WIDTH - LABELS - MARGIN) / COLUMN;
const ROW: usize = 20;
const TALLEST: usize = 14;
const KERNEL: usize = 6;
/// The axis, and the words below the lanes.
const HEAD: usize = 24;
const FOOT: usize = 30;
/// So many letters of a name have room.
const LETTERS: usize = 25;
/// More tasks than these are told of in a line of text.
const MOST_TASKS: usize = 60;
/// What the shapes mean, and how wide the words are.
const WORDS: [(&str, &str, usize); 5] = [
    ("run", "has the thread", 118),
    ("slow", "for 5 ms or more", 132),
    ("ready", "has to wait for it", 138),
    ("parked", "waits for something", 152),
    ("kernel", "in the kernel", 0),
];
/// The shapes and colours of the book's drawings, for light and for dark.
const STYLE: &str = "\
svg:root{color-scheme:light dark;background:#fbfaf7}text{font:12px system-ui,sans-serif;fill:#635e54}.name{fill:#23211d}.line{fill:#d8d2c4}.way{stroke:#23211d}.run,.done{fill:#0d8064}.slow,.panicked{fill:#a3190f}\
.ready{fill:#c27c05}.parked{stroke:#74808f;stroke-width:2;stroke-dasharray:5 4}.kernel{fill:#46535f}.cross{stroke:#a3190f;stroke-width:1.8}\
@media(prefers-color-scheme:dark){svg:root{background:#191a1c}text{fill:#a9a397}.name{fill:#e8e5de}.line{fill:#3d3d40}.way{stroke:#e8e5de}.run,.done{fill:#79dcbc}.slow,.panicked{fill:#ef6a5e}\
.ready{fill:#eac060}.parked{stroke:#828b99}.kernel{fill:#c6d2e7}.cross{stroke:#ef6a5e}}";

/// What a task or the thread did in one column, in parts of it.
#[derive(Clone, Copy, Default)]
struct Column {
    ran: f64,
    waited: f64,
    slept: f64,
    is_slow: bool,
}

pub(crate) fn svg(timeline: &Timeline<'_>) -> String {
    let tasks = &timeline.lanes.tasks;
    let rows = 1 + tasks.len().min(MOST_TASKS) + usize::from(MOST_TASKS < tasks.len());
    let (bottom, title) = (HEAD + rows * ROW, escaped(&timeline.title));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{title}\"><style>{STYLE}</style>\n",
        bottom + FOOT
    );
    svg += &axis(timeline, bottom);
    svg += &text(4, HEAD, "name", "the thread");
    svg += &line("way", x(0, 1), x(1, 1), HEAD + ROW / 2);
    svg += &lane(timeline, &timeline.lanes.thread, HEAD);
    for (row, (task, lane_of_task)) in (1..).zip(tasks.iter().take(MOST_TASKS)) {
        let top = HEAD + row * ROW;
        svg += &text(4, top, "name", &shortened(&timeline.task_name(*task)));
        svg += &lane(timeline, lane_of_task, top);
        svg += &ending(lane_of_task, timeline.lanes.end, top);
    }
    if let Some(more) = tasks.len().checked_sub(MOST_TASKS + 1) {
        svg += &text(4, bottom - ROW, "", &format!("and {} tasks more", more + 1));
    }
    let legend = legend(bottom + 6, &svg);
    svg + &legend + "</svg>\n"
}

fn text(left: usize, top: usize, class: &str, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{left}\" y=\"{}\">{}</text>\n", top + 14, escaped(text))
}

fn line(class: &str, from: f64, to: f64, y: usize) -> String {
    format!("<path class=\"{class}\" d=\"M{from:.1} {y}H{to:.1}\"/>\n")
}

fn shortened(name: &str) -> String {
    let name = name.strip_prefix("task ").filter(|rest| rest.contains(' ')).unwrap_or(name).replace('\'', "");
    if name.chars().count() <= LETTERS { name } else { name.chars().take(LETTERS - 1).chain(['…']).collect() }
}

fn x(at: u64, end: u64) -> f64 {
    LABELS as f64 + at as f64 / end as f64 * (COLUMNS * COLUMN) as f64
}

/// Four to eight lines at 1, 2 or 5 times a power of ten, with their places below the first and the last in words.
fn axis(timeline: &Timeline<'_>, bottom: usize) -> String {
    let end = timeline.lanes.end;
    let powers = (0..19).map(|power| 10_u64.pow(power));
    let steps = powers.flat_map(|power| [1, 2, 5].map(|factor| factor * power));
    let step = steps.into_iter().find(|step| end / step <= 8).unwrap_or(end);
    (0..=end / step).map(|number| number * step).fold(String::new(), |mut axis, at| {
        let left = x(at, end);
        writeln!(
            axis,
            "<path class=\"line\" d=\"M{left:.1} {HEAD}h1V{bottom}h-1z\"/><text x=\"{left:.1}\" y=\"16\">{}</text>",
            place(timeline, at)
        )
        .expect("a String takes any text");
        axis
    })
}

/// A place on the axis, without the digits that say nothing.
fn place(timeline: &Timeline<'_>, at: u64) -> String {
    let words = timeline.length(at);
    if at == 0 {
        return "0".into();
    }
    match words.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        Some((number, "steps")) => number.into(),
        _ => words,
    }
}

/// One lane: a path for each colour. How high a bar is, says how much of its column's time it stands for.
fn lane(timeline: &Timeline<'_>, lane: &Lane, top: usize) -> String {
    let (end, is_paused) = (timeline.lanes.end, timeline.recording.is_paused());
    let (Some(first), Some(last)) = (lane.slices.first(), lane.slices.last()) else { return String::new() };
    let mut paths: BTreeMap<&str, String> = BTreeMap::new();
    let mut add = |class, from: f64, to: f64, tall: usize| {
        let path = paths.entry(class).or_default();
        write!(path, "M{from:.1} {}h{:.1}v{tall}H{from:.1}z", top + (ROW - tall) / 2, to - from)
            .expect("a String takes any text");
    };
    let looks: Vec<_> = columns(lane, end, is_paused).iter().map(look).collect();
    for slice in lane.slices.iter().filter(|slice| is_wide(slice, end)) {
        let bar = match slice.doing {
            Doing::Running if SLOW <= slice.to - slice.from && !is_paused => Some(("3slow", TALLEST + 2)),
            Doing::Running => Some(("2run", TALLEST)),
            Doing::Ready | Doing::Due => Some(("1ready", TALLEST - 4)),
            Doing::Kernel => Some(("1kernel", KERNEL)),
            Doing::Parked => None,
        };
        bar.into_iter().for_each(|(class, tall)| add(class, x(slice.from, end), x(slice.to, end), tall));
    }
    for which in 0..2 {
        let mut at = LABELS;
        for run in looks.chunk_by(|one, other| one[which] == other[which]) {
            if let Some((class, tall)) = run[0][which] {
                add(class, at as f64, (at + run.len() * COLUMN) as f64, tall);
            }
            at += run.len() * COLUMN;
        }
    }
    let is_parked = lane.slices.iter().any(|slice| slice.doing == Doing::Parked);
    let life = is_parked.then(|| line("parked", x(first.from, end), x(last.to, end), top + ROW / 2));
    let bars = paths.iter().map(|(class, path)| format!("<path class=\"{}\" d=\"{path}\"/>\n", &class[1..]));
    life.into_iter().chain(bars).collect()
}

/// The bars of a column, that of the waiting and over it that of the running: their classes, after a digit that orders them, and heights.
fn look(column: &Column) -> [Option<(&'static str, usize)>; 2] {
    let tall = |part: f64| (part * TALLEST as f64).round().clamp(3.0, TALLEST as f64) as usize;
    let slept = (0.0 < column.slept).then_some(("1kernel", KERNEL));
    let waited = (0.0 < column.waited).then(|| ("1ready", tall(column.waited).min(TALLEST - 4)));
    let ran = if column.is_slow { ("3slow", TALLEST + 2) } else { ("2run", tall(column.ran)) };
    [slept.or(waited), (0.0 < column.ran).then_some(ran)]
}

/// Whether a slice is drawn by itself: it is as wide as a column.
fn is_wide(slice: &Slice, end: u64) -> bool {
    end <= (slice.to - slice.from) * COLUMNS as u64
}

/// What goes on in narrow slices, in each column of the picture.
fn columns(lane: &Lane, end: u64, is_paused: bool) -> Vec<Column> {
    let mut columns = vec![Column::default(); COLUMNS];
    let place = |at: u64| at as f64 / end as f64 * COLUMNS as f64;
    for slice in lane.slices.iter().filter(|slice| !is_wide(slice, end)) {
        let (from, to) = (place(slice.from), place(slice.to));
        for (number, column) in columns.iter_mut().enumerate().take(to as usize + 1).skip(from as usize) {
            let part = (to.min(number as f64 + 1.0) - from.max(number as f64)).max(0.0);
            match slice.doing {
                Doing::Running => {
                    column.ran += part;
                    column.is_slow |= SLOW <= slice.to - slice.from && !is_paused;
                }
                Doing::Ready | Doing::Due => column.waited += part,
                Doing::Kernel => column.slept += part,
                Doing::Parked => {}
            }
        }
    }
    columns
}

/// How a task ended: a dot, a cross, or a large dot.
fn ending(lane: &Lane, end: u64, top: usize) -> String {
    let (Some(last), Some(outcome)) = (lane.slices.last(), lane.outcome) else { return String::new() };
    let (x, y) = (x(last.to, end) + 6.0, top + ROW / 2);
    match outcome {
        1 => format!("<circle class=\"done\" cx=\"{x:.1}\" cy=\"{y}\" r=\"3.5\"/>\n"),
        2 => format!("<circle class=\"panicked\" cx=\"{x:.1}\" cy=\"{y}\" r=\"6\"/>\n"),
        _ => format!("<path class=\"cross\" d=\"M{:.1} {}l6 6m0-6l-6 6\"/>\n", x - 3.0, y - 3),
    }
}

/// What the colours mean that occur in a picture.
fn legend(top: usize, svg: &str) -> String {
    let mut left = LABELS;
    let seen = WORDS.iter().filter(|(class, ..)| svg.contains(&format!("class=\"{class}\"")));
    seen.fold(String::new(), |legend, (class, words, width)| {
        let middle = top + 10;
        let shape = match *class {
            "parked" => format!("M{left} {middle}h14"),
            "kernel" => format!("M{left} {}h12v{KERNEL}h-12z", middle - KERNEL / 2),
            _ => format!("M{left} {}h12v10h-12z", middle - 5),
        };
        let words = text(left + 17, top, "", words);
        left += width;
        format!("{legend}<path class=\"{class}\" d=\"{shape}\"/>\n{words}")
    })
}
