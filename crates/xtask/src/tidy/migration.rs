//! Turns a word of the migration page that leads nowhere into a complaint.
//!
//! The page's tables set the words of others beside ours. Ours stand in the page's own program too, which is compiled as a
//! test, so a name that is gone is found there. Each word of others that is a name is found by the search of the
//! documentation: it is one of ours, or an alias of one.

use super::Complaint;
use crate::tree::{Source, Tree, closing, identifier, words_in};

use std::collections::BTreeSet;

const PAGE: &str = "book/src/migration.md";

const CRATES: &[&str] = &["crates/wheelwright/src/", "crates/wheelwright-http/src/"];

/// The headings of the columns; every other one holds prose.
const OURS: &str = "Wheelwright";
const OF_OTHERS: &[&str] = &["asyncio", "tokio", "elsewhere"];

/// What is std's, and needs no alias.
const OF_STD: &[&str] = &["drop"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(page) = tree.text(PAGE) else { return Vec::new() };
    let (rows, program) = read(page);
    let known = words_that_lead_somewhere(tree);
    rows.iter().flat_map(|row| row.complaints(&program, &known)).collect()
}

/// One line of a table, as the code in its cells.
struct Row<'p> {
    line: usize,
    ours: Vec<&'p str>,
    of_others: Vec<&'p str>,
}

impl Row<'_> {
    fn complaints(&self, program: &str, known: &BTreeSet<String>) -> Vec<Complaint> {
        let uncompiled = self.ours.iter().map(|code| path(code)).filter(|path| !names(program, path));
        let uncompiled = uncompiled
            .map(|path| format!("`{path}` is not in the page's program, so nobody would notice if it were gone"));
        let words = self.of_others.iter().filter(|_| !self.ours.is_empty()).filter_map(|code| last_name(code));
        let lost = words.filter(|word| !known.contains(*word)).map(|word| {
            format!("`{word}` finds nothing in the documentation: give what it leads to this `doc(alias)`")
        });
        uncompiled.chain(lost).map(|what| Complaint::new(PAGE, self.line, what)).collect()
    }
}

/// The rows of the page's tables, and the code of its programs.
fn read(page: &str) -> (Vec<Row<'_>>, String) {
    let (mut rows, mut program, mut columns, mut in_program) = (Vec::new(), String::new(), Vec::new(), false);
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            in_program = !in_program;
            continue;
        }
        if in_program {
            program.push_str(line);
            program.push('\n');
            continue;
        }
        if !line.starts_with('|') {
            columns.clear();
            continue;
        }
        let cells = cells(line);
        if columns.is_empty() {
            columns = cells;
            continue;
        }
        let code_under = |wanted: &dyn Fn(&str) -> bool| {
            let under = columns.iter().zip(&cells).filter(|(column, _)| wanted(column));
            under.flat_map(|(_, cell)| cell.split('`').skip(1).step_by(2)).collect()
        };
        rows.push(Row {
            line: number + 1,
            ours: code_under(&|column| column == OURS),
            of_others: code_under(&|column| OF_OTHERS.contains(&column)),
        });
    }
    (rows, Source::new("program.rs".to_owned(), program).code)
}

/// What stands between the bars of a line, but for those that are escaped.
fn cells(line: &str) -> Vec<&str> {
    let bars = line.match_indices('|').map(|(at, _)| at).filter(|&at| !line[..at].ends_with('\\'));
    let bars: Vec<usize> = bars.collect();
    bars.windows(2).map(|pair| line[pair[0] + 1..pair[1]].trim()).collect()
}

/// The path that a piece of code begins with: of a call, what is called.
fn path(code: &str) -> &str {
    let end = code.find(|letter: char| !letter.is_alphanumeric() && !"_:".contains(letter));
    &code[..end.unwrap_or(code.len())]
}

