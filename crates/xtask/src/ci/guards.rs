//! Turns small workloads into counts of instructions and allocations, and growth of either into a failure.
//!
//! `benches` has a binary `guards`: `guards NAME N` runs the workload NAME N times and prints as its last line how many
//! allocations it made. It is run under callgrind with N and with 3N; the difference, divided by 2N, is what one time
//! costs, without what starting and ending cost. Unlike time these figures hold on any machine with the same compiler.

use super::commands::{built, captured, in_root};
use crate::tree;

use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

const COMMITTED: &str = "benches/guards.json";

/// How far a figure may rise above the committed one.
const ALLOWED_GROWTH: f64 = 1.03;

/// What running a workload once costs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    instructions: f64,
    allocations: f64,
}

/// Runs `cargo xtask guards [--bless]`.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let result = match options {
        [] => check(),
        ["--bless"] => bless(),
        _ => Err("usage: cargo xtask guards [--bless]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guards: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Compares every workload of the committed file with what it costs now.
pub(super) fn check() -> Result<(), String> {
    let binary = build()?;
    let mut grown = Vec::new();
    for (name, committed) in read()? {
        let now = measure(&binary, &name, times(&committed))?;
        println!("{name:<24}{:>12.1} instructions{:>8.2} allocations", now.instructions, now.allocations);
        grown.extend(growth(&name, &committed, now));
    }
    if grown.is_empty() { Ok(()) } else { Err(grown.join("; ")) }
}

/// Writes what every workload of the file costs now; a new one begins as an entry with its `n` alone.
fn bless() -> Result<(), String> {
    let binary = build()?;
    let mut written = Map::new();
    for (name, committed) in read()? {
        let n = times(&committed);
        let now = measure(&binary, &name, n)?;
        let rounded = |figure: f64| (figure * 100.0).round() / 100.0;
        let entry = json!({"n": n, "instructions": rounded(now.instructions), "allocations": rounded(now.allocations)});
        written.insert(name, entry);
    }
    let text = serde_json::to_string_pretty(&written).map_err(|error| error.to_string())?;
    std::fs::write(tree::root().join(COMMITTED), text + "\n").map_err(|error| format!("{COMMITTED}: {error}"))
}

fn read() -> Result<Map<String, Value>, String> {
    let text =
        std::fs::read_to_string(tree::root().join(COMMITTED)).map_err(|error| format!("{COMMITTED}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{COMMITTED}: {error}"))
}

fn times(committed: &Value) -> u64 {
    committed["n"].as_u64().unwrap_or(1_000)
}

fn build() -> Result<PathBuf, String> {
    let programs = built(&["build", "-p", "wheelwright-benches", "--release", "--bin", "guards"])?;
    programs.into_iter().next().ok_or_else(|| "the binary is not built".to_owned())
}

fn measure(binary: &PathBuf, name: &str, n: u64) -> Result<Cost, String> {
    let (once, thrice) = (counted(binary, name, n)?, counted(binary, name, 3 * n)?);
    let per_time = |few: f64, many: f64| (many - few) / (2 * n) as f64;
    Ok(Cost {
        instructions: per_time(once.instructions, thrice.instructions),
        allocations: per_time(once.allocations, thrice.allocations),
    })
}

/// The counts of a whole run.
fn counted(binary: &PathBuf, name: &str, n: u64) -> Result<Cost, String> {
    let mut command = in_root("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(binary).args([name, &n.to_string()]);
    let output = captured(&mut command, "")?;
    let (said, noted) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("{name}: {}: {noted}", output.status));
    }
    let instructions = number_after(&noted, "Collected :").ok_or_else(|| format!("{name}: no count in: {noted}"))?;
    let last = said.lines().last().unwrap_or_default();
    let allocations = last.split(|letter: char| !letter.is_ascii_digit()).rfind(|word| !word.is_empty());
    let allocations = allocations.and_then(|word| word.parse().ok());
    let allocations = allocations.ok_or_else(|| format!("{name}: its last line states no allocations: `{last}`"))?;
    Ok(Cost { instructions, allocations })
}

fn number_after(text: &str, mark: &str) -> Option<f64> {
    text.split_once(mark)?.1.split_whitespace().next()?.parse().ok()
}

/// What has grown by more than is allowed.
fn growth(name: &str, committed: &Value, now: Cost) -> Vec<String> {
    let figures = [("instructions", now.instructions), ("allocations", now.allocations)];
    let grown = figures.iter().filter_map(|&(what, now)| {
        let Some(before) = committed[what].as_f64() else {
            return Some(format!("{name}: {COMMITTED} states no {what}; `cargo xtask guards --bless` writes it"));
        };
        // A hundredth more than nothing is rounding, not growth.
        let grew = before * ALLOWED_GROWTH + 0.01 < now;
        grew.then(|| format!("{name}: {now:.2} {what}, {before:.2} committed"))
    });
    grown.collect()
}

#[cfg(test)]
mod tests {
    use super::{Cost, growth, number_after};
    use serde_json::json;

    #[test]
    fn growth_over_three_per_cent_is_found() {
        let committed = json!({"n": 1000, "instructions": 400.0, "allocations": 1.0});
        assert_eq!(growth("spawn", &committed, Cost { instructions: 411.0, allocations: 1.0 }).len(), 0);
        assert_eq!(growth("spawn", &committed, Cost { instructions: 413.0, allocations: 1.0 }).len(), 1);
        assert_eq!(growth("spawn", &committed, Cost { instructions: 300.0, allocations: 2.0 }).len(), 1);
    }

    #[test]
    fn a_figure_that_was_never_committed_is_found() {
        assert_eq!(growth("spawn", &json!({"n": 10}), Cost { instructions: 1.0, allocations: 0.0 }).len(), 2);
    }

    #[test]
    fn the_count_of_callgrind_is_read() {
        let noted = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n==7== I   refs:      123,456\n";
        assert_eq!(number_after(noted, "Collected :"), Some(123_456.0));
    }
}
