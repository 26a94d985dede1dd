//! Turns the book's exercises into a verdict: every test passes with the solutions in any order, and none with the stubs.

use super::commands::{Tally, captured, cargo, in_root};

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A stub that waits for ever is as wrong as one that gives the wrong answer, but must not hold up the rest. In seconds.
const LIMIT: &str = "600";

const TESTS: [&str; 4] = ["test", "-p", "exercises", "--tests"];
const SOLVED: [&str; 2] = ["--features", "solutions"];

/// Orders within a lap in which the solutions are tested besides first come, first served.
const SEEDS: [&str; 5] = ["1", "2", "3", "4", "5"];
/// They run in every order as it is, unless a seed asks for one.
const RUN_IN_EVERY_ORDER: &str = "ch02_puzzle";

pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &[&TESTS[..], &SOLVED].concat(), &[])?;
    for seed in SEEDS {
        let quietly = ["--quiet", "--", "--skip", RUN_IN_EVERY_ORDER];
        let again = &mut Tally::default();
        cargo(again, &[&TESTS[..], &SOLVED, &quietly].concat(), &[("WHEELWRIGHT_SEED", seed)])
            .map_err(|error| format!("with WHEELWRIGHT_SEED={seed}: {error}"))?;
    }
    // The programs in the text of pages.
    cargo(tally, &[&["test", "-p", "exercises", "--doc"], &SOLVED[..]].concat(), &[])?;
    let listed = printed(in_root("cargo").args(TESTS).args(SOLVED).args(["--", "--list"]))?;
    let failed = printed(in_root("timeout").args([LIMIT, "cargo"]).args(TESTS).arg("--no-fail-fast"))?;
    println!("{} tests fail with the stubs, as they should", judge(&listed, &failed)?);
    Ok(())
}

fn printed(command: &mut Command) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&captured(command, "")?.stdout).into_owned())
}

/// How many tests fail with the stubs: each of those that are listed.
fn judge(listed: &str, printed: &str) -> Result<usize, String> {
    let tests: BTreeSet<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let outcomes = outcomes(printed);
    let complaints: Vec<String> = tests.iter().flat_map(|test| complaints(test, outcomes.get(test).copied())).collect();
    if tests.is_empty() {
        return Err("there is no test of an exercise".into());
    }
    if complaints.is_empty() { Ok(tests.len()) } else { Err(complaints.join("; ")) }
}

fn complaints(test: &str, outcome: Option<&str>) -> Vec<String> {
    let mut complaints = Vec::new();
    if !names_a_chapter(test) {
        complaints.push(format!("{test} is not named after its chapter: `ch03_…`"));
    }
    match outcome {
        Some("FAILED") => {}
        Some(outcome) => {
            complaints.push(format!("{test} is {outcome} with a stub, so it says nothing about a solution"))
        }
        None => complaints.push(format!("{test} did not end with the stubs")),
    }
    complaints
}

/// What a line like `test ch03_a_fact - should panic ... FAILED` says, by name.
fn outcomes(printed: &str) -> BTreeMap<&str, &str> {
    let ends = printed.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    ends.map(|(test, outcome)| (test.split(' ').next().unwrap_or(test), outcome)).collect()
}

fn names_a_chapter(test: &str) -> bool {
    let number = test.strip_prefix("ch").and_then(|rest| rest.split('_').next());
    number.is_some_and(|number| number.len() == 2 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::judge;

    const LISTED: &str = "ch03_a: test\nch03_b: test\n\n2 tests, 0 benchmarks\n";
    const STUBS: &str = "running 2 tests\ntest ch03_a - should panic ... FAILED\ntest ch03_b ... FAILED\n\nfailures:\n\n\
                         ---- ch03_a stdout ----\n\ntest result: FAILED. 0 passed; 2 failed; 0 ignored\n";

    #[test]
    fn a_test_that_passes_with_a_stub_is_found() {
        assert_eq!(judge(LISTED, STUBS), Ok(2));
        for outcome in ["ok", "ignored"] {
            let error =
                judge(LISTED, &STUBS.replace("ch03_b ... FAILED", &format!("ch03_b ... {outcome}"))).unwrap_err();
            assert_eq!(error, format!("ch03_b is {outcome} with a stub, so it says nothing about a solution"));
        }
    }

    #[test]
    fn a_test_that_does_not_end_with_a_stub_is_found() {
        let error = judge(&LISTED.replace("ch03_b", "ch03_b: test\nch03_c"), STUBS).unwrap_err();
        assert_eq!(error, "ch03_c did not end with the stubs");
        assert!(judge(LISTED, "error: could not compile `exercises`\n").is_err(), "stubs are compiled");
        assert!(judge("error: could not compile `exercises`\n", STUBS).is_err(), "no test is no verdict");
    }

    #[test]
    fn a_test_without_a_chapter_is_found() {
        let error = judge(&LISTED.replace("03_b", "apter_b"), &STUBS.replace("03_b", "apter_b")).unwrap_err();
        assert_eq!(error, "chapter_b is not named after its chapter: `ch03_…`");
    }
}
