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
    include_str!("../viewer/shapes.mjs"),
    include_str!("../viewer/panels.mjs"),
    include_str!("../viewer/legend.mjs"),
    include_str!("../viewer/pointer.mjs"),
    include_str!("../viewer/frame.mjs"),
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
    let spaces = [(": ", ":"), (", ", ","), ("; ", ";"), (" {", "{"), ("{ ", "{"), (";}", "}"), ("} ", "}")];
    let lines = STYLE.lines().filter(|line| !line.starts_with("/*"));
    spaces.iter().fold(lines.map(str::trim).collect(), |style: String, (wide, narrow)| style.replace(wide, narrow))
}

/// The viewer without its comments and without the spaces and ends of lines that a browser does not need: a fourth of it.
fn script() -> String {
    let lines = MODULES.iter().flat_map(|module| module.lines()).map(str::trim);
    let lines = lines.filter(|line| !line.starts_with("import ") && !line.starts_with("//") && !line.is_empty());
    let lines = lines.map(|line| line.split_once(" // ").map_or(line, |(code, _)| code));
    let squeezed = lines.map(|line| squeezed(line.strip_prefix("export ").unwrap_or(line)));
    squeezed.fold(String::new(), |mut script, line| {
        let is_end = line.starts_with(['}', ')', ']']);
        if is_end && script.ends_with([';', ',']) {
            script.pop();
        }
        let goes_on = is_end || script.ends_with([';', ',', '{', '(', '[', '}', ':', '=']);
        script + if goes_on { "" } else { "\n" } + &line
    })
}

/// A line without the spaces that a reader of the source needs, and a browser does not.
fn squeezed(line: &str) -> String {
    if line.contains(['\'', '\\']) {
        return line.into(); // it is not so plain what of it is a text
    }
    // What is open: texts, and braces, also those within a text.
    let (mut open, mut code, mut squeezed) = (Vec::new(), String::new(), String::new());
    for sign in line.chars() {
        let was_text = matches!(open.last(), Some('"' | '`'));
        match (open.last(), sign) {
            (Some('"'), '"') | (Some('`'), '`') => drop(open.pop()),
            (Some('`'), '{') if squeezed.ends_with('$') => open.push('{'),
            (Some('"' | '`'), _) => {}
            (_, '"' | '`' | '{') => open.push(sign),
            (_, '}') => drop(open.pop()),
            _ => {}
        }
        let is_text = matches!(open.last(), Some('"' | '`'));
        if was_text || is_text {
            squeezed += squeezed_code(&std::mem::take(&mut code)).trim();
            squeezed.push(sign);
        } else {
            code.push(sign);
        }
    }
    squeezed + squeezed_code(&code).trim()
}

/// Two signs remain apart: `- -` is not `--`. That a name is constant is for readers, too.
fn squeezed_code(code: &str) -> String {
    const APART: &[char] =
        &['=', ',', '{', '}', '(', ')', '[', ']', '<', '>', '*', '?', ':', '&', '|', ';', '+', '-', '!', '/', '%'];
    const SIGNS: &[char] = &['+', '-'];
    code.replace("const ", "let ").split_inclusive(APART).fold(String::new(), |squeezed, part| {
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
    let place = timeline.recording.line(lane.spawned_at).map(trace::place_of);
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

#[cfg(test)]
mod tests {
    use super::squeezed;

    #[test]
    fn code_loses_its_spaces_and_a_text_keeps_them() {
        for (written, shown) in [
            ("const a = b - -c + 1;", "let a=b- -c+1;"),
            ("return \"a , b\" ? [c, d] : e;", "return\"a , b\"?[c,d]:e;"),
            ("f(`a { ${b ? `c + ${d + 1} , ` : \" e \"} } , `, g);", "f(`a { ${b?`c + ${d+1} , `:\" e \"} } , `,g);"),
            ("x = /a , \\d/;", "x = /a , \\d/;"),
        ] {
            assert_eq!(squeezed(written), shown);
        }
    }
}
