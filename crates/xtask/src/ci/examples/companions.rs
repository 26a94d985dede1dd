//! Turns a program that is written in Python and with tokio as well into a comparison of what the three print.

use super::programs::Program;
use super::{Ended, printed};
use crate::ci::commands::in_root;

use std::process::Command;

/// Runs both, and compares each with the program's transcript.
pub(super) fn check(program: &Program, compare: impl Fn(&str) -> Result<(), String>) -> Result<Ended, String> {
    let tokio = printed(&mut tokio(program)).and_then(|printed| compare(&printed));
    tokio.map_err(|fault| format!("with tokio: {fault}"))?;
    if !python_is_there() {
        return Ok(Ended::Skipped("no Python of 3.11 or later answers to `python3`".into()));
    }
    let python = printed(&mut python(program)).and_then(|printed| compare(&printed));
    python.map_err(|fault| format!("in Python: {fault}"))?;
    Ok(Ended::Well)
}

fn tokio(program: &Program) -> Command {
    let mut command = in_root("cargo");
    command.args(["run", "--quiet", "--release", "-p", "wheelwright-benches-book", "--bin", program.name]);
    command
}

fn python(program: &Program) -> Command {
    let mut command = in_root("python3");
    // Nothing is left in the tree that was not there.
    command.arg("-B").arg(format!("book/python/{}.py", program.name));
    command
}

/// Whether it has `TaskGroup`, `timeout` and `Runner`.
fn python_is_there() -> bool {
    let mut command = in_root("python3");
    let asked = command.args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).output();
    asked.is_ok_and(|output| output.status.success())
}
