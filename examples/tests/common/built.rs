//! Turns the name of an example into its executable, built as the test that asks for it is.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds the example, with https if the test has it; if it is up to date that takes no time.
pub(crate) fn example(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "wheelwright-examples", "--example", name, "--message-format", "json"]);
    if cfg!(feature = "tls") {
        cargo.args(["--features", "tls"]);
    }
    if is_optimised() {
        cargo.arg("--release");
    }
    // Told of this test's package, some build scripts would take it for news, and build anew what is there.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
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
