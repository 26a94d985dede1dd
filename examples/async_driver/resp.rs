//! Turns commands into bytes and bytes into replies, without I/O: RESP2, the protocol of Redis.
//!
//! It is described at <https://redis.io/docs/latest/develop/reference/protocol-spec/>. What is no reply is an error
//! that says what came, and no reply, however it is made, fills our memory or our stack.

use std::io::{self, ErrorKind};

/// Bytes of a whole reply, as it comes.
pub(crate) const LARGEST: usize = 16 << 20;
/// Bytes of a line: a number or a short text.
const LONGEST_LINE: usize = 64 << 10;
/// Arrays within arrays.
const DEEPEST: usize = 8;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Nil,
    Array(Vec<Reply>),
}

/// Writes a command: each word behind its length, so that no word can be taken for two.
pub(crate) fn encode(command: &[&str], bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(format!("*{}\r\n", command.len()).as_bytes());
    for word in command {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

/// Takes a reply from the front of `bytes`: `UnexpectedEof` if it has not come whole, `InvalidData` if it is none.
pub(crate) fn parse(bytes: &mut &[u8]) -> io::Result<Reply> {
    parse_within(DEEPEST, bytes)
}

fn parse_within(depth: usize, bytes: &mut &[u8]) -> io::Result<Reply> {
    let line = take_line(bytes)?;
    let none = || malformed(line);
    let (kind, text) = line.split_at_checked(1).ok_or_else(none)?;
    let text = str::from_utf8(text).map_err(|_| none())?;
    match kind {
        b"+" => Ok(Reply::Simple(text.into())),
        b"-" => Ok(Reply::Error(text.into())),
        b":" => text.parse().map(Reply::Integer).map_err(|_| none()),
        b"$" | b"*" if text == "-1" => Ok(Reply::Nil),
        b"$" => take_bulk(length(text).ok_or_else(none)?, bytes).map(Reply::Bulk),
        b"*" if 0 < depth => {
            let count = length(text).ok_or_else(none)?;
            (0..count).map(|_| parse_within(depth - 1, bytes)).collect::<io::Result<_>>().map(Reply::Array)
        }
        _ => Err(none()),
    }
}

/// A length is believed only within the limit: nobody waits for more, and no room is made before it comes.
fn length(text: &str) -> Option<usize> {
    text.parse().ok().filter(|length| *length <= LARGEST && !text.starts_with('+'))
}

fn take_line<'a>(bytes: &mut &'a [u8]) -> io::Result<&'a [u8]> {
    let Some(end) = bytes.iter().take(LONGEST_LINE).position(|byte| matches!(byte, b'\r' | b'\n')) else {
        return Err(if bytes.len() < LONGEST_LINE { not_whole() } else { malformed(bytes) });
    };
    let (line, rest) = bytes.split_at(end);
    *bytes = take_end(rest)?;
    Ok(line)
}

fn take_bulk(length: usize, bytes: &mut &[u8]) -> io::Result<Vec<u8>> {
    let (bulk, rest) = bytes.split_at_checked(length).ok_or_else(not_whole)?;
    *bytes = take_end(rest)?;
    Ok(bulk.to_vec())
}

fn take_end(bytes: &[u8]) -> io::Result<&[u8]> {
    match bytes {
        [b'\r', b'\n', rest @ ..] => Ok(rest),
        [] | [b'\r'] => Err(not_whole()),
        _ => Err(malformed(bytes)),
    }
}

fn not_whole() -> io::Error {
    ErrorKind::UnexpectedEof.into()
}

fn malformed(came: &[u8]) -> io::Error {
    let shown = came[..came.len().min(60)].escape_ascii();
    io::Error::new(ErrorKind::InvalidData, format!("no reply of Redis, or one beyond our limits: \"{shown}\""))
}

#[cfg(test)]
mod tests {
    use super::{ErrorKind, LARGEST, LONGEST_LINE, Reply, parse};

    #[test]
    fn a_reply_is_taken_whole_or_not_at_all() {
        let array = Reply::Array(vec![Reply::Integer(-7), Reply::Nil, Reply::Array(vec![])]);
        for (bytes, reply) in [("$3\r\na\r\n\r\n", Reply::Bulk(b"a\r\n".into())), ("*3\r\n:-7\r\n$-1\r\n*0\r\n", array)]
        {
            let mut rest = bytes.as_bytes();
            assert_eq!((parse(&mut rest).unwrap(), rest), (reply, &b""[..]));
            for end in 0..bytes.len() {
                assert_eq!(parse(&mut &bytes.as_bytes()[..end]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
            }
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let (long, huge, deep) = ("+".repeat(LONGEST_LINE), format!("${}\r\n", LARGEST + 1), "*1\r\n".repeat(9));
        let small =
            ["HTTP/1.1 400\r\n", "\r\n", "+a\nb", ":x\r\n", "$-2\r\n", "$+1\r\n", "$1\r\nab\r\n", "*1\r\n?\r\n"];
        for bytes in [&long, &huge, &deep].map(String::as_str).iter().chain(&small) {
            assert_eq!(parse(&mut bytes.as_bytes()).unwrap_err().kind(), ErrorKind::InvalidData, "{bytes}");
        }
    }
}
