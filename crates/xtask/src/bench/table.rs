//! Turns what was measured into lines to read: every peer of every row, and what was to be reached.

use super::counts::Counts;
use super::rounds::Measured;
use super::rows::{Reach, Row};
use super::statistics::Spread;

use std::fmt::Write;

pub(super) const HEAD: &str = "\
row                peer            CPU/op        ratio to tokio [quartiles]   memory      in flight, each; to reach";

pub(super) const COUNTS_HEAD: &str = "\
row                peer          instructions  allocations  system calls   each per operation; held by each in flight";

/// The lines of one row.
pub(super) fn lines(row: &Row, measured: &Measured) -> String {
    let mut text = format!("\n{}: {}\n", row.name, row.what);
    for peer in measured.peers() {
        let (cpu, ratio) = (measured.cpu(peer), measured.ratio(peer));
        let memory = measured.memory(peer).median / 1024.0;
        let share = if *peer == row.base() { "1".to_owned() } else { described(ratio) };
        let line = format!("{:<19}{peer:<14}{:>10}    {share:<28}{memory:>7.1} MiB", "", time(cpu.median));
        let in_flight = measured.in_flight(peer).map_or_else(String::new, |bytes| format!("{:>8.0} B", bytes.median));
        let goals = if *peer == row.judged() { goals(row, measured) } else { String::new() };
        let rate = measured.rate(peer).map_or_else(String::new, |rate| format!("  {:.0} requests/s", rate.median));
        writeln!(text, "{line}{in_flight}{rate}  {goals}").expect("a string takes everything");
    }
    text
}

/// Whether each of the row's goals was reached.
fn goals(row: &Row, measured: &Measured) -> String {
    let goal = |reach: &Reach| {
        let ratio = reach.ratio?;
        let reached = measured.towards(reach).median;
        let verdict = if reached <= ratio { "reached" } else { "MISSED" };
        Some(format!("{ratio} of {}: {verdict} with {reached:.3}", reach.beside))
    };
    let goals: Vec<String> = row.reach.iter().filter_map(goal).collect();
    if goals.is_empty() { "no goal".to_owned() } else { goals.join("; ") }
}

fn described(ratio: Spread) -> String {
    let tie = if ratio.is_tie() { " tie" } else { "" };
    format!("{:.3} [{:.3} {:.3}]{tie}", ratio.median, ratio.low, ratio.high)
}

pub(super) fn time(nanoseconds: f64) -> String {
    if nanoseconds < 1000.0 {
        return format!("{nanoseconds:.1} ns");
    }
    format!("{:.2} us", nanoseconds / 1000.0)
}

/// The lines of one row's counts.
pub(super) fn counts_lines(row: &Row, counted: &[(&str, Counts)]) -> String {
    let mut text = format!("\n{}: {}\n", row.name, row.what);
    for (peer, counts) in counted {
        let shown = |count: Option<f64>| count.map_or_else(|| "unknown".to_owned(), |count| format!("{count:.2}"));
        let (instructions, allocations) = (shown(counts.instructions), shown(counts.allocations));
        let calls = shown(counts.system_calls);
        let held = counts.held.map_or_else(String::new, |held| format!("{:>10.0} B in {:.2}", held.bytes, held.blocks));
        writeln!(text, "{:<19}{peer:<14}{instructions:>12}{allocations:>13}{calls:>14}{held}", "")
            .expect("a string takes everything");
    }
    text
}
