//! Turns the head of a request into an `http::Request`, or into the reason why it is none.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::{Method, Request, Version};
use httparse::{Header, Status};

use super::fields::{Slots, header_map};
use super::framing::{Declared, Framing};
use super::scan::HeadScan;
use super::target::{is_host, parse_target};
use super::{MAX_FIELDS, MAX_HEAD};
use crate::Error;

/// A request whose body has not been read yet.
#[derive(Debug)]
pub struct RequestHead {
    /// The head; an absolute target has taken the place of the Host field.
    pub request: Request<()>,
    /// Where the body ends, and whether another request may follow.
    pub framing: Framing,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// Reads the head of one request from a buffer that grows.
///
/// ```
/// use wheelwright_http::proto::RequestReader;
/// let bytes = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET";
/// let (taken, head) = RequestReader::new().read(bytes).unwrap().expect("the head is whole");
/// assert_eq!(head.request.uri(), "/a");
/// assert_eq!(&bytes[taken..], b"GET");
/// ```
#[derive(Debug)]
pub struct RequestReader {
    scan: HeadScan,
    max_head: usize,
}

impl Default for RequestReader {
    fn default() -> Self {
        Self { scan: HeadScan::new(0, 4), max_head: MAX_HEAD }
    }
}

impl RequestReader {
    /// Makes a reader for the next request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the head, empty lines before it included, to so many bytes.
    #[must_use]
    pub fn max_head(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    /// Looks for a whole head at the front of `buf`, and returns how many bytes it took.
    ///
    /// As long as it returns `None`, the same bytes must be given again with more behind them.
    ///
    /// # Errors
    /// Everything that is not a strict HTTP/1 request: [`Error::answer`] names the status to answer it with.
    pub fn read(&mut self, buf: &[u8]) -> Result<Option<(usize, RequestHead)>, Error> {
        let Some(place) = self.scan.find(buf, self.max_head)? else {
            return match first_byte(buf) {
                Some(byte) if !is_token(byte) => Err(Error::parse("no request begins so")),
                _ => Ok(None),
            };
        };
        if self.scan.folded() {
            return Err(Error::parse("a folded line"));
        }
        let end = place.end;
        read_head(&Bytes::copy_from_slice(&buf[place])).map(|head| Some((end, head)))
    }

    /// Says what it means that the connection ended with `buf` unread: nothing between requests.
    ///
    /// # Errors
    /// `Incomplete` where a head had begun.
    pub fn end(&self, buf: &[u8]) -> Result<(), Error> {
        match first_byte(buf) {
            None => Ok(()),
            Some(_) => Err(Error::incomplete("the connection ended within a head")),
        }
    }
}

/// The first byte that is not part of an empty line.
fn first_byte(buf: &[u8]) -> Option<u8> {
    buf.iter().copied().find(|byte| !matches!(byte, b'\r' | b'\n'))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn read_head(head: &Bytes) -> Result<RequestHead, Error> {
    let mut slots: Slots<'_> = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    match parsed.parse_with_uninit_headers(head, &mut slots) {
        Ok(Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Error::parse("the head does not end where its lines end")),
        Err(error) => return Err(Error::parse("a head that is not HTTP/1").because(error)),
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let (declared, expects_continue) = judge_fields(parsed.headers, version)?;
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes())
        .map_err(|_| Error::parse("a method that is no token"))?;
    let target = head.slice_ref(parsed.path.unwrap_or_default().as_bytes());

    let mut request = Request::new(());
    *request.uri_mut() = parse_target(&method, target)?;
    *request.method_mut() = method;
    *request.version_mut() = version;
    *request.headers_mut() = header_map(head, parsed.headers)?;
    // RFC 9112 section 3.2.2: an absolute target beats the Host that came with it.
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Error::parse("a bad host in the target"))?;
        request.headers_mut().insert(HOST, host);
    }
    Ok(RequestHead { request, framing: declared.request(version)?, expects_continue })
}

/// Goes through the fields once: what they declare of the body, and whether the client waits before sending it.
fn judge_fields(fields: &[Header<'_>], version: Version) -> Result<(Declared, bool), Error> {
    let mut declared = Declared::default();
    let (mut hosts, mut expects_continue) = (0, false);
    for field in fields {
        declared.note(field.name, field.value)?;
        if field.name.eq_ignore_ascii_case("host") {
            hosts += 1;
            if !is_host(field.value) {
                return Err(Error::parse("a bad Host"));
            }
        } else if field.name.eq_ignore_ascii_case("expect") {
            expects_continue |= field.value.eq_ignore_ascii_case(b"100-continue");
        }
    }
    if 1 < hosts || (hosts == 0 && Version::HTTP_11 <= version) {
        return Err(Error::parse("not exactly one Host"));
    }
    // RFC 9110 section 10.1.1: an expectation from HTTP/1.0 is ignored.
    Ok((declared, expects_continue && Version::HTTP_11 <= version))
}
