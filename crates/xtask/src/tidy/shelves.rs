//! Turns an import that goes upwards inside the runtime crate into a complaint.
//!
//! The modules stand on shelves, the lowest first; `SHELVES` is the whole rule. It is the table that ARCHITECTURE.md
//! draws: who may know whom. The HTTP crate needs no shelf, for it is a crate of its own and sees the public API only.

use super::Complaint;
use crate::tree::{Source, Tree, closing, identifier};

const FOLDER: &str = "crates/wheelwright/src/";

/// Modules that may know the same others.
struct Shelf {
    modules: &'static [&'static str],
    may_use: &'static [&'static str],
}

const SHELVES: &[Shelf] = &[
    // Plain data, that everyone may write to.
    Shelf { modules: &["observe", "panics", "report", "show"], may_use: &[] },
    // In which order: numbers, that know nothing of what they order.
    Shelf { modules: &["schedule"], may_use: &["observe", "report"] },
    // A waker is a number: of a slot in this thread's table, or of one behind another thread's mailbox.
    Shelf {
        modules: &["waker", "ready", "mailbox"],
        may_use: &["observe", "panics", "report", "schedule", "waker", "ready", "mailbox"],
    },
    Shelf { modules: &["wait_list"], may_use: &["waker"] },
    // The parts of the loop: none knows another, all they know of tasks is how to wake them.
    Shelf {
        modules: &["task", "reactor", "wheel", "pool"],
        may_use: &["observe", "panics", "report", "waker", "ready", "wait_list"],
    },
    // A part with what makes it usable: the wheel with its clock, the outcome of work done elsewhere.
    Shelf { modules: &["timer"], may_use: &["observe", "panics", "report", "waker", "wheel"] },
    Shelf { modules: &["completion"], may_use: &["observe", "panics", "report", "waker", "task"] },
    // They run on any executor; of the loop's table they know the budget, which is endless elsewhere.
    Shelf { modules: &["sync", "future"], may_use: &["observe", "panics", "report", "waker", "ready", "wait_list"] },
    // The only module that knows all the parts.
    Shelf {
        modules: &["runtime"],
        may_use: &[
            "observe",
            "panics",
            "report",
            "schedule",
            "waker",
            "ready",
            "mailbox",
            "task",
            "reactor",
            "wheel",
            "pool",
            "timer",
            "completion",
        ],
    },
    // Leaf futures, and what is built of tasks, slots and timers.
    Shelf {
        modules: &[
            "blocking",
            "time",
            "fs",
            "net",
            "io",
            "signal",
            "group",
            "scope",
            "task_group",
            "cleanup",
            "rate_limiter",
            "inspect",
            "record",
            "slow",
        ],
        may_use: &[
            "observe",
            "panics",
            "report",
            "schedule",
            "waker",
            "wait_list",
            "ready",
            "mailbox",
            "task",
            "reactor",
            "wheel",
            "pool",
            "timer",
            "completion",
            "sync",
            "future",
            "runtime",
            "blocking",
            "time",
            "net",
            "signal",
            "group",
        ],
    },
    // Its own parts run on any executor; what needs timers or slots stands on the shelf below, and is re-exported.
    Shelf { modules: &["stream"], may_use: &["observe", "panics", "report", "waker", "time", "group"] },
];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let inside =
        |source: &&Source| source.path.starts_with(FOLDER) && !source.path.ends_with("/src/lib.rs") && !source.is_test;
    tree.sources.iter().filter(inside).flat_map(imports).collect()
}

fn imports(source: &Source) -> Vec<Complaint> {
    let module = module_of(&source.path);
    let Some(shelf) = SHELVES.iter().find(|shelf| shelf.modules.contains(&module)) else {
        let what = format!("`{module}` stands on no shelf: say in {} what it may import", file!());
        return vec![Complaint::new(&source.path, 1, what)];
    };
    let mut complaints = Vec::new();
    for (at, name) in mentioned(source) {
        if source.in_test(at) || name == module || shelf.may_use.contains(&name.as_str()) {
            continue;
        }
        let known = SHELVES.iter().any(|shelf| shelf.modules.contains(&name.as_str()));
        let why = if known { "imports go downwards only" } else { "name the module it lives in, not the crate's root" };
        complaints.push(Complaint::at(source, at, format!("`{module}` knows `{name}`: {why}")));
    }
    complaints
}

