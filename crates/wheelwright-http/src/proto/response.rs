//! Turns the head of a response into status and framing, and its fields into a map when somebody asks.
//!
//! Most programs look at a few fields of a response, or at none. So reading a head judges every field but makes nothing
//! of it: whoever wants the map makes it from the head's own bytes with [`header_map`].

use std::borrow::Cow;
use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use httparse::{ParserConfig, Status};

use super::fields::{self, Slots, unfold};
use super::framing::{Declared, Framing};
use super::scan::HeadScan;
use super::{MAX_FIELDS, MAX_HEAD};
use crate::{Error, ErrorKind};

/// The longest name of a field that a header map can hold.
const MAX_NAME: usize = u16::MAX as usize;

/// A response whose body has not been read yet.
#[derive(Debug)]
pub struct ResponseHead<'b> {
    /// The status, from 100 to 599.
    pub status: StatusCode,
    /// The version of the server.
    pub version: Version,
    /// Where the body ends, and whether the connection may serve again.
    pub framing: Framing,
    /// The head itself, without folds: what [`header_map`] reads.
    pub bytes: Cow<'b, [u8]>,
}

/// Reads the head of the final response to one request from a buffer that grows.
///
/// ```
/// use wheelwright_http::proto::{BodyLength, ResponseReader};
/// let bytes = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
/// let mut reader = ResponseReader::new(&http::Method::GET);
/// let (taken, head) = reader.read(bytes).unwrap().expect("the head is whole");
/// assert_eq!(head.status, 200);
/// assert_eq!(head.framing.body, BodyLength::Exact(2));
/// assert_eq!(&bytes[taken..], b"hi");
/// ```
#[derive(Debug)]
pub struct ResponseReader {
    scan: HeadScan,
    max_head: usize,
    frame: Frame,
}

/// How the fields of a head are read: a response to a HEAD has no body, whatever they declare.
type Frame = fn(&Declared, Version, StatusCode) -> Result<Framing, Error>;

impl ResponseReader {
    /// Makes a reader for the response to a request of this method.
    #[must_use]
    pub fn new(method: &Method) -> Self {
        let frame: Frame = if method == Method::HEAD { Declared::response_to_head } else { Declared::response };
        Self { scan: HeadScan::new(0, 1), max_head: MAX_HEAD, frame }
    }

    /// Limits the heads of a response, interim ones included, to so many bytes in all.
    #[must_use]
    pub fn max_head(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    /// Looks for a whole final head at the front of `buf`, and returns how many bytes it and what came before it took.
    ///
    /// Interim responses (1xx) are read and passed over. As long as it returns `None`, the same bytes must be given again
    /// with more behind them.
    ///
    /// # Errors
    /// `Parse` for what is not a response, `TooLarge` beyond the limits, `Decode` for an unknown transfer coding.
    pub fn read<'b>(&mut self, buf: &'b [u8]) -> Result<Option<(usize, ResponseHead<'b>)>, Error> {
        loop {
            let Some(place) = self.scan.find(buf, self.max_head)? else {
                return self.check_prefix(buf).map(|()| None);
            };
            let end = place.end;
            let head = &buf[place];
            let bytes = if self.scan.folded() { Cow::Owned(unfold(head)) } else { Cow::Borrowed(head) };
            let (status, version, framing) = read_head(&bytes, self.frame)?;
            if !status.is_informational() {
                return Ok(Some((end, ResponseHead { status, version, framing, bytes })));
            }
            if status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Error::parse("a switch of protocols nobody asked for"));
            }
            // The limit is for all heads of the response, so that interim ones cannot go on for ever.
            if self.max_head <= end {
                return Err(Error::new(ErrorKind::TooLarge, "interim responses without end"));
            }
            self.scan = HeadScan::new(end, 0);
        }
    }

    /// Returns how many bytes of interim responses it has passed over.
    #[must_use]
    pub fn interim(&self) -> usize {
        self.scan.start()
    }

    /// Says what it means that the connection ended when `buf` had come of a head.
    #[must_use]
    pub fn end(buf: &[u8]) -> Error {
        if buf.is_empty() {
            return Error::new(ErrorKind::Closed, "the connection was closed before a response came");
        }
        Error::incomplete("the connection ended within the head of the response")
    }

    /// Refuses at once what does not begin as a response.
    fn check_prefix(&self, buf: &[u8]) -> Result<(), Error> {
        let begun = &buf[self.scan.start().min(buf.len())..];
        let begun = if begun == b"\r" { &[] } else { begun };
        if begun.iter().zip(b"HTTP/1.").all(|(is, should)| is == should) {
            return Ok(());
        }
        Err(Error::parse("no response begins so"))
    }
}

fn read_head(head: &[u8], frame: Frame) -> Result<(StatusCode, Version, Framing), Error> {
    let mut slots: Slots<'_> = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let parsed = tokenise(head, &mut slots)?;
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    // RFC 9110 section 15: what lies outside 100 to 599 is invalid.
    let status = parsed.code.filter(|code| (100..600).contains(code)).and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(|| Error::parse("a status outside 100 to 599"))?;
    let mut declared = Declared::default();
    for field in parsed.headers.iter() {
        // A map takes no longer ones, and it is made later, where nothing may fail any more.
        if MAX_NAME < field.name.len() {
            return Err(Error::new(ErrorKind::TooLarge, "a field name exceeds 64 KiB"));
        }
        declared.note(field.name, field.value)?;
    }
    let framing = frame(&declared, version, status)?;
    Ok((status, version, framing))
}

fn tokenise<'h, 'b>(head: &'b [u8], slots: &'h mut Slots<'b>) -> Result<httparse::Response<'h, 'b>, Error> {
    let mut parsed = httparse::Response::new(&mut []);
    match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, head, slots) {
        Ok(Status::Complete(length)) if length == head.len() => Ok(parsed),
        Ok(_) => Err(Error::parse("the head does not end where its lines end")),
        Err(error) => Err(Error::parse("a head that is not HTTP/1").because(error)),
    }
}

/// Makes the map of a head that a [`ResponseReader`] has read. Its values are slices of `head`.
///
/// # Errors
/// `Parse` if the bytes are not such a head.
pub fn header_map(head: &Bytes) -> Result<HeaderMap, Error> {
    let mut slots: Slots<'_> = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let parsed = tokenise(head, &mut slots)?;
    let mut map = fields::header_map(head, parsed.headers)?;
    // Where both stand, the length is void (RFC 9112 section 6.3).
    if map.contains_key(TRANSFER_ENCODING) {
        map.remove(CONTENT_LENGTH);
    }
    Ok(map)
}
