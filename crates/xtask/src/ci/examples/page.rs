//! Turns the transcripts into the table of what each program showed, so that no figure in it is typed by hand.

use super::programs::{PROGRAMS, Program};
use super::transcripts::FOLDER;
use crate::marked::Section;

const SECTION: Section = Section {
    page: "examples/README.md",
    begin: "<!-- shown: written by `cargo xtask examples --bless` -->",
    end: "<!-- /shown -->",
};

/// Writes the table anew.
pub(super) fn bless() -> Result<(), String> {
    let file = |path: &str| std::fs::read_to_string(crate::tree::root().join(path)).ok();
    let page = renewed(&file(SECTION.page).unwrap_or_default(), file)?;
    std::fs::write(crate::tree::root().join(SECTION.page), page).map_err(|error| format!("{}: {error}", SECTION.page))
}

/// Whether the page shows what the transcripts hold; the error says what to do.
pub(crate) fn check(page: &str, file: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    match renewed(page, file)? == page {
        true => Ok(()),
        false => Err(format!("its table is not that of {FOLDER}: `cargo xtask examples --bless` writes it anew")),
    }
}

fn renewed(page: &str, file: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut table = String::from("| program | what it showed, when the transcript was taken |\n|---|---|\n");
    for program in PROGRAMS {
        let path = format!("{FOLDER}/{}.txt", program.name);
        let transcript = file(&path).ok_or_else(|| format!("{path} is missing"))?;
        table.push_str(&row(program, &transcript));
    }
    SECTION.renewed(page, &table)
}

/// The program's last line is the sentence of what it showed.
fn row(program: &Program, transcript: &str) -> String {
    let name = program.name;
    let last = transcript.trim_end().lines().last().unwrap_or_default();
    format!("| [`{name}`](transcripts/{name}.txt) | {} |\n", last.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::{SECTION, check, renewed};

    #[test]
    fn a_table_that_is_not_that_of_the_transcripts_is_found() {
        let file = |_: &str| Some("a 1\n\nIt took 5 ms.\n".to_owned());
        let page = renewed(&format!("# A\n{}\n{}\n", SECTION.begin, SECTION.end), file).expect("the markers are there");
        assert!(page.contains("| It took 5 ms. |"), "{page}");
        assert_eq!(check(&page, file), Ok(()));
        assert!(check(&page.replace("5 ms", "4 ms"), file).is_err());
        assert!(check(&page, |_| None).is_err());
    }
}
