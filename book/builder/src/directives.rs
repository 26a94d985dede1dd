//! Turns `{{#name words}}` in a chapter into what it stands for: code, output, figures, pictures, traces.
//!
//! | directive | what it stands for |
//! |---|---|
//! | `{{#item FILE NAME}}` | an item of a Rust file, see [`item`](crate::item) |
//! | `{{#name FILE NAME}}` | the name of such an item, which is checked to be there |
//! | `{{#python FILE [NAME]}}` | a Python file of `book/python`, or one function of it |
//! | `{{#transcript PROGRAM ["TEXT"]}}` | what a program printed, or the paragraph of it with this text |
//! | `{{#number PROGRAM "TEXT" N}}` | the N-th figure of the line with this text |
//! | `{{#measure KEY}}` | a figure of `book/results`, see [`measure`](crate::measure) |
//! | `{{#bars "TITLE" PROGRAM N "TEXT" "TEXT"…}}` | the N-th figures of several lines, as bars |
//! | `{{#bars "TITLE" measure "LABEL=KEY" "LABEL=KEY"…}}` | figures of `book/results`, as bars |
//! | `{{#curves "TITLE" PROGRAM "LABEL=N"… over "TEXT" "TEXT"…}}` | the N-th figures of several lines, as curves over what the lines begin with |
//! | `{{#picture NAME}}` | a drawing of `book/pictures` |
//! | `{{#trace NAME "TITLE"}}` | a recorded run, to be stepped through |

use std::path::{Path, PathBuf};

use crate::{bars, curves, item, measure, picture, trace};

/// Where things are, of a working copy at `root`.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) root: PathBuf,
}

impl Sources {
    pub(crate) fn book(&self, folder: &str) -> PathBuf {
        self.root.join("book").join(folder)
    }

    /// A Rust file, by its path from the root or from the folder of the crates.
    fn rust_file(&self, path: &str) -> PathBuf {
        let in_crates = self.root.join("crates").join(path);
        if in_crates.exists() { in_crates } else { self.root.join(path) }
    }

