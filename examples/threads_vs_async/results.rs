//! Turns rows into what is kept: a file of figures for programs, and a picture for people.

use std::{array, env, fs, process::Command, thread};

use serde_json::{Value, json};
use support::chart::Chart;

use crate::comparison::{Row, WAYS};
use crate::report::{QUANTITIES, title};

/// The fields of the other files in `book/results` have the same names.
pub(crate) fn figures(rounds: usize, waiting: &[Row], pages: &[Row]) -> String {
    let words: Vec<String> = env::args().skip(1).collect();
    let told = |file| fs::read_to_string(file).unwrap_or_default();
    let page = json!({
        "row": "threads_vs_async",
        "operation": title(waiting[0].work),
        "command": format!("cargo run --release --example threads_vs_async -- {}", words.join(" ")),
        "commit": said_by("git", &["rev-parse", "--short", "HEAD"]),
        "date": said_by("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        "machine": {
            "cores": thread::available_parallelism().map_or(0, usize::from),
            "cpu": told("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name\t: ")),
            "kernel": said_by("uname", &["-sr"]),
            "compiler": said_by("rustc", &["--version"]),
            "load": told("/proc/loadavg").trim(),
        },
        "unit": "the median of so many rounds; the memory of a process does not hold what the kernel keeps for its threads",
        "rounds": rounds,
        "rows": waiting.iter().flat_map(both).collect::<Value>(),
        "pages": pages.iter().flat_map(both).collect::<Value>(),
    });
    format!("{page:#}\n")
}

/// A small chart for each quantity.
pub(crate) fn picture(rows: &[Row]) -> String {
    let mut chart = Chart::new(&title(rows[0].work), "connections");
    for (name, unit, of) in QUANTITIES {
        let point = |row: &Row, way: usize| Some((row.work.connections.into(), of(row.outcomes[way].as_ref().ok()?)));
        let line = |way| (WAYS[way], rows.iter().filter_map(|row| point(row, way)).collect());
        chart.panel(name, unit, &[line(0), line(1)]);
    }
    chart.svg()
}

fn both(row: &Row) -> [Value; 2] {
    let [connections, exchanges] = [row.work.connections, row.work.exchanges];
    array::from_fn(|way| match &row.outcomes[way] {
        Err(why) => json!({"way": WAYS[way], "connections": connections, "exchanges": exchanges, "refused": why}),
        Ok(figures) => json!({
            "way": WAYS[way], "connections": connections, "exchanges": exchanges,
            "wall_ms": figures.wall_us as f64 / 1e3, "cpu_ms": figures.cpu_us as f64 / 1e3,
            "peak_rss_kb": figures.peak_rss_kb, "os_threads": figures.os_threads, "kernel_kb": figures.kernel_kb,
        }),
    })
}

/// What a program says, if it is there and has something to say.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
