//! Turns the repository into a list of complaints: every house rule that a machine can check.

mod catalogue; // the facts of HTTP that tests have to show
mod cfg_knobs; // which conditions code may be compiled under
mod code_map; // what ARCHITECTURE.md says of the modules
mod counts; // how large the crates may grow, and what ARCHITECTURE.md says
mod dependencies; // which crates may stand in the tree, and how many
mod documentation; // what may await says what cancelling it does
mod migration; // words of others that should lead to ours
mod names; // words that say nothing, notes to oneself, macros
mod paths; // no file knows the machine it was written on
mod programs; // examples that a reader can start, change and finish
mod public_items; // what the documentation of the public leaves out
mod shape; // the first line, the length of files and functions
mod shelves; // which module of the runtime may import which
mod unsafe_code; // where it may stand, and that it says why

use crate::bench::readme;
use crate::tree::{self, Source, Tree};

use std::fmt;
use std::process::ExitCode;

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// What is wrong, and why it is a rule.
    pub(crate) what: String,
}

impl Complaint {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Complaint {
        Complaint { file: file.to_owned(), line, what: what.into() }
    }

    /// A complaint about the place `at` of a Rust file.
    fn at(source: &Source, at: usize, what: impl Into<String>) -> Complaint {
        Complaint::new(&source.path, source.line(at), what)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The checks that need nothing but the files.
const CHECKS: &[fn(&Tree) -> Vec<Complaint>] = &[
    shape::check,
    names::check,
    shelves::check,
    cfg_knobs::check,
    unsafe_code::check,
    documentation::check,
    code_map::check,
    migration::check,
    public_items::check,
    programs::check,
    paths::check,
    counts::check,
    catalogue::check,
    figures,
];

/// README's figures are those of the files.
fn figures(tree: &Tree) -> Vec<Complaint> {
    let Some(readme) = tree.text("README.md") else { return Vec::new() };
    let checked = readme::check(readme, |path| tree.text(path).map(str::to_owned));
    checked.err().map(|what| Complaint::new("README.md", 1, what)).into_iter().collect()
}

/// Runs `cargo xtask tidy`.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let result = match options {
        [] => report(),
        ["--counts"] => load().map(|tree| print!("{}", counts::table(&tree))),
        ["--catalogue"] => load().map(|tree| print!("{}", catalogue::table(&tree))),
        ["--bless"] => load().and_then(|tree| counts::bless(&tree::root(), &tree)),
        _ => Err("usage: cargo xtask tidy [--counts | --catalogue | --bless]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidy: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints every complaint at once.
pub(crate) fn report() -> Result<(), String> {
    let tree = load()?;
    let mut complaints: Vec<Complaint> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    complaints.extend(dependencies::check(&tree::root()));
    complaints.sort();
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!("{}", shape::summary(&tree));
    let count = complaints.len();
    (count == 0).then_some(()).ok_or_else(|| format!("{count} complaint{}", if count == 1 { "" } else { "s" }))
}

fn load() -> Result<Tree, String> {
    Tree::load(&tree::root()).map_err(|error| format!("cannot read the repository: {error}"))
}

/// What the tests of the checks share.
#[cfg(test)]
mod planted {
    use super::{Complaint, Tree};

    /// Runs one check over files that exist only in the test, and gives `line what` of each complaint.
    pub(super) fn complaints(check: fn(&Tree) -> Vec<Complaint>, files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned()));
        check(&Tree::of(files)).into_iter().map(|found| format!("{} {}", found.line, found.what)).collect()
    }

    /// Asserts that a check is silent about `sound` and complains about `faulty`, at the given line, with the given words.
    #[track_caller]
    pub(super) fn tells(
        check: fn(&Tree) -> Vec<Complaint>,
        path: &str,
        sound: &str,
        faulty: &str,
        (line, words): (usize, &str),
    ) {
        assert_eq!(complaints(check, &[(path, sound)]), Vec::<String>::new(), "a sound file");
        let found = complaints(check, &[(path, faulty)]);
        assert_eq!(found.len(), 1, "one fault, one complaint: {found:#?}");
        assert!(found[0].starts_with(&format!("{line} ")) && found[0].contains(words), "{found:#?}");
    }
}
