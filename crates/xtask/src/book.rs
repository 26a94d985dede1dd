//! Turns `cargo xtask book` into a run of the book's own builder, which needs more crates than the other chores.

use crate::tree;

use std::process::{Command, ExitCode};

/// Runs the builder with the same options.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--package", "wheelwright-book", "--"]).args(options).current_dir(tree::root());
    match command.status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("book: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
