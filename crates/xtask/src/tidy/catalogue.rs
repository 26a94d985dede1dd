//! Turns the HTTP crate's catalogue and the ids that its tests bear into complaints, or into a table of both.
//!
//! A test bears an id if a string or a comment in it, or in the lines above it, begins with one: `"A 16"`, `"A 16: after a
//! reset"`, `// C 58, C 60`. The letter is part of the id, so that a search finds it; nothing is said by ranges.

use super::Complaint;
use crate::tree::{Function, Source, Tree, closing};

use std::collections::BTreeMap;
use std::fmt::Write;

const CRATE: &str = "crates/wheelwright-http/";
const PAGE: &str = "crates/wheelwright-http/tests/CATALOGUE.md";

/// A fact that the page lists.
#[derive(Debug)]
struct Fact<'p> {
    line: usize,
    id: Id,
    binds: &'p str,
    words: &'p str,
    /// Why no test can show it yet; empty where one must.
    missing: &'p str,
}

/// A section's letter and a number that counts through all sections.
type Id = (char, u16);

/// A test that bears an id.
#[derive(Debug)]
struct Bearer {
    file: String,
    line: usize,
    test: String,
}

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(page) = tree.text(PAGE) else { return Vec::new() };
    let (facts, mut complaints) = read_page(page);
    let bearers = bearers(tree);
    for (id, bearers) in &bearers {
        if !facts.iter().any(|fact| fact.id == *id) {
            let what = format!("`{} {}` is no id of {PAGE}", id.0, id.1);
            complaints.extend(bearers.iter().map(|bearer| Complaint::new(&bearer.file, bearer.line, what.clone())));
        }
    }
    complaints.extend(facts.iter().filter_map(|fact| verdict(fact, bearers.get(&fact.id))));
    complaints
}

/// What is wrong with a fact and those who bear its id.
fn verdict(fact: &Fact<'_>, bearers: Option<&Vec<Bearer>>) -> Option<Complaint> {
    let what = match bearers.and_then(|bearers| bearers.first()) {
        None if fact.missing.is_empty() => "no test bears this id: a fact that nothing shows is a hope".to_owned(),
        Some(Bearer { test, .. }) if !fact.missing.is_empty() => {
            format!("said to be missing ({}), but `{test}` bears this id", fact.missing)
        }
        _ => return None,
    };
    Some(Complaint::new(PAGE, fact.line, format!("{} {}: {what}", fact.id.0, fact.id.1)))
}

/// Every fact with the tests that show it, as Markdown.
pub(super) fn table(tree: &Tree) -> String {
    let (facts, _) = read_page(tree.text(PAGE).unwrap_or_default());
    let bearers = bearers(tree);
    let mut table = String::from("| id | binds | fact | shown by |\n|---|---|---|---|\n");
    for fact in &facts {
        let shown = bearers.get(&fact.id).map(|bearers| {
            let mut names: Vec<String> = bearers.iter().map(|bearer| format!("`{}`", bearer.test)).collect();
            names.dedup();
            names.join(", ")
        });
        let shown = shown.unwrap_or_else(|| format!("not yet: {}", fact.missing));
        let ((section, number), binds, words) = (fact.id, fact.binds, fact.words);
        writeln!(table, "| {section} {number} | {binds} | {words} | {shown} |").expect("a String takes any text");
    }
    let shown = facts.iter().filter(|fact| bearers.contains_key(&fact.id)).count();
    writeln!(table, "\n{shown} of {} have tests.", facts.len()).expect("a String takes any text");
    table
}

