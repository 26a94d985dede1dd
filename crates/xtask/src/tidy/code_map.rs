//! Turns a module that ARCHITECTURE.md's code map leaves out, and a file that it names and nobody has, into complaints.

use super::Complaint;
use crate::tree::{Source, Tree, identifier};

const PAGE: &str = "ARCHITECTURE.md";
const FOLDER: &str = "crates/wheelwright/src/";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let root = format!("{FOLDER}lib.rs");
    let (Some(page), Some(root)) = (tree.text(PAGE), tree.sources.iter().find(|source| source.path == root)) else {
        return Vec::new();
    };
    let rows: Vec<(usize, &str)> =
        page.lines().enumerate().filter(|(_, line)| line.starts_with("| `")).map(|(at, line)| (at + 1, line)).collect();
    let missing = modules(root).into_iter().filter(|(_, name)| {
        let file = format!("`{name}.rs`");
        !rows.iter().any(|(_, row)| first_cell(row).contains(&file))
    });
    let missing = missing.map(|(at, name)| {
        Complaint::at(root, at, format!("`{name}` is not in the code map of {PAGE}: say what it is for"))
    });
    let gone = rows.iter().flat_map(|&(line, row)| {
        let files = first_cell(row).split('`').skip(1).step_by(2).filter(|file| file.ends_with(".rs"));
        let gone = files.filter(|file| !tree.sources.iter().any(|source| source.path == format!("{FOLDER}{file}")));
        gone.map(move |file| Complaint::new(PAGE, line, format!("there is no `{file}`: the map has not followed")))
    });
    missing.chain(gone).collect()
}

fn first_cell(row: &str) -> &str {
    row.split('|').nth(1).unwrap_or_default()
}

/// The modules that the crate's root declares, but for those of the tests.
fn modules(root: &Source) -> Vec<(usize, String)> {
    let declared = root.words("mod").filter(|&at| !root.in_test(at));
    declared.filter_map(|at| Some((at, identifier(&root.code[at + 4..])?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::complaints;

    #[test]
    fn the_map_has_each_module_and_no_other() {
        let root = ("crates/wheelwright/src/lib.rs", "pub mod net;\n#[cfg(test)]\nmod tests;\n");
        let file = ("crates/wheelwright/src/net.rs", "");
        let found = |page: &str| complaints(check, &[root, file, ("ARCHITECTURE.md", page)]);
        assert_eq!(found("| `net.rs`, `net/*` | sockets |"), Vec::<String>::new());
        assert_eq!(found("`net.rs`\n| sockets | `net.rs` |").len(), 1);
        let gone = found("| `net.rs` | |\n| `disk.rs` | |");
        assert!(gone.len() == 1 && gone[0].starts_with("2 ") && gone[0].contains("`disk.rs`"), "{gone:?}");
    }
}
