//! Turns what a program prints into a verdict, by what it printed when its transcript was written.

use super::programs::{Output, Program};
use crate::tree;

use std::fs;
use std::path::PathBuf;

pub(super) const FOLDER: &str = "examples/transcripts";

fn file(program: &Program) -> PathBuf {
    tree::root().join(FOLDER).join(format!("{}.txt", program.name))
}

/// Writes what `program` printed.
pub(super) fn bless(program: &Program, printed: &str) -> Result<(), String> {
    fs::write(file(program), printed).map_err(|error| format!("cannot write {}: {error}", file(program).display()))
}

/// Compares what `program`, or somebody in its place, printed with its transcript.
pub(super) fn compare(program: &Program, printed: &str) -> Result<(), String> {
    let again = format!("`cargo xtask examples {} --bless` writes it, if this is what it shall print", program.name);
    let written = fs::read_to_string(file(program)).map_err(|_| format!("it has no transcript: {again}"))?;
    ends_with_a_sentence(printed)?;
    match differing(program.output, &written, printed) {
        None => Ok(()),
        Some((before, now)) => Err(format!("its transcript says «{before}», it printed «{now}»: {again}")),
    }
}

/// The last line is the one that says what was shown.
fn ends_with_a_sentence(printed: &str) -> Result<(), String> {
    let (text, last) = printed.trim_end().rsplit_once('\n').unwrap_or_default();
    let is_sentence = last.ends_with('.') && last.contains(' ') && text.ends_with('\n');
    is_sentence
        .then_some(())
        .ok_or_else(|| "it does not end with an empty line and a sentence of what it showed".into())
}

/// The first line that is not the same.
fn differing(output: Output, written: &str, printed: &str) -> Option<(String, String)> {
    let (mut before, mut now) = (lines(output, written).into_iter(), lines(output, printed).into_iter());
    loop {
        match (before.next(), now.next()) {
            (None, None) => return None,
            (before, now) if before == now => {}
            (before, now) => return Some((before.unwrap_or_default(), now.unwrap_or_default())),
        }
    }
}

fn lines(output: Output, text: &str) -> Vec<String> {
    match output {
        Output::Bytes => text.lines().map(str::to_owned).collect(),
        Output::Words => {
            // Rows of a table are alike, or take turns; how many there are is the machine's affair, or the run's.
            let mut lines: Vec<String> = Vec::new();
            for line in text.lines().map(words) {
                if !lines.iter().rev().take(2).any(|before| *before == line) {
                    lines.push(line);
                }
            }
            lines
        }
    }
}

/// A line whose numbers are one sign each, and so are blanks and the blocks of bars.
fn words(line: &str) -> String {
    let mut words = String::with_capacity(line.len());
    let mut rest = line.trim().chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '0'..='9' => {
                words.push('0');
                // A point or comma belongs to a number only between two digits.
                while let Some(digit) = rest.next_if(|&next| next.is_ascii_digit() || next == '.' || next == ',') {
                    if !digit.is_ascii_digit() && !rest.peek().is_some_and(char::is_ascii_digit) {
                        words.push(digit);
                        break;
                    }
                }
            }
            ' ' => {
                words.push(' ');
                while rest.next_if_eq(&' ').is_some() {}
            }
            '\u{2580}'..='\u{259f}' => {
                words.push('█');
                while rest.next_if(|next| ('\u{2580}'..='\u{259f}').contains(next)).is_some() {}
            }
            other => words.push(other),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Output, differing, ends_with_a_sentence, words};

    #[test]
    fn figures_are_one_sign_and_words_are_kept() {
        assert_eq!(words("loop   0.11 s   46.5x  ██▌ 1,000 threads, 3."), "loop 0 s 0x █ 0 threads, 0.");
        assert_eq!(words("a 5, 6 and 7.5."), "a 0, 0 and 0.");
    }

    #[test]
    fn the_first_line_that_differs_is_found() {
        let said = |before: &str, now: &str| Some((before.to_owned(), now.to_owned()));
        assert_eq!(differing(Output::Words, "a 1\na 2\nb\n", "a  7\nb\n"), None, "equal neighbours count once");
        assert_eq!(differing(Output::Words, "a 1\nb 1\na 2\nb 2\nc\n", "a 1\nb 1\nc\n"), None, "and so do turns");
        assert_eq!(differing(Output::Bytes, "a 1\n", "a 2\n"), said("a 1", "a 2"));
        assert_eq!(differing(Output::Words, "a 1\n", "a 1\nb\n"), said("", "b"));
    }

    #[test]
    fn a_program_that_does_not_say_what_it_showed_is_found() {
        assert!(ends_with_a_sentence("a 1\n\nOne wait takes as long as one.\n").is_ok());
        for fault in ["", "a 1\n", "a 1\nOne wait.\n", "a 1\n\nOne wait", "a 1\n\n.\n"] {
            assert!(ends_with_a_sentence(fault).is_err(), "{fault:?}");
        }
    }
}