/// Whether the program says this path, from its first segment on.
fn names(program: &str, path: &str) -> bool {
    words_in(program, path).any(|at| !program[..at].ends_with(['.', ':']))
}

/// The name that a path, a call, a macro or an attribute of another library ends with; `None` if it is none of these.
fn last_name(code: &str) -> Option<&str> {
    let path = code.trim_start_matches("#[").trim_end_matches([']', '!', '@']);
    let path = &path[..path.find('(').unwrap_or(path.len())];
    let is_path = path.chars().all(|letter| letter.is_alphanumeric() || "_.:".contains(letter));
    let name = path.rsplit(['.', ':']).next().filter(|name| is_path && !name.is_empty())?;
    (!OF_STD.contains(&name)).then_some(name)
}

/// The public names of our crates, and their aliases.
fn words_that_lead_somewhere(tree: &Tree) -> BTreeSet<String> {
    let sources = tree.sources.iter().filter(|source| CRATES.iter().any(|folder| source.path.starts_with(folder)));
    sources.flat_map(|source| [public_names(source), aliases(source)]).flatten().collect()
}

fn public_names(source: &Source) -> Vec<String> {
    let is_trait = source.code.contains("pub trait ");
    let declared = |line: &str| {
        let item = line.trim_start();
        let open = item.strip_prefix("pub ").or_else(|| Some(item).filter(|_| is_trait))?;
        let open = open.trim_start_matches("async ").trim_start_matches("const ");
        let (keyword, rest) = open.split_once(' ')?;
        let is_item = ["fn", "struct", "enum", "trait", "type", "mod", "static"].contains(&keyword);
        identifier(rest).filter(|_| is_item).map(str::to_owned)
    };
    source.code.lines().filter_map(declared).collect()
}

fn aliases(source: &Source) -> Vec<String> {
    let marks = source.code.match_indices("doc(alias").map(|(at, _)| at + "doc".len());
    let lists = marks.map(|open| &source.text[open..closing(&source.code, open)]);
    // A macro of others is found with its mark and without.
    lists
        .flat_map(|list| list.split('"').skip(1).step_by(2))
        .map(|word| word.trim_end_matches('!').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{PAGE, check};
    use crate::tidy::planted::{complaints, tells};

    fn page(row: &str) -> String {
        let head = "| asyncio | tokio | Wheelwright | what differs |\n|---|---|---|---|\n";
        format!("{head}{row}\n\n```rust\nuse wheelwright::{{a_name, time}};\ntime::sleep(1).known(\"written\");\n```\n")
    }

    #[test]
    fn a_name_of_ours_that_the_program_does_not_use_is_found() {
        let sound = page("| | | `a_name`, `time::sleep(d)` | not `gone` |");
        tells(check, PAGE, &sound, &page("| | | `a_name`, `gone` | |"), (3, "`gone` is not in"));
        for unused in ["sleep", "known", "written", "time::sleep::never", "a"] {
            tells(check, PAGE, &sound, &page(&format!("| | | `{unused}` | |")), (3, "is not in"));
        }
    }

    #[test]
    fn a_word_of_others_that_finds_nothing_is_found() {
        let ours = "#[doc(alias = \"one\")]\n#[doc(alias(\"two!\", \"three\"))]\npub fn four() {}\nfn five() {}\n";
        let found = |row: &str| complaints(check, &[("crates/wheelwright/src/a.rs", ours), (PAGE, &page(row))]);
        let none: Vec<String> = Vec::new();
        assert_eq!(found("| `a.one` | `two!`, `#[x::three]` | `a_name` | |"), none);
        assert_eq!(found("| `four(…, five=6)` | `async for`, `drop(x)` | `a_name` | |"), none);
        assert_eq!(found("| `five` | | | nothing of ours |"), none);
        assert_eq!(found("| `a.five(one)` | | `a_name` | |").len(), 1);
        assert_eq!(found("| | `Type::six` \\| `one` | `a_name` | |").len(), 1);
    }
}
