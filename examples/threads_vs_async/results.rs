//! Turns rows into a file for programs: figures, machine, date, commit, command.

use std::process::Command;

use serde_json::{Value, json};

use crate::comparison::{Measured, Row};
use crate::figures::Outcome;
use crate::quantities::QUANTITIES;
use crate::work::Work;

/// The fields of the other files in `book/results` have the same names.
pub(crate) fn of(measured: &Measured) -> String {
    let Work { exchanges, wait, .. } = Work::waiting(1);
    let crossovers = QUANTITIES.each_ref().map(|quantity| {
        json!({"quantity": quantity.name, "threads_do_as_well_up_to": quantity.threads_do_as_well_up_to(&measured.waiting)})
    });
    let page = json!({
        "row": "threads_vs_async",
        "operation": format!("{exchanges} exchanges a connection, {} ms before each answer", wait.as_millis()),
        "command": command(),
        "commit": said_by("git", &["rev-parse", "--short", "HEAD"]),
        "date": said_by("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        "machine": {
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "cpu": told("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name\t: ")),
            "kernel": kernel(),
            "compiler": said_by("rustc", &["--version"]),
            "load": told("/proc/loadavg").trim(),
        },
        "unit": "the median of so many rounds; the memory of a process does not hold what the kernel keeps for its threads",
        "rounds": measured.rounds,
        "rows": measured.waiting.iter().flat_map(row).collect::<Value>(),
        "pages": measured.pages.iter().flat_map(row).collect::<Value>(),
        "crossovers": crossovers,
    });
    format!("{page:#}\n")
}

fn row(row: &Row) -> [Value; 2] {
    [way("threads", row.work, &row.threads), way("loop", row.work, &Ok(row.on_loop))]
}

fn way(name: &str, work: Work, outcome: &Outcome) -> Value {
    let mut value = json!({"way": name, "connections": work.connections, "exchanges": work.exchanges});
    match outcome {
        Err(threads) => value["refused_after_threads"] = json!(threads),
        Ok(figures) => {
            value["wall_ms"] = json!(rounded(figures.wall_ms));
            value["cpu_ms"] = json!(rounded(figures.cpu_ms));
            value["peak_rss_kb"] = json!(figures.peak_rss_kb as u64);
            value["os_threads"] = json!(figures.os_threads as u64);
            value["kernel_kb"] = json!(figures.kernel_kb as u64);
        }
    }
    value
}

/// Three digits after the point: more would only look exact.
fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo run --release --example threads_vs_async -- {}", words.join(" "))
}

/// `Linux` and its version, of all that it tells about itself.
fn kernel() -> String {
    told("/proc/version").split_whitespace().filter(|word| *word != "version").take(2).collect::<Vec<_>>().join(" ")
}

fn told(file: &str) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// What a program says, if it is there and has something to say.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