    /// What a program printed when its transcript was taken.
    pub(crate) fn transcript(&self, program: &str) -> Result<String, String> {
        read(&self.root.join(format!("examples/transcripts/{program}.txt")))
    }
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read: with its name.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The text of a chapter with every directive replaced.
///
/// # Errors
/// For each directive that cannot be, why.
pub(crate) fn expand(sources: &Sources, depth: usize, text: &str) -> Result<String, Vec<String>> {
    let (mut expanded, mut faults) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{#") {
        expanded.push_str(before);
        let Some((directive, after)) = after.split_once("}}") else {
            faults.push(format!("`{{{{#{}` has no end", after.lines().next().unwrap_or_default()));
            break;
        };
        match one(sources, depth, directive) {
            Ok(text) => expanded.push_str(&text),
            Err(fault) => faults.push(format!("`{{{{#{directive}}}}}`: {fault}")),
        }
        rest = after;
    }
    expanded.push_str(rest);
    if faults.is_empty() { Ok(expanded) } else { Err(faults) }
}

fn one(sources: &Sources, depth: usize, directive: &str) -> Result<String, String> {
    let (name, words) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
    let words = split(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (name, words.as_slice()) {
        ("item", [file, name @ ..]) if !name.is_empty() => {
            let path = sources.rust_file(file);
            let from = path.strip_prefix(&sources.root).unwrap_or(&path).display().to_string();
            Ok(listing("rust", &from, &item::source(&path, &name.join(" "))?))
        }
        ("name", [file, name @ ..]) if !name.is_empty() => {
            let (path, name) = (sources.rust_file(file), name.join(" "));
            item::source(&path, &name)?;
            Ok(format!("<code class=\"name\" data-file=\"{}\">{name}</code>", below_src(file)))
        }
        ("python", [file, name @ ..]) => {
            let path = sources.book("python").join(file);
            let text = read(&path)?;
            let shown = name.first().map_or(Ok(without_head(&text)), |name| function(&text, name))?;
            Ok(listing("python", &format!("book/python/{file}"), &shown))
        }
        ("transcript", [program, part @ ..]) => {
            let text = sources.transcript(program)?;
            let shown = part.first().map_or(Ok(text.trim_end()), |part| paragraph(&text, part))?;
            Ok(format!("```text\n{shown}\n```"))
        }
        ("number", [program, line, place]) => nth_number(&sources.transcript(program)?, line, place),
        ("measure", [key]) => measure::figure(&sources.book("results"), key),
        ("bars", [title, of @ ..]) => bars::figure(title, &rows(sources, of)?),
        ("curves", [title, program, of @ ..]) => {
            let (along, found) = points(&sources.transcript(program)?, of)?;
            curves::figure(title, &along, &found)
        }
        ("picture", [name]) => picture::figure(&sources.book("pictures"), name),
        ("trace", [name, title]) => trace::figure(&sources.book("traces"), depth, name, title),
        _ => Err("is no directive, or has other words".into()),
    }
}

/// The labels of bars, and the figures.
fn rows(sources: &Sources, words: &[&str]) -> Result<Vec<(String, String)>, String> {
    match words {
        ["measure", rows @ ..] if !rows.is_empty() => {
            let row = |row: &&str| {
                let (label, key) = row.split_once('=').ok_or_else(|| format!("`{row}` is no label with a key"))?;
                Ok((label.to_owned(), measure::figure(&sources.book("results"), key)?))
            };
            rows.iter().map(row).collect()
        }
        [program, place, lines @ ..] if !lines.is_empty() => {
            let text = sources.transcript(program)?;
            lines.iter().map(|line| Ok(((*line).to_owned(), nth_number(&text, line, place)?))).collect()
        }
        _ => Err("names neither figures of a program nor of results".into()),
    }
}

/// The marks of an axis, and the curves over it.
fn points(text: &str, words: &[&str]) -> Result<(Vec<String>, Vec<curves::Curve>), String> {
    let at = words.iter().position(|word| *word == "over").ok_or("does not say over which lines")?;
    let (labels, lines) = (&words[..at], &words[at + 1..]);
    let curve = |label: &&str| {
        let (label, place) = label.split_once('=').ok_or_else(|| format!("`{label}` is no label with a number"))?;
        let figures: Result<_, String> = lines.iter().map(|line| nth_number(text, line, place)).collect();
        Ok((label.to_owned(), figures?))
    };
    let found: Result<_, String> = labels.iter().map(curve).collect();
    Ok((lines.iter().map(|line| line.trim().to_owned()).collect(), found?))
}

/// Words, of which those with spaces stand in quotation marks.
fn split(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    words.collect()
}

/// A file of the runtime as the book calls it.
fn below_src(file: &str) -> &str {
    file.strip_prefix("wheelwright/src/").unwrap_or(file)
}

fn listing(language: &str, from: &str, code: &str) -> String {
    format!("<div class=\"from\">{from}</div>\n\n```{language}\n{code}\n```")
}

/// A Python file without the words at its head.
fn without_head(text: &str) -> String {
    let rest = text.strip_prefix("\"\"\"").and_then(|rest| rest.split_once("\"\"\"")).map_or(text, |(_, rest)| rest);
    rest.trim().to_owned()
}

/// A function of a Python file: its line, and those that are further to the right.
fn function(text: &str, name: &str) -> Result<String, String> {
    let begins = |line: &&str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("class "));
        rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with(['(', ':']))
    };
    let mut lines = text.lines().skip_while(|line| !begins(line));
    let first = lines.next().ok_or_else(|| format!("there is no function `{name}`"))?;
    let body = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    let whole: Vec<&str> = std::iter::once(first).chain(body).collect();
    Ok(whole.join("\n").trim_end().to_owned())
}

fn paragraph<'a>(text: &'a str, part: &str) -> Result<&'a str, String> {
    let found = text.split("\n\n").find(|paragraph| paragraph.contains(part));
    found.map(|paragraph| paragraph.trim_matches('\n')).ok_or_else(|| format!("nothing there says `{part}`"))
}

