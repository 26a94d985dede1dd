//! Turns the Python that chapters show into complaints about what of it does not run.

use std::collections::BTreeSet;
use std::process::Command;

use crate::directives::Sources;

/// Runs each file that is shown, once.
pub(super) fn complaints<'a>(sources: &Sources, chapters: impl Iterator<Item = &'a str>) -> Vec<String> {
    let shown = shown(chapters);
    if !shown.is_empty() && !python(sources, &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).0 {
        println!("Python: SKIPPED: no Python of 3.11 or later answers to `python3`");
        return Vec::new();
    }
    let ended = shown.into_iter().map(|file| {
        let path = format!("book/python/{file}");
        (python(sources, &["-B", &path]), path)
    });
    let failed = ended.filter(|((is_well, _), _)| !is_well);
    failed.map(|((_, said), path)| format!("{path}: does not run: {said}")).collect()
}

fn shown<'a>(chapters: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let named = chapters.flat_map(|text| text.split("{{#python ").skip(1));
    named.filter_map(|rest| rest.split([' ', '}']).next()).collect()
}

/// Whether it ended well, and what it complained of.
fn python(sources: &Sources, arguments: &[&str]) -> (bool, String) {
    match Command::new("python3").args(arguments).current_dir(&sources.root).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.success(), said.lines().last().unwrap_or_default().to_owned())
        }
        Err(error) => (false, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn files_that_are_shown_are_found_once() {
        let chapters = ["a {{#python a.py}} b {{#python b.py main}}", "{{#python a.py f}} {{#item a.rs b}}"];
        assert_eq!(shown(chapters.into_iter()).into_iter().collect::<Vec<_>>(), ["a.py", "b.py"]);
    }
}
