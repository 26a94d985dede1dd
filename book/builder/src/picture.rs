//! Turns a drawing of `book/pictures` into a figure, and keeps one style in all of them.
//!
//! Pages load `style.css` once. A drawing that is looked at alone has a copy of it, between its first line and the rest.

use std::fs;
use std::path::{Path, PathBuf};

use crate::directives::read;

/// With the first words of `style.css`: a style that a drawing has besides is its own.
const BEGIN: &str = "<style>\n/* The shapes and colours of the book's drawings";
const OPEN: &str = "<style>\n";
const END: &str = "</style>\n";

/// A drawing as a figure, without its copy of the style.
///
/// # Errors
/// If there is no such drawing.
pub(crate) fn figure(pictures: &Path, name: &str) -> Result<String, String> {
    let text = without_style(&read(&pictures.join(format!("{name}.svg")))?);
    // A blank line would end the block of HTML.
    let drawing: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    Ok(format!("<figure class=\"picture\">\n{}\n</figure>", drawing.join("\n")))
}

/// Drawings whose style is not the one of `style.css`, and with it what they should be.
///
/// # Errors
/// If one cannot be read.
pub(crate) fn stale(pictures: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let style = read(&pictures.join("style.css"))?;
    let mut files: Vec<PathBuf> =
        fs::read_dir(pictures).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "svg"));
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = read(&file)?;
        let dressed = with_style(&text, &style);
        if dressed != text {
            found.push((file, dressed));
        }
    }
    Ok(found)
}

/// Gives every drawing the style as it is now.
///
/// # Errors
/// If one cannot be read or written.
pub(crate) fn bless(pictures: &Path) -> Result<(), String> {
    let write = |(file, text): (PathBuf, String)| {
        fs::write(&file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
    };
    stale(pictures)?.into_iter().try_for_each(write)
}

fn without_style(text: &str) -> String {
    let Some((before, rest)) = text.split_once(BEGIN) else { return text.into() };
    let after = rest.split_once(END).map_or("", |(_, after)| after);
    format!("{before}{after}")
}

fn with_style(text: &str, style: &str) -> String {
    let text = without_style(text);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{first}\n{OPEN}{style}{END}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_put_in_once_and_taken_out_whole() {
        let bare = "<svg>\n<style>\nown { }\n</style>\n</svg>\n";
        let style = |rule: &str| format!("/* The shapes and colours of the book's drawings: */\n{rule}\n");
        let dressed = with_style(bare, &style("a { }"));
        assert_eq!(dressed, format!("<svg>\n<style>\n{}</style>\n{}", style("a { }"), &bare[6..]));
        assert_eq!(with_style(&dressed, &style("a { }")), dressed);
        assert_eq!(without_style(&with_style(&dressed, &style("b { }"))), bare);
    }
}
