//! Turns what was measured into a file of `book/results/`: figures, machine, date, commit, command.

use super::Extent;
use super::counts::Counts;
use super::programs::output_of;
use super::rounds::Measured;
use super::rows::{Reach, Row};
use super::statistics::Spread;
use crate::tree;

use serde_json::{Value, json};
use std::process::Command;

pub(super) const FOLDER: &str = "book/results";

/// Writes `ROW.json`, or `ROW.quick.json` so that a quick look never replaces careful figures.
pub(super) fn write(row: &Row, extent: Extent, measured: &Measured) -> Result<(), String> {
    let peers: Vec<Value> = measured.peers().iter().map(|peer| peer_figures(measured, peer)).collect();
    let rounds: Vec<Value> = measured.rounds.iter().map(|round| round_figures(measured, round)).collect();
    let suffix = match extent {
        Extent::Full => "json",
        Extent::Quick => "quick.json",
    };
    let mut page = heading(row)?;
    page["unit"] = json!("CPU nanoseconds, user and system, per operation");
    page["ratios"] = json!(format!("to {}, taken within each round; low and high are quartiles", row.base()));
    page["peers"] = json!(peers);
    page["to_reach"] = row.reach.iter().filter_map(|reach| goal(measured, reach)).collect();
    page["rounds"] = json!(rounds);
    save(&format!("{}.{suffix}", row.name), &page)
}

/// Writes `ROW.counts.json`.
pub(super) fn write_counts(row: &Row, counted: &[(&str, Counts)]) -> Result<(), String> {
    let peer = |(peer, counts): &(&str, Counts)| {
        json!({
            "peer": peer,
            "instructions": counts.instructions.map(rounded),
            "allocations": counts.allocations.map(rounded),
            "system_calls": counts.system_calls.map(rounded),
            "held_bytes": counts.held.map(|held| rounded(held.bytes)),
            "held_blocks": counts.held.map(|held| rounded(held.blocks)),
        })
    };
    let mut page = heading(row)?;
    page["unit"] = json!("counts per operation: callgrind, dhat, the tracepoint raw_syscalls:sys_enter");
    page["held"] = json!("the heap at its largest, by dhat, for each request in flight");
    page["peers"] = counted.iter().map(peer).collect();
    save(&format!("{}.counts.json", row.name), &page)
}

fn peer_figures(measured: &Measured, peer: &str) -> Value {
    json!({
        "peer": peer,
        "cpu_ns": spread(measured.cpu(peer)),
        "ratio": spread(measured.ratio(peer)),
        "max_rss_kb": measured.memory(peer).median,
        "in_flight_bytes": measured.in_flight(peer).map(|spread| spread.median),
        "requests_per_second": measured.rate(peer).map(spread),
    })
}

/// The raw figures of one round.
fn round_figures(measured: &Measured, round: &[super::programs::Figures]) -> Value {
    let named = measured.peers().iter().zip(round);
    named.map(|(peer, figures)| ((*peer).to_owned(), figures.0.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn goal(measured: &Measured, reach: &Reach) -> Option<Value> {
    let ratio = reach.ratio?;
    let measured = measured.towards(reach);
    let reached = measured.median <= ratio;
    Some(json!({"beside": reach.beside, "ratio": ratio, "measured": spread(measured), "reached": reached}))
}

fn spread(figures: Spread) -> Value {
    json!({"low": rounded(figures.low), "median": rounded(figures.median), "high": rounded(figures.high)})
}

/// Four digits after the point: more would only look exact.
fn rounded(figure: f64) -> f64 {
    (figure * 10_000.0).round() / 10_000.0
}

/// Where, when and of what the figures were taken.
fn heading(row: &Row) -> Result<Value, String> {
    let typed: Vec<String> = std::env::args().skip(1).collect();
    Ok(json!({
        "row": row.name,
        "operation": row.what,
        "date": said_by("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"])?,
        "commit": commit()?,
        "command": format!("cargo xtask {}", typed.join(" ")),
        "machine": {
            "cpu": cpu_model()?,
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "kernel": said_by("uname", &["-sr"])?,
            "compiler": said_by("rustc", &["--version"])?,
            // How busy the machine was, this bench included: figures of a busy one are worth less.
            "load": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
        },
    }))
}

/// The commit, and whether anything but results differs from it.
fn commit() -> Result<String, String> {
    let commit = said_by("git", &["rev-parse", "HEAD"])?;
    let changed = said_by("git", &["status", "--porcelain", "--untracked-files=no", "--", ".", ":!book/results"])?;
    Ok(if changed.is_empty() { commit } else { commit + ", with changes" })
}

fn cpu_model() -> Result<String, String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").map_err(|error| format!("/proc/cpuinfo: {error}"))?;
    let model = text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    Ok(model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned()))
}

fn said_by(program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    Ok(output_of(command.current_dir(tree::root()).args(arguments))?.stdout.trim().to_owned())
}

fn save(name: &str, page: &Value) -> Result<(), String> {
    let folder = tree::root().join(FOLDER);
    let text = serde_json::to_string_pretty(page).map_err(|error| error.to_string())?;
    let saved = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(name), text + "\n"));
    saved.map_err(|error| format!("{FOLDER}/{name}: {error}"))
}
