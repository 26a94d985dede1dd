//! Turns the name of a program into its recorded run: made anew under the paused clock, and shown as a figure.
//!
//! The page is made by each build, from the program itself. The still picture is committed, for print and for readers without
//! a script; the same run gives the same bytes, so a check tells whether it is current.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::directives::Sources;

/// The figure of a run; its page and its picture lie in `traces` beside the chapters.
///
/// # Errors
/// If there is no picture.
pub(crate) fn figure(traces: &Path, depth: usize, name: &str, title: &str) -> Result<String, String> {
    let picture = std::fs::read_to_string(traces.join(format!("{name}.svg")));
    let picture =
        picture.map_err(|_| format!("there is no book/traces/{name}.svg: make it with `cargo xtask book --bless`"))?;
    // The frame has room for them from the beginning, so that nothing moves when it is loaded.
    let rows = picture.matches("<text class=\"name\"").count();
    let up = "../".repeat(depth);
    Ok(format!(
        "<figure class=\"trace\" style=\"--rows: {rows}\">\n<iframe src=\"{up}traces/{name}.html?embed=1\" title=\"{title}\" loading=\"lazy\"></iframe>\n\
         <img src=\"{up}traces/{name}.svg\" alt=\"{title}\">\n<figcaption>{title} \
         <a href=\"{up}traces/{name}.html\" target=\"_blank\">Open it alone</a></figcaption>\n</figure>"
    ))
}

/// The names of the runs that these chapters show.
pub(crate) fn names<'a>(chapters: impl Iterator<Item = &'a str>) -> Vec<String> {
    let shown = chapters.flat_map(|text| text.split("{{#trace ").skip(1));
    let names: BTreeSet<&str> = shown.filter_map(|rest| rest.split_whitespace().next()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Runs a program, an example or a step of the book, and writes what it did to a file, in the format of its ending.
///
/// # Errors
/// If it cannot be run, or does not end well.
pub(crate) fn record(sources: &Sources, name: &str, file: &Path) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--release", "-p", "wheelwright-examples", "--example", name, "--", "--timeline"]);
    let output = command.arg(file).current_dir(&sources.root).output();
    let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
    match output.status.success() && file.exists() {
        true => Ok(()),
        false => Err(format!("{name} --timeline: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

/// Makes the committed pictures anew.
///
/// # Errors
/// As [`record`].
pub(crate) fn bless(sources: &Sources, names: &[String]) -> Result<(), String> {
    let folder = sources.book("traces");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    names.iter().try_for_each(|name| record(sources, name, &folder.join(format!("{name}.svg"))))
}
