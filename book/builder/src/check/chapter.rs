//! Turns one chapter into complaints: parts that are missing, too many words or lines of code, code or figures of nobody.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::build::Text;
use crate::directives::is_unit;

/// The parts that every chapter with a number has, in this order; others may stand between them.
const PARTS: [&str; 7] =
    ["Question", "Predict", "Run it", "Build it", "Measured", "Exercise", "In Python and in tokio"];

const FEWEST_WORDS: usize = 1_200;
const MOST_WORDS: usize = 2_500;
const MOST_CODE: usize = 120;

/// Fences that may be typed by hand: commands, outputs that are asked for, and Rust that our tests compile.
const TYPED: [&str; 3] = ["sh", "text", "rust"];

/// What is in a chapter.
#[derive(Default)]
struct Contents {
    headings: Vec<String>,
    words: usize,
    /// Lines of code that are shown, by language.
    code: usize,
    fences: Vec<String>,
    /// The words outside code.
    prose: Vec<String>,
}

pub(super) fn complaints(text: &Text) -> Vec<String> {
    let (written, shown) = (read(&text.written), read(&text.shown));
    let mut complaints: Vec<String> = figures_by_hand(&written.prose);
    for language in written.fences.iter().filter(|language| !TYPED.contains(&language.as_str())) {
        complaints
            .push(format!("a fence of `{language}` is typed by hand: take it from a file that is compiled or run"));
    }
    if !text.is_numbered {
        return complaints;
    }
    let mut rest = shown.headings.iter();
    for part in PARTS {
        if !rest.any(|heading| heading == part) {
            complaints.push(format!("has no part \"{part}\" where one belongs: {}", PARTS.join(", ")));
            break;
        }
    }
    if !(FEWEST_WORDS..=MOST_WORDS).contains(&shown.words) {
        complaints.push(format!("has {} words, and should have {FEWEST_WORDS} to {MOST_WORDS}", shown.words));
    }
    if MOST_CODE < shown.code {
        complaints.push(format!("shows {} lines of code, {MOST_CODE} at most", shown.code));
    }
    complaints
}

pub(super) fn size(text: &Text) -> String {
    let shown = read(&text.shown);
    format!("{:<44} {:>5} words, {:>3} lines of code", text.path.display(), shown.words, shown.code)
}

fn read(markdown: &str) -> Contents {
    let mut contents = Contents::default();
    let (mut fence, mut heading): (Option<String>, Option<String>) = (None, None);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([',', ' ']).next().unwrap_or_default().to_owned();
                contents.fences.push(language.clone());
                fence = Some(language);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => fence = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => fence = None,
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => contents.headings.extend(heading.take()),
            Event::Text(text) => match (&fence, &mut heading) {
                (Some(language), _) if language == "rust" || language == "python" => {
                    contents.code += text.lines().count()
                }
                (Some(_), _) => {}
                (None, Some(heading)) => heading.push_str(&text),
                (None, None) => {
                    contents.words += text.split_whitespace().count();
                    contents.prose.push(text.into_string());
                }
            },
            Event::Code(code) if fence.is_none() => {
                contents.words += 1;
                match &mut heading {
                    Some(heading) => heading.push_str(&code),
                    // Something stands there, which is no figure.
                    None => contents.prose.push("`code`".into()),
                }
            }
            Event::SoftBreak | Event::HardBreak => contents.prose.push(" ".into()),
            _ => {}
        }
    }
    contents
}

/// Figures with a unit that no directive put there. A parameter of a program stands in code, as the program has it.
fn figures_by_hand(prose: &[String]) -> Vec<String> {
    let text = without_directives(&prose.concat());
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_number =
        |word: &str| word.trim_start_matches(['(', '~']).chars().next().is_some_and(|first| first.is_ascii_digit());
    let pairs = words.windows(2).filter(|pair| is_number(pair[0]) && is_unit(pair[1]));
    let joined = words
        .iter()
        .filter(|word| is_number(word) && word.trim_end_matches(['.', ',', ';', ')']).ends_with(['%', 'x']));
    let found = pairs.map(|pair| pair.join(" ")).chain(joined.map(|word| (*word).to_owned()));
    found
        .map(|figure| format!("`{figure}` is typed by hand: take it from a result, or put a parameter into code"))
        .collect()
}

fn without_directives(text: &str) -> String {
    let mut parts = text.split("{{#");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "…" + part.split_once("}}").map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str, is_numbered: bool) -> Text {
        Text { path: "a.md".into(), is_numbered, written: written.into(), shown: written.into() }
    }

    fn whole() -> String {
        let words = "word ".repeat(FEWEST_WORDS / PARTS.len() + 1);
        PARTS.map(|part| format!("## {part}\n\n{words}\n\n")).concat()
    }

    #[test]
    fn a_chapter_with_all_its_parts_is_well() {
        assert_eq!(complaints(&text(&whole(), true)), Vec::<String>::new());
    }

    #[test]
    fn a_part_that_is_missing_or_misplaced_is_found() {
        let without = whole().replace("## Measured", "## Counted");
        assert!(complaints(&text(&without, true))[0].starts_with("has no part \"Measured\""));
        let misplaced = whole().replace("## Question", "## X").replace("## Exercise", "## Question");
        assert_eq!(complaints(&text(&misplaced, true)).len(), 1);
        assert_eq!(complaints(&text("## Words", false)), Vec::<String>::new());
    }

    #[test]
    fn words_and_lines_are_counted() {
        let short = whole().replacen("word ", "", 20);
        assert!(complaints(&text(&short, true))[0].contains("words, and should have"));
        let code = format!("{}```rust\n{}```\n", whole(), "a;\n".repeat(MOST_CODE + 1));
        assert!(complaints(&text(&code, true))[0].starts_with("shows 121 lines of code"));
    }

    #[test]
    fn code_and_figures_of_nobody_are_found() {
        let found = complaints(&text("It took 31 ns, 64 % (2.5x) of it.\n\n```python\na\n```\n", false));
        assert_eq!(found.len(), 4, "{found:?}");
        let fine =
            "A wait of `100 ms`, {{#measure a/b}} and {{#number a \"31 ns\" 2}}; 64 tasks.\n\n```sh\ncargo run\n```\n";
        assert_eq!(complaints(&text(fine, false)), Vec::<String>::new());
    }
}
