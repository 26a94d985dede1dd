//! Turns files that open without a sentence, or have grown too long to read at one go, into complaints.

use super::Complaint;
use crate::tree::{Source, Tree};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 40;

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    tree.sources.iter().flat_map(|source| [first_line(source), file(source), functions(source)]).flatten().collect()
}

/// The figures of the last line that tidy prints.
pub(super) fn summary(tree: &Tree) -> String {
    let mut lengths: Vec<usize> =
        tree.sources.iter().flat_map(|source| source.functions()).map(|function| function.lines).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let longest = tree.sources.iter().map(|source| source.text.lines().count()).max().unwrap_or_default();
    format!(
        "{} Rust files, the longest of {longest} lines; {} functions, median {median} lines",
        tree.sources.len(),
        lengths.len()
    )
}

fn first_line(source: &Source) -> Vec<Complaint> {
    let essay: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let sentence: String = essay.iter().take_while(|line| !line.trim().is_empty()).copied().collect();
    if sentence.starts_with(' ') && sentence.trim_end().ends_with(['.', ':']) {
        return Vec::new();
    }
    let what = "a file begins with one `//!` sentence saying what it turns into what: the list of files then reads as the \
                architecture";
    vec![Complaint::new(&source.path, 1, what)]
}

fn file(source: &Source) -> Vec<Complaint> {
    let lines = source.text.lines().count();
    if lines <= LONGEST_FILE {
        return Vec::new();
    }
    let what = format!("{lines} lines, {LONGEST_FILE} at most: split it where its story has a seam");
    vec![Complaint::new(&source.path, lines, what)]
}

fn functions(source: &Source) -> Vec<Complaint> {
    let long = source.functions().into_iter().filter(|function| LONGEST_FUNCTION < function.lines);
    long.map(|function| {
        let what = format!(
            "`{}` has {} lines, {LONGEST_FUNCTION} at most: one thought a function",
            function.name, function.lines
        );
        Complaint::at(source, function.at, what)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::tells;

    #[test]
    fn a_file_without_its_sentence_is_found() {
        tells(check, "a.rs", "//! Turns a into b.\n", "use std::io;\n", (1, "`//!` sentence"));
        tells(check, "a.rs", "//! Turns a\n//! into b.\n\n", "//! a\n", (1, "`//!` sentence"));
    }

    #[test]
    fn a_file_of_401_lines_is_found() {
        let lines = |count: usize| format!("//! Turns.\n{}", "\n".repeat(count - 1));
        tells(check, "a.rs", &lines(400), &lines(401), (401, "401 lines"));
    }

    #[test]
    fn a_function_of_41_lines_is_found() {
        let of = |count: usize| format!("//! Turns.\nfn long() {{{}}}\n", "\n".repeat(count - 1));
        tells(check, "a.rs", &of(40), &of(41), (2, "`long` has 41 lines"));
    }
}
