//! Turns the book's exercises into a verdict: every test passes with the solutions, and none with the stubs.

use super::commands::{Tally, captured, cargo, in_root};

use std::collections::BTreeMap;

/// A stub that waits for ever is as wrong as one that gives the wrong answer, but must not hold up the rest. In seconds.
const LIMIT: &str = "600";

const SOLVED: [&str; 5] = ["test", "-p", "exercises", "--features", "solutions"];

pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    let before = tally.passed;
    cargo(tally, &[&SOLVED[..], &["--tests"]].concat(), &[])?;
    let solved = tally.passed - before;
    // The programs in the text of pages.
    cargo(tally, &[&SOLVED[..], &["--doc"]].concat(), &[])?;
    let mut stubs = in_root("timeout");
    stubs.args([LIMIT, "cargo", "test", "-p", "exercises", "--no-fail-fast", "--tests"]);
    let output = captured(&mut stubs, "")?;
    let failed = judge(&String::from_utf8_lossy(&output.stdout), solved)?;
    println!("{failed} tests fail with the stubs, as they should");
    Ok(())
}

/// How many tests fail with the stubs: each of those that pass with the solutions.
fn judge(printed: &str, solved: u64) -> Result<usize, String> {
    let outcomes = outcomes(printed);
    let mut complaints = Vec::new();
    for (name, outcome) in &outcomes {
        if !names_a_chapter(name) {
            complaints.push(format!("{name} is not named after its chapter: `ch03_…`"));
        }
        if *outcome != "FAILED" {
            complaints.push(format!("{name} is {outcome} with a stub, so it says nothing about a solution"));
        }
    }
    let tests = outcomes.len();
    if tests as u64 != solved || tests == 0 {
        complaints.push(format!("{solved} tests pass with the solutions, and {tests} ended with the stubs"));
    }
    if complaints.is_empty() { Ok(tests) } else { Err(complaints.join("; ")) }
}

/// What a line like `test ch03_a_fact ... FAILED` says, by name.
fn outcomes(printed: &str) -> BTreeMap<&str, &str> {
    printed.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... ")).collect()
}

fn names_a_chapter(test: &str) -> bool {
    let number = test.strip_prefix("ch").and_then(|rest| rest.split('_').next());
    number.is_some_and(|number| number.len() == 2 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::judge;

    const STUBS: &str = "running 2 tests\ntest ch03_a ... FAILED\ntest ch03_b ... FAILED\n\nfailures:\n\n---- ch03_a stdout ----\n\
                         \ntest result: FAILED. 0 passed; 2 failed; 0 ignored\n";

    #[test]
    fn a_test_that_passes_with_a_stub_is_found() {
        assert_eq!(judge(STUBS, 2), Ok(2));
        let error = judge(&STUBS.replace("ch03_b ... FAILED", "ch03_b ... ok"), 2).unwrap_err();
        assert!(error.starts_with("ch03_b is ok with a stub"), "{error}");
    }

    #[test]
    fn a_test_that_is_not_run_with_the_stubs_is_found() {
        let error = judge(STUBS, 3).unwrap_err();
        assert_eq!(error, "3 tests pass with the solutions, and 2 ended with the stubs");
        assert!(judge("error: could not compile `exercises`\n", 0).is_err(), "no test is no verdict");
    }

    #[test]
    fn a_test_without_a_chapter_is_found() {
        let error = judge(&STUBS.replace("ch03_b", "chapter_b"), 2).unwrap_err();
        assert_eq!(error, "chapter_b is not named after its chapter: `ch03_…`");
    }
}
