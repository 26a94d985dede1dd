//! Turns example programs that a reader cannot start, change or finish reading into complaints.

use super::Complaint;
use crate::ci::examples::manifest::{self, Listed};
use crate::ci::examples::page;
use crate::tree::{Source, Tree};

/// A program is read at one sitting. The main one, a tool of its own, is not bound by it.
const LONGEST: usize = 120;

const MAIN: &str = "examples/fan_out/";

const PAGE: &str = "examples/README.md";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(manifest) = tree.text(manifest::PATH) else { return Vec::new() };
    let listed = manifest::listed(manifest);
    let mut complaints: Vec<Complaint> = listed.iter().flat_map(|example| of_example(tree, example)).collect();
    complaints.extend(tree.sources.iter().filter_map(too_long));
    complaints.extend(table(tree));
    complaints
}

fn of_example(tree: &Tree, example: &Listed) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let Some(source) = tree.sources.iter().find(|source| source.path == example.path) else {
        return vec![Complaint::new(manifest::PATH, 1, format!("{} is not there", example.path))];
    };
    let header: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            complaints.push(Complaint::new(&source.path, 1, what));
        }
    };
    let command = format!("`{}`", example.command());
    demand(
        header.iter().any(|line| line.contains(&command)),
        format!("its header does not say how to run it: {command}"),
    );
    let is_main = source.path.starts_with(MAIN);
    demand(
        is_main || header.iter().any(|line| line.starts_with(" Try: ")),
        "its header does not say what to change and try".into(),
    );
    let link = format!("[`{}`]({})", example.name, example.path.trim_start_matches("examples/"));
    demand(tree.text(PAGE).is_some_and(|page| page.contains(&link)), format!("{PAGE} does not list it: {link}"));
    complaints
}

fn too_long(source: &Source) -> Option<Complaint> {
    let is_program = source.path.starts_with("examples/") && !source.path.starts_with("examples/tests/");
    let lines = source.text.lines().count();
    let what = format!("{lines} lines, {LONGEST} at most: a program that shows one thing is read at one sitting");
    (is_program && !source.path.starts_with(MAIN) && LONGEST < lines).then(|| Complaint::new(&source.path, lines, what))
}

/// What the programs showed is what their transcripts say.
fn table(tree: &Tree) -> Option<Complaint> {
    let checked = page::check(tree.text(PAGE)?, |path| tree.text(path).map(str::to_owned));
    checked.err().map(|what| Complaint::new(PAGE, 1, what))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::complaints;

    const MANIFEST: (&str, &str) =
        ("examples/Cargo.toml", "[[example]]\nname = \"a\"\npath = \"a.rs\"\nrequired-features = [\"b\"]\n");
    const SOUND: &str = "//! Turns.\n//!\n//! `cargo run --release --example a --features b`\n//!\n//! Try: c.\n";

    fn found(program: &str) -> Vec<String> {
        let all = complaints(check, &[MANIFEST, ("examples/a.rs", program)]);
        all.into_iter().filter(|what| !what.contains("does not list it")).collect()
    }

    #[test]
    fn a_program_that_a_reader_cannot_start_or_change_is_found() {
        assert_eq!(found(SOUND), Vec::<String>::new());
        assert!(
            found(&SOUND.replace(" --features b", ""))[0].contains("`cargo run --release --example a --features b`")
        );
        assert!(found(&SOUND.replace("Try", "See"))[0].contains("what to change"));
        assert!(found(&format!("{SOUND}{}", "\n".repeat(116)))[0].contains("121 lines"));
        assert!(complaints(check, &[MANIFEST])[0].contains("is not there"));
    }

    #[test]
    fn a_program_that_the_page_does_not_list_is_found() {
        let of = |page: &str| complaints(check, &[MANIFEST, ("examples/a.rs", SOUND), ("examples/README.md", page)]);
        let is_unlisted = |what: &String| what.contains("does not list it");
        assert!(of("# Programs\n").iter().any(is_unlisted));
        assert!(!of("# Programs\n| [`a`](a.rs) |\n").iter().any(is_unlisted));
    }
}
