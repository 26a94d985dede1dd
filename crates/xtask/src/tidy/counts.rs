//! Turns the crates' lines of code into a table, and growth beyond what was promised into complaints.
//!
//! ARCHITECTURE.md states the table between two marker comments. It may lag behind a little, so that not every commit has
//! to touch it; `cargo xtask tidy --bless` writes it anew.

use super::Complaint;
use crate::marked::Section;
use crate::tree::Tree;

use std::fmt::Write;
use std::path::Path;

const PAGE: &str = "ARCHITECTURE.md";
const SECTION: Section =
    Section { page: PAGE, begin: "<!-- counts: written by `cargo xtask tidy --bless` -->", end: "<!-- /counts -->" };

/// A stated count may differ from the real one by this many lines, or by a twentieth of it.
const SLACK: usize = 20;

/// A part of the code that has promised to stay small.
struct Part {
    name: &'static str,
    /// A file with its folder, by their name without `.rs`; with it, the file alone.
    of: &'static [&'static str],
    /// What lies in there and counts elsewhere.
    but: &'static [&'static [&'static str]],
    most: usize,
}

const CRATE: &[&str] = &["crates/wheelwright/src"];

/// What stands upon the runtime and makes it comfortable; a program that does not name it does not carry it.
const TOOLBOX: &[&str] = &[
    "crates/wheelwright/src/sync",
    "crates/wheelwright/src/stream",
    "crates/wheelwright/src/future",
    "crates/wheelwright/src/group",
    "crates/wheelwright/src/task_group",
    "crates/wheelwright/src/scope",
    "crates/wheelwright/src/cleanup",
    "crates/wheelwright/src/task/local",
    "crates/wheelwright/src/io",
];

/// What shows a loop at work; a program that does not ask for it runs as if it were not there.
const SEEING: &[&str] = &[
    "crates/wheelwright/src/observe",
    "crates/wheelwright/src/inspect",
    "crates/wheelwright/src/record",
    "crates/wheelwright/src/slow",
    "crates/wheelwright/src/ready/recorded",
    "crates/wheelwright/src/ready/described",
    "crates/wheelwright/src/runtime/recorded",
    "crates/wheelwright/src/runtime/trouble",
    "crates/wheelwright/src/waker/probe",
];

const HTTP: &[&str] = &["crates/wheelwright-http/src"];

/// What a program carries only if it asks for it.
const HTTP_FEATURES: &[&str] = &["crates/wheelwright-http/src/client/tls", "crates/wheelwright-http/src/client/gzip"];

const PARTS: &[Part] = &[
    Part {
        // What stands between a wake and a poll. What a program holds of it (entry, builder, handles, their errors) is made
        // of it, and counts in the crate.
        name: "the core (tasks, wakers, mailbox, ready list, loop, reactor, wheel)",
        of: &[
            "crates/wheelwright/src/task.rs",
            "crates/wheelwright/src/waker",
            "crates/wheelwright/src/mailbox",
            "crates/wheelwright/src/ready",
            "crates/wheelwright/src/runtime.rs",
            "crates/wheelwright/src/reactor",
            "crates/wheelwright/src/wheel",
        ],
        but: &[SEEING],
        most: 1_600,
    },
    Part {
        name: "the runtime (core, ways in, time, sockets, files, threads, signals)",
        of: CRATE,
        but: &[TOOLBOX, SEEING],
        most: 5_500,
    },
    Part { name: "seeing the loop (waits, dumps, recordings)", of: SEEING, but: &[], most: 2_350 },
    Part { name: "the toolbox (sync, streams, groups, scopes, cleanup, io)", of: TOOLBOX, but: &[], most: 4_760 },
    // Was meant to be 5,500: see docs/decisions/0014, 0022 and 0024.
    Part { name: "the runtime crate, all of these", of: CRATE, but: &[], most: 12_550 },
    // Was meant to be 4,000, features and all: see docs/decisions/0019.
    Part { name: "the HTTP crate, without features", of: HTTP, but: &[HTTP_FEATURES], most: 4_350 },
    Part { name: "its features (tls, gzip)", of: HTTP_FEATURES, but: &[], most: 400 },
];

impl Part {
    fn lines(&self, tree: &Tree) -> usize {
        let lies_in = |path: &str, place: &str| {
            path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
        };
        let lies_in_one = |path: &str, places: &[&str]| places.iter().any(|place| lies_in(path, place));
        let belongs =
            |path: &str| lies_in_one(path, self.of) && !self.but.iter().any(|places| lies_in_one(path, places));
        tree.sources.iter().filter(|source| belongs(&source.path)).map(|source| source.code_lines()).sum()
    }
}

