//! Turns figures into what a person reads, or a program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::Failure;
use crate::figures::Figures;
use crate::serve::DELAY;
use crate::ways::Way;

/// The ways, one a row, and what they show.
pub(crate) fn of_ways(ways: &[Figures]) -> String {
    let mut text =
        String::from("way         wall time  speed-up  OS threads   CPU time  peak memory  most in flight\n");
    let slowest = ways.first().map_or(0.0, |way| way.wall_ms);
    for way in ways {
        let _ = writeln!(
            text,
            "{:<10}{:>11}{:>9.1}x{:>12}{:>11}{:>13}{:>16}",
            way.way.name(),
            seconds(way.wall_ms),
            slowest / way.wall_ms,
            known(way.os_threads),
            format!("{:.1} ms", way.cpu_ms),
            memory(way),
            known(way.max_in_flight),
        );
    }
    text + "\n" + &what_it_shows(ways)
}

/// One sentence; every number in it was measured.
fn what_it_shows(ways: &[Figures]) -> String {
    let find = |which| ways.iter().find(|way| way.way == which);
    let (Some(sequence), Some(threads), Some(on_loop)) = (find(Way::Sequential), find(Way::Threads), find(Way::Loop))
    else {
        return String::new();
    };
    format!(
        "{} calls of {} ms each took {} one after another and {} on the loop, {:.0} times as fast,\n\
         with {} of them waiting at once on {}; a thread for each took {} and {}.",
        on_loop.requests,
        DELAY.as_millis(),
        seconds(sequence.wall_ms),
        seconds(on_loop.wall_ms),
        sequence.wall_ms / on_loop.wall_ms,
        known(on_loop.max_in_flight),
        threads_in_words(on_loop),
        seconds(threads.wall_ms),
        threads_in_words(threads),
    )
}

pub(crate) fn of_ways_as_json(ways: &[Figures]) -> String {
    let ways: Vec<String> = ways.iter().map(Figures::to_json).collect();
    format!(r#"{{"ways":[{}]}}"#, ways.join(","))
}

/// What became of a list, in words.
pub(crate) fn of_list(list: &Figures, faults: &BTreeMap<String, u64>) -> String {
    let mut text = format!(
        "{} of {} lines came well, {} in {}: {} in flight at most, {}, {:.1} ms of CPU time, {} of memory.",
        list.ok,
        list.requests,
        size(list.bytes),
        seconds(list.wall_ms),
        known(list.max_in_flight),
        threads_in_words(list),
        list.cpu_ms,
        memory(list),
    );
    if !faults.is_empty() {
        let faults: Vec<String> = faults.iter().map(|(fault, count)| format!("{count} {fault}")).collect();
        let _ = write!(text, "\n{} failed: {}.", list.failed, faults.join(", "));
    }
    text
}

fn threads_in_words(figures: &Figures) -> String {
    match figures.os_threads {
        Some(1) => "1 OS thread".into(),
        count => format!("{} OS threads", known(count)),
    }
}

fn memory(figures: &Figures) -> String {
    figures.peak_rss_kb.map_or_else(|| "–".into(), |kb| size(kb * 1024))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn seconds(ms: f64) -> String {
    format!("{:.2} s", ms / 1e3)
}

fn known(figure: Option<u64>) -> String {
    figure.map_or_else(|| "–".into(), |figure| figure.to_string())
}

/// Prints a last line. Whoever has stopped reading did not want it.
pub(crate) fn print(mut to: impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(to, "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::on_the_way(error.to_string())),
        _ => Ok(()),
    }
}
