//! Turns chunked bytes into ranges of data, and the section behind the last chunk into trailers.
//!
//! The decoder looks at each byte of the framing once and copies nothing but trailers. It takes the grammar of RFC 9112
//! section 7.1 and no more: what one parser forgives, another one reads as the next request.

use http::{HeaderMap, StatusCode};

use super::MAX_FIELDS;
use super::body::Piece;
use super::fields::trailer_map;
use crate::Error;

/// The bytes that extensions, trailers or needless framing may have.
const MAX_OVERHEAD: u32 = 16 * 1024;

/// A size in hex has at most as many digits as 64 bits need, zeros included.
const MAX_DIGITS: u8 = 16;

/// Decodes one chunked body.
#[derive(Debug, Default)]
pub struct ChunkDecoder {
    state: State,
    /// The size of the chunk as far as it is read, then what is left of its data.
    left: u64,
    digits: u8,
    /// Framing bytes of the chunk being read.
    framing: u32,
    /// Framing bytes beyond what chunks of their sizes excuse.
    excess: u32,
    /// Bytes of extensions in the whole body.
    extensions: u32,
    trailers: Option<Box<Trailers>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Size,
    ExtensionName,
    ExtensionNameOn,
    ExtensionValue,
    ExtensionValueOn,
    Quoted,
    QuotedPair,
    QuotedEnd,
    SizeFeed,
    Data,
    DataReturn,
    DataFeed,
    Trailer,
    Ended,
}

#[derive(Debug, Default)]
struct Trailers {
    section: Vec<u8>,
    lines: usize,
    /// Where the line begins that is being read.
    line: usize,
    map: HeaderMap,
}

impl ChunkDecoder {
    /// Takes bytes up to the next data or up to the end of `buf`.
    pub(crate) fn decode(&mut self, buf: &[u8]) -> Result<Piece, Error> {
        let mut at = 0;
        while at < buf.len() && self.state != State::Ended {
            if self.state == State::Data {
                let taken = usize::try_from(self.left).map_or(buf.len() - at, |left| left.min(buf.len() - at));
                self.left -= taken as u64;
                if self.left == 0 {
                    self.state = State::DataReturn;
                }
                return Ok(Piece { data: at..at + taken, taken: at + taken, ended: false });
            }
            self.state = match self.state {
                State::Trailer => self.trailer(buf[at])?,
                _ => self.step(buf[at])?,
            };
            at += 1;
        }
        Ok(Piece { data: at..at, taken: at, ended: self.state == State::Ended })
    }

    pub(crate) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref().map(|trailers| &trailers.map)
    }

    /// Takes one byte of the framing around the data.
    fn step(&mut self, byte: u8) -> Result<State, Error> {
        self.framing += 1;
        Ok(match (self.state, byte) {
            (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if self.digits < MAX_DIGITS => {
                self.digits += 1;
                self.left = self.left << 4 | u64::from(hex(byte));
                State::Size
            }
            (State::Size, b'\r') if 0 < self.digits => State::SizeFeed,
            (State::Size, b';') if 0 < self.digits => self.extension(State::ExtensionName)?,
            (State::SizeFeed, b'\n') => self.begin_chunk()?,
            (State::DataReturn, b'\r') => State::DataFeed,
            (State::DataFeed, b'\n') => State::Size,
            (State::Size | State::SizeFeed, _) => return Err(Error::parse("a bad chunk size")),
            (State::DataReturn | State::DataFeed, _) => return Err(Error::parse("a chunk longer than its size")),
            (_, b'\r') if self.may_end_extension() => State::SizeFeed,
            (_, b';') if self.may_end_extension() => self.extension(State::ExtensionName)?,
            (state, byte) => self.extension(next_in_extension(state, byte)?)?,
        })
    }

    fn may_end_extension(&self) -> bool {
        matches!(self.state, State::ExtensionNameOn | State::ExtensionValueOn | State::QuotedEnd)
    }

    fn extension(&mut self, next: State) -> Result<State, Error> {
        self.extensions += 1;
        if MAX_OVERHEAD < self.extensions {
            return Err(Error::too_large(StatusCode::BAD_REQUEST, "chunk extensions exceed 16 KiB"));
        }
        Ok(next)
    }

    /// The size line is whole: data follows, or trailers.
    fn begin_chunk(&mut self) -> Result<State, Error> {
        // A chunk of n bytes excuses 16+2n bytes of framing, so that a megabyte of one-byte chunks is refused only when
        // their size lines are padded too.
        let excused = u32::try_from(self.left).unwrap_or(u32::MAX).saturating_mul(2).saturating_add(16);
        self.excess = (self.excess + self.framing).saturating_sub(excused);
        if MAX_OVERHEAD < self.excess {
            return Err(Error::too_large(StatusCode::BAD_REQUEST, "more framing than data"));
        }
        (self.digits, self.framing) = (0, 0);
        Ok(if self.left == 0 { State::Trailer } else { State::Data })
    }

    /// Takes one byte behind the last chunk.
    fn trailer(&mut self, byte: u8) -> Result<State, Error> {
        let trailers = self.trailers.get_or_insert_default();
        let section = &mut trailers.section;
        if section.last() == Some(&b'\r') && byte != b'\n' {
            return Err(Error::parse("a carriage return without its line feed in a trailer"));
        }
        if section.last() != Some(&b'\r') && byte == b'\n' {
            return Err(Error::parse("a line feed without its carriage return in a trailer"));
        }
        section.push(byte);
        if (MAX_OVERHEAD as usize) < section.len() || MAX_FIELDS < trailers.lines {
            return Err(Error::too_large(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "the trailers exceed their limit",
            ));
        }
        if byte != b'\n' {
            return Ok(State::Trailer);
        }
        if section.len() - trailers.line != 2 {
            trailers.lines += 1;
            trailers.line = section.len();
            return Ok(State::Trailer);
        }
        let section = std::mem::take(section);
        match trailers.lines {
            0 => self.trailers = None,
            _ => trailers.map = trailer_map(section)?,
        }
        Ok(State::Ended)
    }
}

/// Follows `;name`, `;name=token` and `;name="quoted \" string"`.
fn next_in_extension(state: State, byte: u8) -> Result<State, Error> {
    let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    Ok(match (state, byte) {
        (State::ExtensionName | State::ExtensionNameOn, _) if token => State::ExtensionNameOn,
        (State::ExtensionNameOn, b'=') => State::ExtensionValue,
        (State::ExtensionValue | State::ExtensionValueOn, _) if token => State::ExtensionValueOn,
        (State::ExtensionValue, b'"') => State::Quoted,
        (State::Quoted, b'"') => State::QuotedEnd,
        (State::Quoted, b'\\') => State::QuotedPair,
        (State::Quoted | State::QuotedPair, b'\t' | b' '..=b'~' | 0x80..) => State::Quoted,
        _ => return Err(Error::parse("a bad chunk extension")),
    })
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
