//! Turns the programs that serve pages into facts about them, as a browser sees them.

use super::commands::{Tally, built, in_root, shown, skipped};
use super::examples::manifest;
use crate::tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Here a file NAME.mjs has the facts of the example NAME.
const FOLDER: &str = "tests/browser";

/// It runs them, and says how they are written.
const HARNESS: &str = "harness.mjs";

/// Facts that are not about the pages of one example, and the example that makes theirs.
const OTHERS: &[(&str, &str)] = &[("timeline", "gather")];

/// The facts about the book, and the program that makes its pages and serves them.
const BOOK: &str = "book";
const BUILDER: &str = "wheelwright-book";

/// Longest time for the facts of a program, in seconds.
const LIMIT: &str = "400";

/// Under these names the systems have it.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// The facts of every program, also after one has failed.
pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    check(tally, &names()?, None)
}

/// Runs `cargo xtask browser`: the programs that are named, or all.
pub(crate) fn run_chore(words: &[&str]) -> ExitCode {
    let (chosen, pictures) = match *words {
        [ref chosen @ .., "--screenshots", folder] => (chosen, Some(Path::new(folder))),
        _ => (words, None),
    };
    let result = names().and_then(|known| {
        if chosen.iter().any(|name| !known.iter().any(|known| known == name)) {
            let known = known.join(", ");
            return Err(format!("usage: cargo xtask browser [NAME...] [--screenshots DIR]; the names are {known}"));
        }
        let names = known.into_iter().filter(|name| chosen.is_empty() || chosen.contains(&name.as_str()));
        check(&mut Tally::default(), &names.collect::<Vec<_>>(), pictures)
    });
    if let Err(error) = &result {
        eprintln!("browser: {error}");
    }
    ExitCode::from(u8::from(result.is_err()))
}

fn check(tally: &mut Tally, names: &[String], pictures: Option<&Path>) -> Result<(), String> {
    let Some(browser) = BROWSERS.iter().find_map(|browser| found(browser)) else {
        return skipped("browser", "no `chromium`");
    };
    if let Some(program) = ["node", "npm"].iter().find(|program| found(program).is_none()) {
        return skipped("browser", &format!("no `{program}`"));
    }
    installed(tally)?;
    let results: Vec<_> = names.iter().map(|name| one(tally, name, &browser, pictures)).collect();
    let faults: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Where a program stands, as a shell would find it.
fn found(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The programs that have facts: a file each, so that none is forgotten.
fn names() -> Result<Vec<String>, String> {
    let folder = tree::root().join(FOLDER);
    let failed = |error: std::io::Error| format!("{FOLDER}: {error}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".mjs").filter(|_| name != HARNESS).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Has npm fetch what the lock file names, unless it is there.
fn installed(tally: &mut Tally) -> Result<(), String> {
    let folder = tree::root().join(FOLDER);
    let written = |file: &str| folder.join(file).metadata().and_then(|data| data.modified()).ok();
    match written("package-lock.json") < written("node_modules/.package-lock.json") {
        true => Ok(()),
        false => shown(tally, in_root("npm").args(["ci", "--prefix", FOLDER])),
    }
}

fn one(tally: &mut Tally, name: &str, browser: &Path, pictures: Option<&Path>) -> Result<(), String> {
    let program = match name {
        BOOK => program(BUILDER, &["build", "--package", BUILDER])?,
        _ => example(name)?,
    };
    // Beside what was built, which git does not know.
    let is_target = |folder: &&Path| folder.join("CACHEDIR.TAG").exists();
    let target = program.ancestors().find(is_target).unwrap_or(Path::new("target"));
    let pictures = pictures.map_or_else(|| Ok(target.join("browser")), std::path::absolute);
    let pictures = pictures.map_err(|error| format!("the folder of the screenshots: {error}"))?;
    let mut command = in_root("timeout");
    command.args([LIMIT, "node"]).arg(Path::new(FOLDER).join(HARNESS)).arg(name).arg(&program).arg(&pictures);
    shown(tally, command.env("CHROMIUM", browser))
}

/// The example that makes the pages of which a file has the facts.
fn example(name: &str) -> Result<PathBuf, String> {
    let listed = manifest::read()?;
    let wanted = OTHERS.iter().find(|(facts, _)| *facts == name).map_or(name, |(_, example)| example);
    let example = listed.iter().find(|example| example.name == wanted);
    let example = example.ok_or_else(|| format!("{FOLDER}/{name}.mjs: {} names no such example", manifest::PATH))?;
    program(&example.name, &[&["build"], &example.arguments()[1..]].concat())
}

fn program(name: &str, arguments: &[&str]) -> Result<PathBuf, String> {
    let found = built(arguments)?.into_iter().find(|program| program.file_stem().is_some_and(|stem| *stem == *name));
    found.ok_or_else(|| format!("cargo {} built no {name}", arguments.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{found, names};

    #[test]
    fn a_program_is_found_where_a_shell_finds_it() {
        assert!(found("cargo").is_some_and(|path| path.is_absolute()));
        assert_eq!(found("no-such-program"), None);
    }

    #[test]
    fn each_file_of_facts_is_named_and_the_harness_is_none() {
        let names = names().unwrap();
        assert!(names.contains(&"web_app".to_owned()) && !names.contains(&"harness".to_owned()), "{names:?}");
    }
}
