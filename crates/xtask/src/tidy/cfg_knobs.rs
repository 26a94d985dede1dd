//! Turns a condition that code is compiled under into a complaint, unless it is one of the few knobs.
//!
//! Each knob doubles the programs that have to be tested. Allowed are: tests; the three knobs of the build; the features
//! of the HTTP crate; and the platform, in modules that bear its name (tests and benches may ask for it anywhere).

use super::Complaint;
use crate::tree::{Source, Tree, closing, identifier};

/// With `doctest` a page of the book becomes the documentation of an item, so that its programs are run.
const ANYWHERE: &[&str] = &[
    "all",
    "any",
    "not",
    "test",
    "doctest",
    "target_pointer_width",
    "wheelwright_one_bit_generation",
    "wheelwright_no_recorder",
    "wheelwright_no_identity",
];

/// In the crates only in their platform modules; the last one tells a test which build of a program to start.
const IN_PLATFORM_MODULES: &[&str] = &[
    "target_os",
    "target_family",
    "target_arch",
    "unix",
    "windows",
    "target_vendor",
    "target_env",
    "debug_assertions",
];

const FEATURES: &[&str] = &["tls", "gzip"];

/// Where a feature puts solutions in the place of stubs.
const EXERCISES: &str = "book/exercises/";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    tree.sources.iter().flat_map(conditions).collect()
}

fn conditions(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for keyword in ["cfg", "cfg_attr"] {
        for at in source.words(keyword) {
            let open = at + keyword.len() + usize::from(source.code[at + keyword.len()..].starts_with('!'));
            if !source.code[open..].starts_with('(') {
                continue;
            }
            let end = closing(&source.code, open);
            complaints.extend(condition(source, open + 1, end, keyword == "cfg_attr"));
        }
    }
    complaints
}

/// The first thing in the condition between `from` and `to` that is no knob.
fn condition(source: &Source, from: usize, to: usize, with_attribute: bool) -> Option<Complaint> {
    let mut at = from;
    let mut depth = 0;
    while at < to {
        let rest = &source.code[at..to];
        if let Some(word) = identifier(rest) {
            if let Some(why) = refusal(source, word, &source.text[at + word.len()..to]) {
                return Some(Complaint::at(source, at, format!("`{word}` {why}")));
            }
            at += word.len();
            continue;
        }
        match rest.as_bytes()[0] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 && with_attribute => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Why `word`, followed by `after`, may not decide here what is compiled.
fn refusal(source: &Source, word: &str, after: &str) -> Option<&'static str> {
    if ANYWHERE.contains(&word) {
        return None;
    }
    if IN_PLATFORM_MODULES.contains(&word) {
        let in_place = source.path.contains("platform") || !source.path.starts_with("crates/");
        return (!in_place)
            .then_some("belongs in a module called platform: elsewhere the code reads the same everywhere");
    }
    if word == "feature" {
        let value = after.trim_start_matches([' ', '=', '"']);
        let is_listed =
            |feature| FEATURES.contains(&feature) || (feature == "solutions" && source.path.starts_with(EXERCISES));
        let listed = identifier(value).is_some_and(is_listed);
        return (!listed)
            .then_some("with a value that is none of `tls`, `gzip`: each knob doubles what has to be tested");
    }
    Some("is no knob of ours: each one doubles what has to be tested")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::tells;

    #[test]
    fn an_unknown_knob_is_found() {
        let sound = "#[cfg(all(test, not(wheelwright_no_recorder)))] mod a; #[cfg(feature = \"tls\")] mod b;
            const C: bool = cfg!(wheelwright_no_identity);";
        tells(check, "crates/a/src/a.rs", sound, "\n#[cfg(debug_assertions)]\nmod a;", (2, "`debug_assertions`"));
        tells(check, "crates/a/src/a.rs", sound, "fn a() -> bool { cfg!(loom) }", (1, "`loom`"));
    }

    #[test]
    fn an_unknown_feature_is_found() {
        let sound = "#[cfg_attr(feature = \"gzip\", allow(unused))] fn a() {}";
        tells(check, "crates/a/src/a.rs", sound, "#[cfg(feature = \"full\")] mod a;", (1, "`feature`"));
        let solutions = "#[cfg(not(feature = \"solutions\"))] mod a;";
        tells(check, "crates/a/src/a.rs", sound, solutions, (1, "`feature`"));
        tells(check, "book/exercises/src/lib.rs", solutions, "#[cfg(feature = \"full\")] mod a;", (1, "`feature`"));
    }

    #[test]
    fn the_platform_outside_its_module_is_found() {
        let text = "#[cfg(target_os = \"linux\")] mod a;";
        tells(check, "crates/a/src/a.rs", "", text, (1, "module called platform"));
        tells(check, "crates/a/src/platform.rs", text, "#[cfg(miri)] mod a;", (1, "`miri`"));
        tells(check, "tests/it/a.rs", text, "#[cfg(miri)] mod a;", (1, "`miri`"));
    }
}
