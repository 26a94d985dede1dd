//! Turns example programs that a reader cannot start, change or finish reading into complaints.

use super::Complaint;
use crate::ci::examples::manifest::{self, Listed};
use crate::ci::examples::page;
use crate::tree::{Source, Tree};

/// A program is read at one sitting. The main one, a tool of its own, is not bound by it.
const LONGEST: usize = 120;

/// A step of the book is the step before and one idea more, and a whole program each time.
const LONGEST_STEP: usize = 150;

const STEPS: &str = "book/steps/";

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
    let from_page =
        example.path.strip_prefix("examples/").map_or_else(|| format!("../{}", example.path), str::to_owned);
    let link = format!("[`{}`]({from_page})", example.name);
    demand(tree.text(PAGE).is_some_and(|page| page.contains(&link)), format!("{PAGE} does not list it: {link}"));
    complaints
}

fn too_long(source: &Source) -> Option<Complaint> {
    let is_in = |folder: &str| source.path.starts_with(folder);
    let is_program = is_in("examples/") && !is_in("examples/tests/") && !is_in(MAIN);
    let most = if is_in(STEPS) { LONGEST_STEP } else { LONGEST };
    let lines = source.text.lines().count();
    let what = format!("{lines} lines, {most} at most: a program that shows one thing is read at one sitting");
    ((is_program || is_in(STEPS)) && most < lines).then(|| Complaint::new(&source.path, lines, what))
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
    fn a_step_of_the_book_is_held_to_what_a_program_is() {
        let manifest = "[[example]]\nname = \"step_a\"\npath = \"../book/steps/a.rs\"\n";
        let sound = SOUND.replace("example a --features b", "example step_a");
        let page = ("examples/README.md", "| [`step_a`](../book/steps/a.rs) |\n");
        let of = |program: &str| {
            let files = [("examples/Cargo.toml", manifest), ("book/steps/a.rs", program), page];
            let found = complaints(check, &files).into_iter().filter(|what| !what.contains("is missing"));
            found.collect::<Vec<_>>()
        };
        assert_eq!(of(&format!("{sound}{}", "\n".repeat(145))), Vec::<String>::new());
        assert!(of(&format!("{sound}{}", "\n".repeat(146)))[0].contains("151 lines, 150 at most"));
        assert!(of(&sound.replace("Try", "See"))[0].contains("what to change"));
    }

    #[test]
    fn a_program_that_the_page_does_not_list_is_found() {
        let of = |page: &str| complaints(check, &[MANIFEST, ("examples/a.rs", SOUND), ("examples/README.md", page)]);
        let is_unlisted = |what: &String| what.contains("does not list it");
        assert!(of("# Programs\n").iter().any(is_unlisted));
        assert!(!of("# Programs\n| [`a`](a.rs) |\n").iter().any(is_unlisted));
    }
}
