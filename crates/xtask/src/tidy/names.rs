//! Turns names that say nothing, notes left for later and too many macros into complaints.

use super::Complaint;
use crate::tree::{Source, Tree, identifier, words_in};

/// A word that would fit anything names nothing.
const EMPTY_WORDS: &[&str] = &["Inner", "Shared", "Core", "Manager", "Util", "Utils", "Helper", "Helpers", "Context2"];

const DECLARATIONS: &[&str] = &["struct", "enum", "union", "trait", "type", "mod"];

/// Marks of work that is not done.
const NOTES: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> =
        tree.sources.iter().flat_map(|source| [names(source), file_name(source), notes(source)]).flatten().collect();
    complaints.extend(macros(tree));
    complaints
}

fn names(source: &Source) -> Vec<Complaint> {
    let declared = DECLARATIONS.iter().flat_map(|keyword| source.words(keyword).map(|at| (at, at + keyword.len())));
    let found = declared.filter_map(|(at, after)| {
        let name = identifier(source.code[after..].trim_start())?;
        let word = empty_word(name)?;
        Some(Complaint::at(source, at, format!("`{name}`: {word} fits anything; a noun that a beginner would guess")))
    });
    found.collect()
}

fn file_name(source: &Source) -> Vec<Complaint> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    if name == "mod.rs" {
        return vec![Complaint::new(
            &source.path,
            1,
            "no mod.rs: `foo.rs` beside `foo/`, so that a tab bears its name",
        )];
    }
    // A program is named after its topic, and a topic in the words of those who ask for it.
    let is_program = source.path.strip_prefix("examples/") == Some(name);
    let word = empty_word(name.trim_end_matches(".rs")).filter(|_| !is_program);
    word.map(|word| Complaint::new(&source.path, 1, format!("{word} fits any file; name what it holds")))
        .into_iter()
        .collect()
}

/// The empty word among the words of a name, in either spelling.
fn empty_word(name: &str) -> Option<&'static str> {
    let is_word_of = |word: &str| {
        let lower = word.to_lowercase();
        let camel = name.match_indices(word).any(|(at, _)| {
            let before = name[..at].chars().last();
            let after = name[at + word.len()..].chars().next();
            !before.is_some_and(char::is_uppercase) && !after.is_some_and(char::is_lowercase)
        });
        camel || name.split('_').any(|part| part == lower)
    };
    EMPTY_WORDS.iter().copied().find(|word| is_word_of(word))
}

fn notes(source: &Source) -> Vec<Complaint> {
    let what = "is work that waits: do it, or write it where work is planned";
    let complain = |at: usize, note: &str| Complaint::at(source, at, format!("`{note}` {what}"));
    let in_comments = NOTES.iter().flat_map(|note| words_in(&source.comments, note).map(move |at| complain(at, note)));
    let in_code =
        UNFINISHED.iter().flat_map(|call| source.code.match_indices(call).map(move |(at, _)| complain(at, call)));
    in_comments.chain(in_code).collect()
}

/// One macro in all crates: go-to-definition must work.
fn macros(tree: &Tree) -> Vec<Complaint> {
    let crates = tree.sources.iter().filter(|source| source.path.starts_with("crates/"));
    let all = crates.flat_map(|source| source.words("macro_rules").map(move |at| (source, at)));
    let what = "a second macro_rules!: at most one, for go-to-definition must work";
    all.skip(1).map(|(source, at)| Complaint::at(source, at, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::{complaints, tells};

    #[test]
    fn a_name_that_fits_anything_is_found() {
        tells(check, "a.rs", "struct Source; struct Score; mod corer;", "\nstruct SourceInner;", (2, "Inner"));
        tells(check, "a.rs", "struct Cored;", "enum Core {}", (1, "`Core`"));
        tells(check, "a.rs", "mod cores;", "mod timer_helpers;", (1, "Helpers"));
    }

    #[test]
    fn a_file_name_that_fits_anything_is_found() {
        assert_eq!(complaints(check, &[("a/utils.rs", ""), ("a/mod.rs", ""), ("a/wheel.rs", "")]).len(), 2);
        let programs = [("examples/per_core.rs", ""), ("examples/a/core.rs", "")];
        assert_eq!(complaints(check, &programs).len(), 1, "a program's topic may be a core");
    }

    #[test]
    fn a_note_for_later_is_found_in_comments_and_code_alone() {
        let sound = "const NOTE: &str = \"TODO\"; // a TODOlist";
        tells(check, "a.rs", sound, "fn a() {} // TODO: b", (1, "`TODO`"));
        tells(check, "a.rs", sound, "\nfn a() { todo!() }", (2, "`todo!`"));
    }

    #[test]
    fn the_second_macro_is_found() {
        let one = ("crates/a/src/a.rs", "macro_rules! a { () => {} }");
        assert_eq!(complaints(check, &[one]), Vec::<String>::new());
        assert_eq!(complaints(check, &[one, ("crates/b/src/b.rs", one.1)]).len(), 1);
    }
}
