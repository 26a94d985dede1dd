//! Turns every example program into a run whose output is compared with what it promises.

use super::commands::{Tally, captured, in_root, shown};
use super::fan_out;
use crate::tree;

use std::process::Output;

/// Longest time an example may take; the main one promises ten seconds.
const LIMIT: &str = "100";

/// One run of one example.
pub(super) struct Run {
    pub(super) example: &'static str,
    pub(super) arguments: &'static [&'static str],
    /// What it reads.
    pub(super) input: fn() -> Result<String, String>,
    /// What must hold for what it wrote and how it ended.
    pub(super) check: fn(&Finished) -> Result<(), String>,
}

/// What an example wrote and how it ended.
pub(super) struct Finished {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: Option<i32>,
}

impl Finished {
    fn new(output: &Output) -> Finished {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }
}

/// Every run; an example without one is a failure.
const RUNS: &[&[Run]] = &[fan_out::RUNS];

/// Builds all examples, runs each as the table says, and compares.
pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    shown(tally, in_root("cargo").args(["build", "--release", "--examples"]))?;
    let mut faults = missing(&manifest()?);
    for run in RUNS.iter().copied().flatten() {
        let verdict = once(run);
        let said = verdict.as_ref().map_or_else(String::as_str, |()| "ok");
        println!("{} {}: {said}", run.example, run.arguments.join(" "));
        faults.extend(verdict.err());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

fn manifest() -> Result<String, String> {
    std::fs::read_to_string(tree::root().join("examples/Cargo.toml")).map_err(|error| error.to_string())
}

/// Examples that the manifest names and no run covers.
fn missing(manifest: &str) -> Vec<String> {
    let sections = manifest.split("[[example]]").skip(1);
    let names = sections.filter_map(|section| section.split("name = \"").nth(1)?.split('"').next());
    let unseen = names.filter(|name| !RUNS.iter().copied().flatten().any(|run| run.example == *name));
    unseen.map(|name| format!("the example {name} is never run: add it to the table")).collect()
}

fn once(run: &Run) -> Result<(), String> {
    let mut command = in_root("timeout");
    command.args([LIMIT, "cargo", "run", "--quiet", "--release", "--example", run.example, "--"]).args(run.arguments);
    let finished = Finished::new(&captured(&mut command, &(run.input)()?)?);
    (run.check)(&finished).map_err(|fault| {
        let shown = format!("--- stdout\n{}\n--- stderr\n{}", finished.stdout, finished.stderr);
        println!("{shown}\n--- exit code {:?}", finished.code);
        format!("{} {}: {fault}", run.example, run.arguments.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn an_example_that_is_never_run_is_found() {
        let manifest = "[package]\nname = \"a\"\n[[example]]\nname = \"fan_out\"\n\n[[example]]\nname = \"attic\"\n";
        let found = missing(manifest);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("attic"), "{found:?}");
    }
}
