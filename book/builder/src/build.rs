//! Turns the chapters into pages: directives are replaced, mdBook renders, runs are recorded.

use std::path::PathBuf;

use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::errors::{Error, Result as BookResult};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::directives::{self, Sources};
use crate::trace;

/// Where the pages are, from the root.
pub(crate) const PAGES: &str = "book/book";

/// A chapter as it is written, and as it is shown.
pub(crate) struct Text {
    /// Its file, below `book/src`.
    pub(crate) path: PathBuf,
    /// Whether it has a number: front matter and appendices have none.
    pub(crate) is_numbered: bool,
    pub(crate) written: String,
    pub(crate) shown: String,
}

/// Replaces directives within mdBook.
struct Directives(Sources);

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "directives"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> BookResult<Book> {
        let mut faults = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            match expanded(&self.0, chapter) {
                Ok(text) => chapter.content = text,
                Err(error) => faults.push(error),
            }
        });
        if faults.is_empty() { Ok(book) } else { Err(Error::msg(faults.join("\n"))) }
    }
}

fn expanded(sources: &Sources, chapter: &Chapter) -> Result<String, String> {
    let path = chapter.path.clone().unwrap_or_default();
    let depth = path.components().count().saturating_sub(1);
    directives::expand(sources, depth, &chapter.content).map_err(|faults| {
        faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect::<Vec<_>>().join("\n")
    })
}

/// Every chapter, in order.
///
/// # Errors
/// If the book cannot be read, and for each directive that cannot be replaced.
pub(crate) fn chapters(sources: &Sources) -> Result<Vec<Text>, String> {
    let book = load(sources)?;
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for item in book.iter() {
        let BookItem::Chapter(chapter) = item else { continue };
        match expanded(sources, chapter) {
            Ok(shown) => texts.push(Text {
                path: chapter.path.clone().unwrap_or_default(),
                is_numbered: chapter.number.is_some(),
                written: chapter.content.clone(),
                shown,
            }),
            Err(error) => faults.push(error),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults.join("\n")) }
}

/// Makes the pages, and returns where they are.
///
/// # Errors
/// If a directive cannot be replaced, mdBook fails, or a program whose run is shown does.
pub(crate) fn build(sources: &Sources) -> Result<PathBuf, String> {
    let mut book = load(sources)?;
    book.with_preprocessor(Directives(sources.clone()));
    book.build().map_err(|error| format!("{error:#}"))?;
    let pages = sources.root.join(PAGES);
    let traces = pages.join("traces");
    std::fs::create_dir_all(&traces).map_err(|error| format!("cannot make {}: {error}", traces.display()))?;
    for name in runs_of(&book) {
        for ending in ["html", "svg"] {
            trace::record(sources, &name, &traces.join(format!("{name}.{ending}")))?;
        }
    }
    Ok(pages)
}

/// The runs that chapters show.
///
/// # Errors
/// If the book cannot be read.
pub(crate) fn shown_runs(sources: &Sources) -> Result<Vec<String>, String> {
    load(sources).map(|book| runs_of(&book))
}

fn load(sources: &Sources) -> Result<MDBook, String> {
    MDBook::load(sources.root.join("book")).map_err(|error| format!("{error:#}"))
}

fn runs_of(book: &MDBook) -> Vec<String> {
    let texts = book.iter().filter_map(|item| match item {
        BookItem::Chapter(chapter) => Some(chapter.content.as_str()),
        _ => None,
    });
    trace::names(texts)
}
