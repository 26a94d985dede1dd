//! Turns the book into complaints: what its chapters lack, what in them nobody compiled or measured, and where links lead to nothing.

mod chapter; // one chapter: its parts, its length, its code, its figures
mod commands; // the commands and paths: whether what they name is there
mod links; // the pages: where they lead, and whether they ask anybody outside
mod python; // the Python that is shown: whether it runs

use std::path::Path;

use crate::build::{self, Text};
use crate::directives::{Sources, read};
use crate::{picture, trace};

/// Builds the book and checks all of it.
///
/// # Errors
/// Every complaint, a line each.
pub(crate) fn run(sources: &Sources) -> Result<(), String> {
    let texts = build::chapters(sources)?;
    let pages = build::build(sources)?;
    let written = || texts.iter().map(|text| text.written.as_str());
    let mut complaints: Vec<String> = texts.iter().flat_map(of_chapter).collect();
    complaints.extend(commands::complaints(sources, &texts)?);
    complaints.extend(links::check(&pages)?);
    complaints.extend(python::complaints(sources, written()));
    complaints.extend(stale_pictures(sources, &pages, &trace::names(written()))?);
    if !complaints.is_empty() {
        return Err(format!("{}\nbook: {} complaints", complaints.join("\n"), complaints.len()));
    }
    let numbered: Vec<&Text> = texts.iter().filter(|text| text.is_numbered).collect();
    println!("The book is whole: {} chapters, {} with a number.", texts.len(), numbered.len());
    numbered.into_iter().for_each(|text| println!("  {}", chapter::size(text)));
    Ok(())
}

fn of_chapter(text: &Text) -> Vec<String> {
    let found = chapter::complaints(text);
    found.into_iter().map(|what| format!("book/src/{}: {what}", text.path.display())).collect()
}

/// Committed pictures that are not of the run as it is now.
fn stale_pictures(sources: &Sources, pages: &Path, shown: &[String]) -> Result<Vec<String>, String> {
    let mut stale = Vec::new();
    for name in shown {
        let committed = sources.book("traces").join(format!("{name}.svg"));
        if read(&committed)? != read(&pages.join(format!("traces/{name}.svg")))? {
            stale.push(format!(
                "book/traces/{name}.svg: is not of the run as it is now: `cargo xtask book --bless` renews it"
            ));
        }
    }
    let undressed = picture::stale(&sources.book("pictures"))?.into_iter().map(|(file, _)| file);
    stale.extend(undressed.map(|file| {
        let shown = file.strip_prefix(&sources.root).unwrap_or(&file).display();
        format!("{shown}: has not the style of style.css: `cargo xtask book --bless` copies it")
    }));
    // A picture that no chapter shows.
    let files = std::fs::read_dir(sources.book("traces")).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    stale.extend(
        names.filter(|name| !shown.contains(name)).map(|name| format!("book/traces/{name}.svg: no chapter shows it")),
    );
    Ok(stale)
}
