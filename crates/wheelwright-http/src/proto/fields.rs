//! Turns the lines of a head into a header map.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use httparse::Header;

use super::MAX_FIELDS;
use crate::Error;

/// Room for the fields of one head, which the tokeniser fills as far as it comes.
pub(crate) type Slots<'b> = [std::mem::MaybeUninit<Header<'b>>; MAX_FIELDS];

/// Makes the map; the values are slices of `section`, in which the fields lie, and own no memory each.
pub(crate) fn header_map(section: &Bytes, fields: &[Header<'_>]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Error::parse("a bad field name"))?;
        let value = HeaderValue::from_maybe_shared(section.slice_ref(field.value));
        map.append(name, value.map_err(|_| Error::parse("a bad field value"))?);
    }
    Ok(map)
}

/// Reads a trailer section, which ends with its empty line.
pub(crate) fn trailer_map(section: Vec<u8>) -> Result<HeaderMap, Error> {
    let section = Bytes::from(section);
    let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
    match httparse::parse_headers(&section, &mut slots) {
        Ok(httparse::Status::Complete((_, fields))) => header_map(&section, fields),
        _ => Err(Error::parse("a bad trailer")),
    }
}

/// Copies a head and joins each folded line to the one before it with a single space (RFC 9112 section 5.2).
pub(crate) fn unfold(head: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(head.len());
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            whole.extend_from_slice(line);
            continue;
        }
        // Nothing but the line end and blanks goes: a stray carriage return must stay to be refused.
        let kept = trim_blanks(whole.strip_suffix(b"\r\n").unwrap_or(&whole)).len();
        whole.truncate(kept);
        whole.push(b' ');
        let first = line.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
        whole.extend_from_slice(&line[first..]);
    }
    whole
}

/// The bytes without the blanks at their end.
fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let kept = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    &bytes[..kept]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fold_becomes_one_space() {
        let head = b"HTTP/1.1 200 OK\r\na: b \r\n\t c\r\n  d\r\n\r\n";
        assert_eq!(super::unfold(head), b"HTTP/1.1 200 OK\r\na: b c d\r\n\r\n");
        let stray = super::unfold(b"HTTP/1.1 200 OK\r\na: b\r\r\n c\r\n\r\n");
        assert!(stray.windows(3).any(|window| window == b"b\r "), "a stray carriage return stays");
    }
}