/// The rows of the page; they count from 1 without a gap, so that none can be lost.
fn read_page(page: &str) -> (Vec<Fact<'_>>, Vec<Complaint>) {
    let (mut facts, mut complaints): (Vec<Fact<'_>>, _) = (Vec::new(), Vec::new());
    for (line, text) in page.lines().enumerate().map(|(at, text)| (at + 1, text)) {
        let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
        let Some((id, "")) = cells.first().and_then(|cell| leading_id(cell)) else { continue };
        let [_, binds, words, missing] = cells[..] else {
            complaints.push(Complaint::new(PAGE, line, "a fact has four cells: id, binds, fact, not yet"));
            continue;
        };
        let known = |side: &str| matches!(side, "BM" | "Bs" | "CM" | "Cs" | "SM" | "Ss");
        if !binds.split(' ').all(known) {
            complaints.push(Complaint::new(PAGE, line, format!("`{binds}` says not whom it binds: B, C or S, M or s")));
        }
        let before = facts.last().map_or(('A', 0), |fact| fact.id);
        if id.1 != before.1 + 1 || id.0 < before.0 {
            complaints.push(Complaint::new(PAGE, line, format!("{} {} follows {} {}", id.0, id.1, before.0, before.1)));
        }
        facts.push(Fact { line, id, binds, words, missing });
    }
    (facts, complaints)
}

/// Who bears which id. One in a function that is no test counts for nothing: whoever calls it may never run.
fn bearers(tree: &Tree) -> BTreeMap<Id, Vec<Bearer>> {
    let mut found: BTreeMap<Id, Vec<Bearer>> = BTreeMap::new();
    for source in tree.sources.iter().filter(|source| source.path.starts_with(CRATE)) {
        let tests: Vec<_> = source.functions().into_iter().filter_map(|function| extent(source, function)).collect();
        for (at, ids) in marks(source) {
            let Some((.., test)) = tests.iter().find(|(from, to, _)| (*from..*to).contains(&at)) else { continue };
            for id in ids {
                let bearer = Bearer { file: source.path.clone(), line: source.line(at), test: test.name.clone() };
                found.entry(id).or_default().push(bearer);
            }
        }
    }
    found
}

/// Where a test begins, with the comments and attributes above it, and ends; `None` for what never runs by itself.
fn extent(source: &Source, function: Function) -> Option<(usize, usize, Function)> {
    let mut from = source.text[..function.at].rfind('\n').map_or(0, |at| at + 1);
    while let Some(line) = source.text[..from].lines().next_back() {
        if !line.trim_start().starts_with(['/', '#']) {
            break;
        }
        from -= line.len() + 1;
    }
    let above = &source.code[from..function.at];
    let runs = above.contains("#[test]") && !above.contains("#[ignore");
    let to = closing(&source.code, source.body(function.at)?);
    runs.then_some((from, to, function))
}

/// Where strings and comments begin with ids.
fn marks(source: &Source) -> Vec<(usize, Vec<Id>)> {
    let strings = source.text.match_indices('"').map(|(at, _)| (at, &source.text[at + 1..]));
    let comments = source.comments.match_indices("//").map(|(at, _)| {
        let line = source.comments[at..].lines().next().unwrap_or_default();
        (at, line.trim_start_matches(['/', '!', ' ']))
    });
    let begun = strings.chain(comments).map(|(at, text)| (at, leading_ids(text)));
    let mut marks: Vec<_> = begun.filter(|(_, ids)| !ids.is_empty()).collect();
    marks.sort();
    marks
}

/// The ids that `text` begins with, up to its end or to what explains them.
fn leading_ids(mut text: &str) -> Vec<Id> {
    let mut ids = Vec::new();
    while let Some((id, rest)) = leading_id(text) {
        if !rest.is_empty() && !rest.starts_with(['"', ',', ':', '.', '\n']) {
            break;
        }
        ids.push(id);
        let Some(next) = rest.strip_prefix(", ") else { break };
        text = next;
    }
    ids
}

/// The id that `text` begins with, and what follows it.
fn leading_id(text: &str) -> Option<(Id, &str)> {
    let section = text.chars().next().filter(|letter| ('A'..='K').contains(letter))?;
    let rest = text[1..].strip_prefix(' ')?;
    let digits = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    Some(((section, rest[..digits].parse().ok()?), &rest[digits..]))
}

#[cfg(test)]
mod tests {
    use super::{PAGE, check, leading_ids, table};
    use crate::tidy::planted::complaints;
    use crate::tree::Tree;

    const TESTS: &str = "crates/wheelwright-http/tests/all.rs";
    const ROWS: &str = "| A 1 | BM | one | |\n| A 2 | Cs | two | |\n| B 3 | SM Cs | three | later |\n";
    const SOUND: &str =
        "// A 1: so\n#[test]\nfn one() {}\n\n#[test]\nfn two() {\n    case(\"A 2, A 1\", 3); // B 50 MB\n}\n";

    fn found(page: &str, tests: &str) -> Vec<String> {
        complaints(check, &[(PAGE, page), (TESTS, tests)])
    }

    #[test]
    fn every_fact_has_its_test_or_its_excuse() {
        assert_eq!(found(ROWS, SOUND), Vec::<String>::new());
        let table = table(&Tree::of([(PAGE.to_owned(), ROWS.to_owned()), (TESTS.to_owned(), SOUND.to_owned())]));
        assert!(table.contains("| A 1 | BM | one | `one`, `two` |") && table.contains("2 of 3 have tests"), "{table}");
    }

    #[track_caller]
    fn tells(page: &str, tests: &str, line: usize, words: &str) {
        let found = found(page, tests);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{line} ")) && found[0].contains(words), "{found:?}");
    }

    #[test]
    fn a_fact_without_a_test_is_found() {
        tells(ROWS, &SOUND.replace("A 2, A 1", "A 1"), 2, "A 2: no test bears this id");
        tells(
            ROWS,
            &SOUND.replace("#[test]\nfn two", "#[test]\n#[ignore]\nfn two").replace("A 2, ", "").replace("A 1\"", "\""),
            2,
            "A 2",
        );
    }

    #[test]
    fn an_excuse_that_has_expired_is_found() {
        tells(ROWS, &SOUND.replace("A 2, A 1", "A 2, B 3"), 3, "said to be missing (later), but `two`");
    }

    #[test]
    fn an_id_of_no_fact_is_found() {
        tells(ROWS, &SOUND.replace("A 2, A 1", "A 2, B 1"), 7, "`B 1` is no id");
        tells(ROWS, &SOUND.replace("#[test]\nfn two", "fn two"), 2, "A 2: no test bears this id");
    }

    #[test]
    fn a_page_with_a_gap_is_found() {
        tells(&ROWS.replace("| A 2 | Cs | two | |\n", ""), &SOUND.replace("A 2, A 1", "A 1"), 2, "B 3 follows A 1");
        tells(&ROWS.replace("Cs | two", "Xs | two"), SOUND, 2, "`Xs`");
    }

    #[test]
    fn ids_are_told_from_other_words() {
        assert_eq!(leading_ids("A 1, B 20: why"), [('A', 1), ('B', 20)]);
        assert_eq!(leading_ids("C 3, cut at {end}"), [('C', 3)]);
        for text in ["A 50 MB body", "A body", "L 1", "A1", "A 1-3"] {
            assert!(leading_ids(text).is_empty(), "{text}");
        }
    }
}