/// `net/tcp.rs` belongs to `net`.
fn module_of(path: &str) -> &str {
    let inside = &path[FOLDER.len()..];
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The first segment of every path that starts at the crate's root, and where it stands.
fn mentioned(source: &Source) -> Vec<(usize, String)> {
    let depth = source.path[FOLDER.len()..].matches('/').count() + 1;
    let from_above = "super::".repeat(depth);
    let roots = source.words("crate").map(|at| (at, at + "crate".len()));
    let supers = source.code.match_indices(&from_above).map(|(at, found)| (at, at + found.len() - "::".len()));
    let supers = supers.filter(|&(at, _)| !source.code[..at].ends_with("super::"));
    roots
        .chain(supers)
        .flat_map(|(at, end)| first_segments(&source.code, end).into_iter().map(move |name| (at, name)))
        .collect()
}

/// What follows `crate` at `end`: one name, or each first name of a list in braces.
fn first_segments(code: &str, end: usize) -> Vec<String> {
    let Some(rest) = code[end..].strip_prefix("::") else { return Vec::new() };
    if !rest.starts_with('{') {
        return identifier(rest).into_iter().map(str::to_owned).collect();
    }
    let list = &rest[1..closing(rest, 0)];
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expects_name = true;
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            _ if expects_name && !letter.is_whitespace() => {
                names.extend(identifier(&list[at..]).map(str::to_owned));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{SHELVES, check};
    use crate::tidy::planted::{complaints, tells};

    #[test]
    fn an_import_upwards_is_found() {
        let sound = "use crate::waker::Key;\n// crate::task\n#[cfg(test)]\nmod tests { use crate::runtime::Runtime; }";
        let path = "crates/wheelwright/src/wheel.rs";
        tells(check, path, sound, "use std::io;\nuse crate::reactor::Reactor;", (2, "`wheel` knows `reactor`"));
        tells(check, path, sound, "fn a() { crate::runtime::current() }", (1, "`runtime`"));
        tells(check, path, sound, "use crate::{\n    observe::{self, Wait}, waker, task::Task};", (1, "`task`"));
        tells(check, path, sound, "use super::task;", (1, "`task`"));
    }

    #[test]
    fn super_counts_from_the_folder_it_stands_in() {
        let path = "crates/wheelwright/src/wheel/level.rs";
        tells(check, path, "use super::task;", "use super::super::task;", (1, "`task`"));
    }

    #[test]
    fn an_import_from_the_root_is_found() {
        tells(check, "crates/wheelwright/src/net.rs", "use crate::runtime::spawn;", "use crate::spawn;", (1, "root"));
    }

    #[test]
    fn a_module_without_a_shelf_is_found() {
        assert_eq!(complaints(check, &[("crates/wheelwright/src/lib.rs", "mod attic;")]), Vec::<String>::new());
        let attic = ("crates/wheelwright/src/attic.rs", "");
        assert_eq!(complaints(check, &[attic]).len(), 1);
        let for_tests = ("crates/wheelwright/src/lib.rs", "#[cfg(test)]\nmod attic;");
        let below = ("crates/wheelwright/src/attic/box.rs", "");
        assert_eq!(complaints(check, &[for_tests, attic, below]), Vec::<String>::new());
    }

    #[test]
    fn a_shelf_may_only_use_what_stands_on_or_below_it() {
        for (height, shelf) in SHELVES.iter().enumerate() {
            let above = SHELVES[height + 1..].iter().flat_map(|shelf| shelf.modules);
            assert_eq!(above.filter(|module| shelf.may_use.contains(module)).count(), 0, "{:?}", shelf.modules);
        }
    }
}
