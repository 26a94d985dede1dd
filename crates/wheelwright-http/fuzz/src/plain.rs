//! Turns a head into its lines and fields, as somebody reads it who searches and splits and suspects nothing.
//!
//! What our readers accept must mean to this one what it means to them.

use std::collections::BTreeMap;

use http::HeaderMap;
use wheelwright_http::proto::{MAX_FIELDS, MAX_HEAD};

/// A head that ends with the first empty line.
#[derive(Debug)]
pub struct Head<'b> {
    /// The head's own bytes, without empty lines before it.
    pub bytes: &'b [u8],
    /// The request line or the status line.
    pub first: &'b [u8],
    /// Names in lower case and values without the blanks around them, in order; folds joined.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Where the next message begins.
    pub end: usize,
}

/// Reads the head at the front of `bytes`, behind as many empty lines as may stand there.
#[must_use]
pub fn head(bytes: &[u8], blanks: usize) -> Option<Head<'_>> {
    let mut start = 0;
    while start < 2 * blanks && bytes[start..].starts_with(b"\r\n") {
        start += 2;
    }
    let length = bytes[start..].windows(4).position(|window| window == b"\r\n\r\n")?;
    let end = start + length + 4;
    let mut lines = split_lines(&bytes[start..start + length]).into_iter();
    let first = lines.next().unwrap_or_default();
    Some(Head { bytes: &bytes[start..end], first, fields: fields(lines), end })
}

/// The lines between CRLFs.
#[must_use]
pub fn split_lines(text: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    lines
}

/// Reads lines of `name: value`, and joins those that begin with a blank to the one before.
pub fn fields<'b>(lines: impl Iterator<Item = &'b [u8]>) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in lines {
        if let (true, Some((_, value))) = (goes_on(line), fields.last_mut()) {
            *value = trim(&[trim(value), b" ", trim(line)].concat()).to_vec();
            continue;
        }
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        fields.push((name, trim(line.get(colon + 1..).unwrap_or_default()).to_vec()));
    }
    fields
}

/// The bytes without blanks and tabs around them.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Returns whether this byte may stand in a method or in a field's name.
#[must_use]
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Returns whether this byte may stand in a field's value.
#[must_use]
pub fn is_of_value(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// Returns whether a line goes on from the one before it.
#[must_use]
pub fn is_folded(head: &Head<'_>) -> bool {
    split_lines(head.bytes).iter().any(|line| goes_on(line))
}

fn goes_on(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// Returns whether no byte is out of place behind the first line, and none in it that has no place in a value.
#[must_use]
pub fn is_good(head: &Head<'_>) -> bool {
    let lines = split_lines(&head.bytes[..head.bytes.len() - 4]);
    head.end <= MAX_HEAD
        && lines.len() <= 1 + MAX_FIELDS
        && lines.iter().all(|line| line.iter().copied().all(is_of_value))
        && lines.iter().skip(1).all(|line| goes_on(line) || line.contains(&b':'))
        && !lines.get(1).is_some_and(|line| goes_on(line))
        && head.fields.iter().all(|(name, _)| !name.is_empty() && name.bytes().all(is_token))
}

/// Values by name: a map keeps the order of those only that share a name.
pub type ByName = BTreeMap<String, Vec<Vec<u8>>>;

/// Sorts fields by name.
#[must_use]
pub fn by_name(fields: impl IntoIterator<Item = (String, Vec<u8>)>) -> ByName {
    let mut sorted = ByName::new();
    for (name, value) in fields {
        sorted.entry(name).or_default().push(value);
    }
    sorted
}

/// Sorts the fields of a map by name.
#[must_use]
pub fn of_map(map: &HeaderMap) -> ByName {
    by_name(map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())))
}
