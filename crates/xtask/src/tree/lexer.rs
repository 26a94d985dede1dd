//! Turns Rust text into two copies of the same length: one with only its code, one with only its comments.
//!
//! Both copies keep every line break, so that an offset means the same place in the text and in either copy. What a
//! copy leaves out stands there as spaces. Literals (strings, characters) belong to neither: a word inside a string is
//! not an identifier, and a brace in one does not close a block.

/// The two copies; see the module's first lines.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) code: String,
    pub(crate) comments: String,
}

/// What a run of bytes is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Splits `text` into its layers.
pub(crate) fn split(text: &str) -> Layers {
    let mut code = String::with_capacity(text.len());
    let mut comments = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = token(text, at);
        let part = &text[at..at + length];
        copy(&mut code, part, kind == Kind::Code);
        copy(&mut comments, part, kind == Kind::Comment);
        at += length;
    }
    Layers { code, comments }
}

/// Appends `part` as it is, or as blanks of the same length in bytes.
fn copy(to: &mut String, part: &str, keep: bool) {
    if keep {
        return to.push_str(part);
    }
    to.extend(part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// The kind and the length of what begins at `at`.
fn token(text: &str, at: usize) -> (Kind, usize) {
    let rest = &text[at..];
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if rest.starts_with('"') {
        return (Kind::Literal, quoted(rest));
    }
    if let Some(length) = raw_string(rest).filter(|_| !ends_in_word(&text[..at])) {
        return (Kind::Literal, length);
    }
    if let Some(length) = character(rest) {
        return (Kind::Literal, length);
    }
    (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
}

fn ends_in_word(before: &str) -> bool {
    before.ends_with(|last: char| last.is_alphanumeric() || last == '_')
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < bytes.len() {
        let step = match &bytes[at..at + 2] {
            b"/*" => 1,
            b"*/" => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#` and their byte and C forms.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"]
        .into_iter()
        .find(|prefix| rest.strip_prefix(prefix).is_some_and(|after| after.trim_start_matches('#').starts_with('"')))?;
    let hashes = rest[prefix.len()..].bytes().take_while(|&byte| byte == b'#').count();
    let open = prefix.len() + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len()))
}

/// A character literal; a lifetime is none, for no quote follows its first character.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        let escaped = inside.chars().nth(1).map_or(0, char::len_utf8);
        return inside[1 + escaped..].find('\'').map(|at| at + escaped + 3);
    }
    let length = inside.chars().next()?.len_utf8();
    inside[length..].starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn both_layers_keep_the_length_and_the_line_breaks() {
        let text = "let a = \"ä\\\"{\n\"; // zwei – drei\n/* x /* y */ z */ b";
        let layers = split(text);
        assert_eq!((layers.code.len(), layers.comments.len()), (text.len(), text.len()));
        assert_eq!(layers.code.lines().count(), text.lines().count());
        assert_eq!(layers.code.split_whitespace().collect::<Vec<_>>(), ["let", "a", "=", ";", "b"]);
        assert!(layers.comments.contains("zwei – drei") && layers.comments.contains("y */ z */"));
    }

    #[test]
    fn literals_are_neither_code_nor_comment() {
        for literal in
            ["r#\"a \" unsafe\"#", "b\"unsafe\"", "'\\''", "'\"'", "'ä'", "'\\u{7f}'", "\"//unsafe\"", "br\"unsafe\""]
        {
            let text = format!("x({literal}) y // z");
            let layers = split(&text);
            assert!(!layers.code.contains("unsafe"), "{literal}");
            assert!(layers.code.contains(") y"), "{literal}");
            assert_eq!(layers.comments.trim(), "// z", "{literal}");
        }
    }

    #[test]
    fn a_lifetime_opens_no_literal() {
        let layers = split("fn a<'a>(x: &'a str) {} // 'b'");
        assert_eq!(layers.code.trim(), "fn a<'a>(x: &'a str) {}");
    }
}
