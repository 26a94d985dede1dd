//! Turns one Rust file into the answers that checks need: words, items, functions, test regions, documentation.

use super::lexer;

/// One Rust file; `code` and `comments` are as long as `text`, see the lexer.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the repository, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) code: String,
    pub(crate) comments: String,
    /// Every line of this file is test code.
    pub(crate) is_test: bool,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Byte ranges of the items under `#[cfg(test)]`.
    tests: Vec<(usize, usize)>,
}

/// One function with a body.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where the word `fn` stands.
    pub(crate) at: usize,
    /// Lines from the one with `fn` to the closing brace, both included.
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Source {
        let lexer::Layers { code, comments } = lexer::split(&text);
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let is_test = path.starts_with("tests/") || path.split('/').nth(2) == Some("tests");
        let mut source = Source { path, text, code, comments, is_test, starts, tests: Vec::new() };
        source.tests = source.find_tests();
        source
    }

    /// The number, from 1, of the line that holds `at`.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    /// Whether `at` stands in code that is only compiled for tests.
    pub(crate) fn in_test(&self, at: usize) -> bool {
        self.is_test || self.tests.iter().any(|&(from, to)| from <= at && at < to)
    }

    /// Lines of code: not blank, not comment, outside tests.
    pub(crate) fn code_lines(&self) -> usize {
        let bare = |&start: &usize| {
            let line = self.code[start..].lines().next().unwrap_or_default();
            let literal = self.text[start..].lines().next().unwrap_or_default();
            let commented = self.comments[start..].lines().next().unwrap_or_default();
            let is_code = !line.trim().is_empty() || (commented.trim().is_empty() && !literal.trim().is_empty());
            is_code && !self.in_test(start)
        };
        self.starts.iter().filter(|start| bare(start)).count()
    }

    /// Where `word` stands as a whole word of the code.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        words_in(&self.code, word)
    }

    /// The functions that have a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        self.words("fn").filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let name = identifier(self.code[at + 2..].trim_start())?.to_owned();
        let open = self.body(at).filter(|&open| self.code[open..].starts_with('{'))?;
        let lines = self.line(closing(&self.code, open)) - self.line(at) + 1;
        Some(Function { name, at, lines })
    }

    /// The brace that opens the body of the item at `at`, or the semicolon in its place.
    pub(crate) fn body(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        for (offset, byte) in self.code.bytes().enumerate().skip(at) {
            match byte {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                b'{' | b';' if depth == 0 => return Some(offset),
                _ => {}
            }
        }
        None
    }

    /// The documentation that stands above the item at `at`, attributes between them or not.
    pub(crate) fn docs_above(&self, at: usize) -> String {
        let mut lines = Vec::new();
        for line in self.text[..self.starts[self.line(at) - 1]].lines().rev() {
            let line = line.trim();
            match line.strip_prefix("///") {
                Some(said) => lines.push(said),
                // Attributes may fill several lines; what ends in these characters belongs to none of another kind.
                None if line.starts_with('#') || line.ends_with(']') || line.starts_with("//") => {}
                None => break,
            }
        }
        lines.reverse();
        lines.join("\n")
    }

    /// Paths of the files that this one declares under `#[cfg(test)]`.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let folder = match stem.rsplit_once('/') {
            Some((above, "lib" | "main" | "mod")) => above,
            _ => stem,
        };
        let declared = |&(from, to): &(usize, usize)| {
            let item = &self.code[from..to];
            let at = words_in(item, "mod").next().filter(|_| item.ends_with(';'))?;
            identifier(item[at + 3..].trim_start()).map(|name| format!("{folder}/{name}.rs"))
        };
        self.tests.iter().filter_map(declared).collect()
    }

    fn find_tests(&self) -> Vec<(usize, usize)> {
        let marks = self.code.match_indices("#[cfg(");
        marks.filter_map(|(at, _)| self.test_item(at)).collect()
    }

    fn test_item(&self, at: usize) -> Option<(usize, usize)> {
        let end = closing(&self.code, at + 1);
        let condition = &self.code[at..end];
        if words_in(condition, "test").next().is_none() || condition.contains("not(") {
            return None;
        }
        let stop = self.body(end + 1)?;
        let last = if self.code[stop..].starts_with('{') { closing(&self.code, stop) } else { stop };
        Some((at, (last + 1).min(self.code.len())))
    }
}

/// Where `word` stands as a whole word of `text`.
pub(crate) fn words_in<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !text[..at].ends_with(part_of_word) && !text[at + word.len()..].starts_with(part_of_word))
}

/// The identifier that `text` begins with.
pub(crate) fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (0 < end).then(|| &text[..end])
}

/// Where the bracket that opens at `open` is closed; the end of the text if it never is.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::Source;

    const TEXT: &str = "//! Turns.\n\nfn one(a: [u8; 2]) -> u8 {\n    a[0]\n}\n\n#[cfg(test)]\nmod tests {\n    fn two() {}\n}\n#[cfg(test)]\nmod apart;\nfn last();\n";

    fn source() -> Source {
        Source::new("crates/a/src/net.rs".into(), TEXT.into())
    }

    #[test]
    fn a_function_is_measured_to_its_closing_brace() {
        let found: Vec<_> = source().functions().into_iter().map(|f| (f.name, f.lines)).collect();
        assert_eq!(found, [("one".to_owned(), 3), ("two".to_owned(), 1)]);
    }

    #[test]
    fn code_under_cfg_test_is_told_apart() {
        let source = source();
        let at = |word: &str| source.text.find(word).unwrap();
        assert!(!source.in_test(at("one")) && source.in_test(at("two")) && !source.in_test(at("last")));
        assert_eq!(source.test_modules(), ["crates/a/src/net/apart.rs"]);
        assert_eq!(source.code_lines(), 4);
    }

    #[test]
    fn lines_inside_a_long_string_are_code() {
        let source = Source::new("a.rs".into(), "const A: &str = \"\nin it\n\";\n// not\n".into());
        assert_eq!(source.code_lines(), 3);
    }

    #[test]
    fn docs_are_found_across_attributes() {
        let text = "/// First.\n///\n/// # Cancel safety\n#[must_use = \"x\"]\npub fn a() {}";
        let source = Source::new("a.rs".into(), text.into());
        assert_eq!(source.docs_above(text.find("fn").unwrap()), " First.\n\n # Cancel safety");
    }
}
