//! Turns the repository into a verdict: every stage is run, timed and reported, and the tests of all are added up.

pub(crate) mod browser; // the programs that serve pages, in Chromium
pub(crate) mod commands; // running a program, reading along, counting tests
pub(crate) mod examples; // what each example must print
mod exercises; // those of the book, with solutions and with stubs
mod full; // the slow stages: sanitizer, valgrind, colliding generations
mod fuzz; // half a minute for each fuzz target
pub(crate) mod guards; // instructions and allocations that may not grow
pub(crate) mod interop; // our client and server with programs of others

use crate::tidy;
use commands::{Tally, cargo};

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One step of the run; the error says in a line what failed.
struct Stage {
    name: &'static str,
    run: fn(&mut Tally) -> Result<(), String>,
}

const STAGES: &[Stage] = &[
    Stage { name: "fmt", run: |tally| cargo(tally, &["fmt", "--all", "--check"], &[]) },
    Stage { name: "tidy", run: |_| tidy::report() },
    Stage { name: "clippy", run: clippy },
    Stage { name: "check of the benches", run: |tally| cargo(tally, &["check", "-p", "wheelwright-benches"], &[]) },
    Stage { name: "docs", run: docs },
    Stage { name: "tests of the chores", run: |tally| cargo(tally, &["test", "-p", "xtask"], &[]) },
    Stage { name: "book", run: book },
    Stage { name: "exercises", run: exercises::run },
    Stage { name: "loom", run: loom },
    Stage { name: "examples", run: examples::run },
    Stage { name: "browser", run: browser::run },
    Stage { name: "interop", run: interop::run },
    Stage { name: "tests of a larger example", run: crawl },
    Stage { name: "tools with https", run: tools_with_https },
    Stage { name: "fuzz", run: fuzz::run },
    Stage { name: "HTTP with its features", run: http_features },
    // The README's command; the doctests are part of it.
    Stage { name: "cargo test", run: |tally| cargo(tally, &["test", "--no-fail-fast"], &[]) },
];

/// Once with the stubs of the book's exercises and once with their solutions; the second time nothing else is compiled anew.
fn clippy(tally: &mut Tally) -> Result<(), String> {
    let features = ["loom", "crawl", "sqlite", "tls", "ureq", "gzip"].join(",");
    for features in [&features, &format!("{features},solutions")] {
        let everything = ["--workspace", "--all-targets", "--features", features];
        cargo(tally, &[&["clippy"], &everything[..], &["--", "-D", "warnings"]].concat(), &[])?;
    }
    Ok(())
}

fn docs(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["doc", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])
}

fn book(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["test", "-p", "wheelwright-book"], &[])?;
    // What it says of tokio; in release, as the examples need its programs with tokio built so.
    cargo(tally, &["test", "--release", "-p", "wheelwright-benches-book", "--test", "claims"], &[])?;
    cargo(tally, &["run", "-p", "wheelwright-book", "--", "--check"], &[])
}

fn loom(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["test", "-p", "wheelwright-tests", "--features", "loom", "--test", "loom", "--release"], &[])
}

/// Its features keep it out of the plain `cargo test`.
fn crawl(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["test", "-p", "wheelwright-examples", "--features", "crawl", "--example", "crawl"], &[])
}

/// The plain `cargo test` runs those without.
fn tools_with_https(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["test", "-p", "wheelwright-examples", "--features", "tls", "--test", "tools", "https"], &[])
}

/// The plain `cargo test` runs them without; with them its connections are of another type.
fn http_features(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &["test", "-p", "wheelwright-http", "--all-features"], &[])
}

/// What a stage came to.
struct Report {
    name: &'static str,
    took: Duration,
    result: Result<(), String>,
}

/// Runs `cargo xtask ci`: every stage, also after one has failed, so that one run tells everything.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let slow: &[Stage] = match options {
        [] => &[],
        ["--full"] => full::STAGES,
        _ => {
            eprintln!("usage: cargo xtask ci [--full]");
            return ExitCode::from(2);
        }
    };
    let mut tally = Tally::default();
    let reports: Vec<Report> = slow.iter().chain(STAGES).map(|stage| timed(stage, &mut tally)).collect();
    summary(&reports);
    let all_well = reports.iter().all(|report| report.result.is_ok()) && tally.failed == 0;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    ExitCode::from(u8::from(!all_well))
}

fn timed(stage: &Stage, tally: &mut Tally) -> Report {
    println!("\n=== {}", stage.name);
    let begun = Instant::now();
    let result = (stage.run)(tally);
    if let Err(error) = &result {
        println!("*** {}: {error}", stage.name);
    }
    Report { name: stage.name, took: begun.elapsed(), result }
}

fn summary(reports: &[Report]) {
    println!("\n=== seconds per stage");
    for report in reports {
        let verdict = report.result.as_ref().map_or_else(String::as_str, |()| "ok");
        println!("{:>8.1}  {:<24}{verdict}", report.took.as_secs_f64(), report.name);
    }
    let all: Duration = reports.iter().map(|report| report.took).sum();
    println!("{:>8.1}  all stages", all.as_secs_f64());
}
