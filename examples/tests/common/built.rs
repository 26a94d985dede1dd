//! Turns the name of an example into its executable, built as the test that asks for it is.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds the example; if it is up to date that takes no time.
pub(crate) fn example(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "wheelwright-examples", "--example", name, "--message-format", "json"]);
    if is_optimised() {
        cargo.arg("--release");
    }
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output().unwrap();
    let messages = String::from_utf8(output.stdout).unwrap();
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    built.expect("cargo names what it built")
}

/// Whether this test was built with `--release`, by the folder it lies in.
pub(crate) fn is_optimised() -> bool {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).is_some_and(|profile| profile.ends_with("release"))
}
