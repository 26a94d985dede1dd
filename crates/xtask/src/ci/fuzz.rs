//! Turns the fuzz targets into a verdict: each runs for half a minute from its seeds and from what earlier runs found.

use super::commands::{Tally, captured, cargo, in_root, shown, skipped};
use crate::tree;

use std::path::Path;
use std::process::Command;

const FOLDER: &str = "crates/wheelwright-http/fuzz";

/// Long enough to see that a target still builds, holds and gets somewhere; its LOG.md tells of longer runs.
const SECONDS: &str = "-max_total_time=30";

/// All targets, also after one has failed; without the tools none.
pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    if !starts(&mut on_nightly(&["cargo", "--version"])) {
        println!("fuzz: SKIPPED: no nightly toolchain (`rustup toolchain install nightly`)");
        return Ok(());
    }
    if !starts(&mut on_nightly(&["cargo", "fuzz", "--version"])) {
        return skipped("fuzz", "no cargo-fuzz (`cargo install --locked cargo-fuzz`)");
    }
    let manifest = format!("{FOLDER}/Cargo.toml");
    cargo(tally, &["fmt", "--check", "--manifest-path", &manifest], &[])?;
    // The fuzzer would bring the lock file up to date in silence.
    cargo(tally, &["fetch", "--locked", "--manifest-path", &manifest], &[])?;
    let results: Vec<_> = targets()?.iter().map(|target| one(tally, target)).collect();
    let faults: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

fn on_nightly(arguments: &[&str]) -> Command {
    let mut command = in_root("rustup");
    command.args(["run", "nightly"]).args(arguments);
    command
}

fn starts(command: &mut Command) -> bool {
    captured(command, "").is_ok_and(|output| output.status.success())
}

/// The names of the targets: one a file, so that none is forgotten.
fn targets() -> Result<Vec<String>, String> {
    let folder = tree::root().join(FOLDER).join("fuzz_targets");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        targets.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    targets.sort();
    Ok(targets)
}

fn one(tally: &mut Tally, target: &str) -> Result<(), String> {
    let [corpus, seeds] = ["corpus", "seeds"].map(|kind| format!("{FOLDER}/{kind}/{target}"));
    // What is found is written into the first folder; git knows the second alone.
    let made = std::fs::create_dir_all(tree::root().join(Path::new(&corpus)));
    made.map_err(|error| format!("{corpus}: {error}"))?;
    let mut command = on_nightly(&["cargo", "fuzz", "run", "--fuzz-dir", FOLDER, target, &corpus, &seeds, "--"]);
    command.args([SECONDS, "-seed=1", "-timeout=10", "-print_final_stats=1", &format!("-dict={FOLDER}/http.dict")]);
    shown(tally, &mut command)
}