/// Figures are words with digits; a unit belongs to the one before.
fn nth_number(text: &str, line: &str, place: &str) -> Result<String, String> {
    let place: usize = place.parse().map_err(|_| format!("`{place}` is no number"))?;
    let mut found = text.lines().filter_map(|candidate| Some(candidate.split_once(line)?.1));
    let after = found.next().ok_or_else(|| format!("no line says `{line}`"))?;
    let mut figures: Vec<String> = Vec::new();
    for word in after.split_whitespace().map(|word| word.trim_matches([',', ';', ':', '(', ')'])) {
        match figures.last_mut() {
            _ if word.starts_with(|first: char| first.is_ascii_digit()) => {
                figures.push(word.trim_end_matches('.').into())
            }
            Some(last) if is_unit(word) && !last.contains(' ') => {
                last.push(' ');
                last.push_str(word.trim_end_matches('.'));
            }
            _ => {}
        }
    }
    let count = figures.len();
    let figure = place.checked_sub(1).and_then(|index| figures.into_iter().nth(index));
    figure.ok_or_else(|| format!("the line has {count} figures"))
}

pub(crate) fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':', ')']);
    bars::is_length(word) || ["%", "instructions", "allocations", "times"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_spaces_stand_in_quotation_marks() {
        assert_eq!(split("three_ways \"on the loop\" 2"), ["three_ways", "on the loop", "2"]);
    }

    #[test]
    fn a_name_is_printed_only_if_the_item_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let sources = Sources { root: root.to_owned() };
        let shown = expand(&sources, 0, "{{#name wheelwright/src/reactor.rs Reactor::turn}}").unwrap();
        assert_eq!(shown, "<code class=\"name\" data-file=\"reactor.rs\">Reactor::turn</code>");
        assert!(expand(&sources, 0, "{{#name wheelwright/src/reactor.rs Reactor::spin}}").is_err());
    }

    #[test]
    fn figures_are_counted_after_the_text_of_their_line() {
        let text = "50 jobs   wall\nwait, on the loop   0.10 s   1.7 ms   1   172 kB\n";
        let figure = |place| nth_number(text, "on the loop", place);
        assert_eq!(figure("1").unwrap(), "0.10 s");
        assert_eq!(figure("3").unwrap(), "1");
        assert_eq!(figure("4").unwrap(), "172 kB");
        assert_eq!(figure("5").unwrap_err(), "the line has 4 figures");
        assert!(nth_number(text, "threads", "1").is_err());
    }

    #[test]
    fn curves_are_made_of_what_lines_say_behind_their_marks() {
        let text = "limit  calls/s  wait\n  1  10  100 ms\n  2  20  100 ms\n";
        let (along, curves) = points(text, &["wait=2", "over", "  1  ", "  2  "]).unwrap();
        assert_eq!(along, ["1", "2"]);
        assert_eq!(curves, [("wait".to_owned(), vec!["100 ms".to_owned(), "100 ms".to_owned()])]);
        assert!(points(text, &["wait", "over", "  1  "]).is_err());
        assert!(points(text, &["wait=2", "  1  "]).is_err());
    }

    #[test]
    fn a_function_of_python_ends_where_its_indentation_does() {
        let text = "\"\"\"Head.\"\"\"\nimport a\n\nasync def main():\n    x\n\n    y\n\nmain()\n";
        assert_eq!(function(text, "main").unwrap(), "async def main():\n    x\n\n    y");
        assert!(function(text, "mai").is_err());
        assert!(without_head(text).starts_with("import a"));
    }

    #[test]
    fn what_is_no_directive_is_told_of_with_its_words() {
        let sources = Sources { root: "/nowhere".into() };
        let faults = expand(&sources, 0, "a {{#what is}} b {{#measure x}} {{#item").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].starts_with("`{{#what is}}`: is no directive"));
        assert_eq!(expand(&sources, 0, "a {{b}} c").unwrap(), "a {{b}} c");
    }
}