/// The table as Markdown: what ARCHITECTURE.md holds between its markers.
pub(super) fn table(tree: &Tree) -> String {
    let mut table = String::from("| part | lines of code | at most |\n|---|---|---|\n");
    for part in PARTS {
        writeln!(table, "| {} | {} | {} |", part.name, part.lines(tree), part.most).expect("a String takes any text");
    }
    table
}

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = PARTS.iter().filter_map(|part| too_large(part, part.lines(tree))).collect();
    complaints.extend(stale(tree));
    complaints
}

fn too_large(part: &Part, lines: usize) -> Option<Complaint> {
    let what = format!("{}: {lines} lines of code, {} at most: size is a feature", part.name, part.most);
    (part.most < lines).then(|| Complaint::new(part.of[0], 1, what))
}

/// What the page says, where that is no longer so.
fn stale(tree: &Tree) -> Vec<Complaint> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Complaint::new(PAGE, 1, "missing: it is the map of this code")];
    };
    let (table, line) = match SECTION.text(page) {
        Ok(found) => found,
        Err(missing) => return vec![Complaint::new(PAGE, 1, missing)],
    };
    let stated = |part: &Part| {
        let row = table.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", part.name)))?;
        row.split(' ').next()?.parse::<usize>().ok()
    };
    let complaint = |part: &Part| {
        let lines = part.lines(tree);
        let agrees = stated(part).is_some_and(|stated| stated.abs_diff(lines) <= SLACK.max(lines / 20));
        let what =
            format!("{}: it is {lines} lines by now; `cargo xtask tidy --bless` writes the table anew", part.name);
        (!agrees).then(|| Complaint::new(PAGE, line, what))
    };
    PARTS.iter().filter_map(complaint).collect()
}

/// Rewrites the table in ARCHITECTURE.md.
pub(super) fn bless(root: &Path, tree: &Tree) -> Result<(), String> {
    let page = SECTION.renewed(tree.text(PAGE).unwrap_or_default(), &table(tree))?;
    std::fs::write(root.join(PAGE), page).map_err(|error| format!("cannot write {PAGE}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{PAGE, PARTS, SECTION, check, table};
    use crate::tidy::planted::complaints;
    use crate::tree::Tree;

    const CODE: &str = "crates/wheelwright/src/reactor/turn.rs";

    fn page(count: usize) -> String {
        let code = "fn a() {}\n".repeat(count);
        let tree = Tree::of([(CODE.to_owned(), code)]);
        format!("# Map\n{}\n{}{}\n", SECTION.begin, table(&tree), SECTION.end)
    }

    fn found(code: usize, page: &str) -> Vec<String> {
        complaints(check, &[(CODE, &"fn a() {} // b\n\n// c\n".repeat(code)), (PAGE, page)])
    }

    fn most(name: &str) -> usize {
        let part = PARTS.iter().find(|part| part.name.starts_with(name));
        part.expect("it is counted").most
    }

    #[test]
    fn growth_beyond_the_promise_is_found() {
        let [core, runtime, all] = ["the core", "the runtime (", "the runtime crate"].map(most);
        assert_eq!(found(core, &page(core)), Vec::<String>::new());
        assert_eq!(found(core + 1, &page(core + 1)).len(), 1);
        assert_eq!(found(runtime + 1, &page(runtime + 1)).len(), 2, "core and runtime");
        assert_eq!(found(all + 1, &page(all + 1)).len(), 3, "the crate too");
    }

    #[test]
    fn the_toolbox_counts_in_itself_and_in_the_crate() {
        let tool = "crates/wheelwright/src/sync/mutex.rs";
        let lines = |count: usize| "fn a() {}\n".repeat(count);
        let page = |count: usize| {
            let tree = Tree::of([(tool.to_owned(), lines(count)), (CODE.to_owned(), lines(100))]);
            format!("# Map\n{}\n{}{}\n", SECTION.begin, table(&tree), SECTION.end)
        };
        let found =
            |count: usize| complaints(check, &[(tool, &lines(count)), (CODE, &lines(100)), (PAGE, &page(count))]);
        let most = most("the toolbox");
        assert_eq!(found(most), Vec::<String>::new());
        assert_eq!(found(most + 1).len(), 1, "{:?}", found(most + 1));
    }

    #[test]
    fn a_stale_count_is_found() {
        assert_eq!(found(1_000, &page(960)), Vec::<String>::new());
        assert_eq!(found(1_000, &page(940)).len(), 3, "core, runtime and crate");
    }

    #[test]
    fn a_page_without_the_table_is_found() {
        assert_eq!(found(1, "# Map\n").len(), 1);
        assert_eq!(complaints(check, &[(CODE, "")]).len(), 1);
    }
}
