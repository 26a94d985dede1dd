//! Turns a program's run into an exit status, its output shown as it comes and its tests added up.

use crate::tree;

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Tests passed and failed, as every test binary states them itself.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds a line like `test result: ok. 32 passed; 0 failed; …`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("test result: ") else { return };
        let words: Vec<&str> = result.split([' ', ';']).collect();
        let number_before = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        self.passed += number_before("passed").unwrap_or_default();
        self.failed += number_before("failed").unwrap_or_default();
    }
}

/// Runs cargo in the repository's root.
pub(super) fn cargo(tally: &mut Tally, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let mut command = in_root("cargo");
    command.args(arguments).envs(variables.iter().copied());
    shown(tally, &mut command)
}

/// A command that starts in the repository's root.
pub(crate) fn in_root(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(tree::root());
    command
}

/// Runs `command`, shows what it prints and counts the tests in it.
///
/// Both of its streams come through one pipe: otherwise one could break into the middle of the other's lines.
pub(super) fn shown(tally: &mut Tally, command: &mut Command) -> Result<(), String> {
    let line = described(command);
    println!("$ {line}");
    let failed = |error: io::Error| format!("{line}: {error}");
    let (reader, writer) = io::pipe().map_err(failed)?;
    command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = command.spawn().map_err(failed)?;
    // The command holds our ends of the pipe, and the reader waits until the last one is closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for bytes in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&bytes.map_err(failed)?).into_owned();
        println!("{line}");
        tally.add(&line);
    }
    let status = child.wait().map_err(failed)?;
    status.success().then_some(()).ok_or_else(|| format!("{line}: {status}"))
}

/// Runs `command` with `input` on its stdin and keeps what it prints.
pub(super) fn captured(command: &mut Command, input: &str) -> Result<Output, String> {
    let line = described(command);
    let failed = |error: io::Error| format!("{line}: {error}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let mut stdin = child.stdin.take().expect("it was piped above");
    // A program may end without reading its input; what it says about that is what counts.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().map_err(failed)
}

/// Builds with cargo and says which programs came of it.
pub(super) fn built(arguments: &[&str]) -> Result<Vec<PathBuf>, String> {
    let mut command = in_root("cargo");
    command.args(arguments).arg("--message-format=json-render-diagnostics");
    let output = captured(&mut command, "")?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs: Vec<PathBuf> =
        parsed.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect();
    if programs.is_empty() { Err(format!("{} built no program", described(&command))) } else { Ok(programs) }
}

/// Set where nothing may be missing that a check needs.
const SKIP_NOTHING: &str = "WHEELWRIGHT_SKIP_NOTHING";

/// Says that something is not checked, and why; where nothing may be missing that is an error.
pub(super) fn skipped(what: &str, why: &str) -> Result<(), String> {
    if std::env::var_os(SKIP_NOTHING).is_some() {
        return Err(format!("skipped, and {SKIP_NOTHING} is set: {why}"));
    }
    println!("{what}: SKIPPED: {why}");
    Ok(())
}

/// The command as one would type it.
fn described(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Tally, captured, shown};
    use std::process::Command;

    #[test]
    fn test_summaries_are_added_up() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 32 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.54s");
        tally.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.add("9 passed; 9 failed");
        assert_eq!((tally.passed, tally.failed), (35, 2));
    }

    #[test]
    fn a_program_that_fails_is_an_error_that_names_it() {
        let mut tally = Tally::default();
        assert_eq!(shown(&mut tally, &mut Command::new("true")), Ok(()));
        let error = shown(&mut tally, Command::new("false").arg("x")).unwrap_err();
        assert!(error.contains("false x"), "{error}");
        assert!(shown(&mut tally, &mut Command::new("no-such-program")).is_err());
    }

    #[test]
    fn what_a_program_prints_is_kept() {
        let output = captured(&mut Command::new("cat"), "a\n").unwrap();
        assert_eq!(output.stdout, b"a\n");
    }
}
