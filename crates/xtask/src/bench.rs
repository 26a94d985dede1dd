//! Turns rows of workloads into a table and files of figures: this runtime beside others, in interleaved rounds.
//!
//! Every figure comes from a process of its own, pinned to one core; an HTTP server stands on the other. A round runs
//! every peer once, the next round begins with another peer, and what is compared are the ratios within a round, so
//! that a machine that grows slower or faster in between favours nobody. Time is CPU time, user and system.

mod clients; // the table of HTTP clients on the front page
mod counts; // instructions, allocations and system calls, which do not depend on the machine's mood
mod programs; // the measuring programs, built and run on their cores
pub(crate) mod readme; // the table on the front page
mod results; // the files in book/results
mod rounds; // who runs when
mod rows; // what is measured, beside whom, and what is to be reached
mod statistics; // medians, quartiles, verdicts
mod table; // what is printed

use programs::Programs;
use rows::{Job, ROWS, Row};

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask bench [ROW...] [--quick] [--count] [--table]
  --quick   fewer and shorter rounds: all rows in two minutes
  --count   instructions, allocations and system calls instead of time
  --table   only writes README's table from the files of figures";

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Full,
    Quick,
}

impl Extent {
    fn rounds(self) -> usize {
        match self {
            Extent::Full => 11,
            Extent::Quick => 5,
        }
    }

    fn operations(self, row: &Row) -> u64 {
        match self {
            Extent::Full => row.operations,
            Extent::Quick => row.operations / 5,
        }
    }
}

/// Runs `cargo xtask bench`.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let (flags, names): (Vec<&str>, Vec<&str>) = options.iter().partition(|option| option.starts_with('-'));
    let unknown = flags.iter().any(|flag| !["--quick", "--count", "--table"].contains(flag))
        || names.iter().any(|name| ROWS.iter().all(|row| row.name != *name));
    if unknown {
        let rows: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        eprintln!("{USAGE}\nrows: {}", rows.join(", "));
        return ExitCode::from(2);
    }
    let extent = if flags.contains(&"--quick") { Extent::Quick } else { Extent::Full };
    let chosen: Vec<&Row> = ROWS.iter().filter(|row| names.is_empty() || names.contains(&row.name)).collect();
    let outcome = match () {
        () if flags.contains(&"--table") => readme::write(),
        () if flags.contains(&"--count") => count(&chosen),
        () => measure(&chosen, extent),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A ratio that was missed is published, not punished: only what cannot be measured is an error.
fn measure(rows: &[&Row], extent: Extent) -> Result<(), String> {
    let programs = Programs::build()?;
    println!("{}", table::HEAD);
    for row in rows {
        let measured = rounds::measure(row, extent, &programs)?;
        print!("{}", table::lines(row, &measured));
        results::write(row, extent, &measured)?;
    }
    readme::write()
}

fn count(rows: &[&Row]) -> Result<(), String> {
    let programs = Programs::build()?;
    println!("{}", table::COUNTS_HEAD);
    // `wrk` asks for a time, and not so many times.
    for row in rows.iter().filter(|row| !matches!(row.job, Job::Server { .. })) {
        let counted = counts::of(row, &programs)?;
        print!("{}", table::counts_lines(row, &counted));
        results::write_counts(row, &counted)?;
    }
    Ok(())
}
