//! Turns framed bytes into ranges of data.

use std::ops::Range;

use http::HeaderMap;

use super::chunks::ChunkDecoder;
use super::framing::BodyLength;
use crate::Error;

/// What a decoder made of the bytes it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where body bytes lie in the input; empty if these were framing only.
    pub data: Range<usize>,
    /// How many bytes of the input are done with, the data included.
    pub taken: usize,
    /// The body is whole. What follows in the input belongs to the next message.
    pub ended: bool,
}

/// Finds the data in the bytes of one body.
///
/// ```
/// use wheelwright_http::proto::{BodyDecoder, BodyLength};
/// let mut decoder = BodyDecoder::new(BodyLength::Chunked);
/// let bytes = b"5\r\nhello\r\n0\r\n\r\n";
/// let piece = decoder.decode(bytes).unwrap();
/// assert_eq!(&bytes[piece.data], b"hello");
/// assert!(decoder.decode(&bytes[piece.taken..]).unwrap().ended);
/// ```
#[derive(Debug)]
pub struct BodyDecoder(Way);

#[derive(Debug)]
enum Way {
    Exact(u64),
    Chunked(ChunkDecoder),
    UntilClose,
    Closed,
}

impl BodyDecoder {
    /// Makes a decoder for a body that ends so.
    #[must_use]
    pub fn new(length: BodyLength) -> Self {
        Self(match length {
            BodyLength::Exact(length) => Way::Exact(length),
            BodyLength::Chunked => Way::Chunked(ChunkDecoder::default()),
            BodyLength::UntilClose => Way::UntilClose,
        })
    }

    /// Takes bytes up to the end of the next run of data, of the body or of `buf`, whichever comes first.
    ///
    /// # Errors
    /// `Parse` and `TooLarge` for broken or wasteful chunks; the connection is of no further use then.
    pub fn decode(&mut self, buf: &[u8]) -> Result<Piece, Error> {
        let taken = match &mut self.0 {
            Way::Chunked(chunks) => return chunks.decode(buf),
            Way::Exact(left) => {
                let taken = usize::try_from(*left).map_or(buf.len(), |left| left.min(buf.len()));
                *left -= taken as u64;
                taken
            }
            Way::UntilClose => buf.len(),
            Way::Closed => 0,
        };
        Ok(Piece { data: 0..taken, taken, ended: self.is_exhausted() })
    }

    /// Says that the peer has closed its half of the connection.
    ///
    /// # Errors
    /// `Incomplete` if the body was to go on.
    pub fn end(&mut self) -> Result<(), Error> {
        match self.0 {
            Way::UntilClose | Way::Closed | Way::Exact(0) => {
                self.0 = Way::Closed;
                Ok(())
            }
            _ => Err(Error::incomplete("the connection ended within the body")),
        }
    }

    /// Returns whether a body of a declared length has come whole, or had none to come.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        matches!(self.0, Way::Exact(0) | Way::Closed)
    }

    /// Returns the bytes that are still to come, where the head said how many.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        match self.0 {
            Way::Exact(left) => Some(left),
            _ => None,
        }
    }

    /// Returns the fields behind the last chunk. They stay apart from the head's: a trailer can frame nothing.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        match &self.0 {
            Way::Chunked(chunks) => chunks.trailers(),
            _ => None,
        }
    }
}
