//! Turns `cargo xtask book` into a run of the book's own builder, which needs more crates than the other chores.

use crate::ci::commands::in_root;

use std::process::ExitCode;

/// Runs the builder with the same options.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let mut builder = in_root("cargo");
    match builder.args(["run", "--quiet", "--package", "wheelwright-book", "--"]).args(options).status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("book: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
