//! Turns heads and data into bytes.
//!
//! Heads are appended to a buffer of the caller's, so that a head and a small body leave in one write. The framing fields
//! are written here and nowhere else: what a user sets of them must agree with the body, and is then written once.

use std::io::Write as _;

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};

use super::framing::{BodyLength, asks_to_close, parse_length};
use super::target::is_host;
use crate::{Error, ErrorKind};

/// What the sender knows of its body's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// There is no body.
    None,
    /// So many bytes.
    Exact(u64),
    /// It ends when it ends.
    Unknown,
}

/// The parts of a request's head.
#[derive(Debug)]
pub struct RequestParts<'r> {
    /// The method.
    pub method: &'r Method,
    /// The target in origin-form; an empty path becomes `/`.
    pub target: &'r str,
    /// The host, with its port unless that is the scheme's own; a Host among the headers is used instead.
    pub host: &'r str,
    /// The other fields.
    pub headers: &'r HeaderMap,
    /// The body's size.
    pub body: BodySize,
}

impl RequestParts<'_> {
    /// Appends the head to `out` and returns what writes the body.
    ///
    /// # Errors
    /// `Parse` for framing fields that contradict the body, and for a target, a Host or a method that cannot be sent.
    pub fn write_head(&self, out: &mut Vec<u8>) -> Result<BodyEncoder, Error> {
        if self.method == Method::CONNECT {
            return Err(Error::parse("CONNECT cannot be sent"));
        }
        let framing = self.framing()?;
        let host = match self.headers.get(HOST) {
            None => self.host.as_bytes(),
            Some(host) if single(self.headers, &HOST) && is_host(host.as_bytes()) => host.as_bytes(),
            Some(_) => return Err(Error::parse("a Host that is none")),
        };
        if self.target.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::parse("a byte in the target that must be encoded"));
        }
        let slash: &[u8] = if self.target.starts_with('/') || self.target == "*" { b"" } else { b"/" };
        let parts: [&[u8]; 6] =
            [self.method.as_str().as_bytes(), b" ", slash, self.target.as_bytes(), b" HTTP/1.1\r\nHost: ", host];
        parts.into_iter().for_each(|part| out.extend_from_slice(part));
        out.extend_from_slice(b"\r\n");
        write_fields(out, self.headers, |name| *name == HOST);
        framing.into_iter().for_each(|length| write_framing(out, length));
        out.extend_from_slice(b"\r\n");
        Ok(BodyEncoder(framing.unwrap_or(BodyLength::Exact(0))))
    }

    /// The framing to declare: nothing for a request that has no body and whose method expects none.
    fn framing(&self) -> Result<Option<BodyLength>, Error> {
        if let Some(length) = agreed_framing(self.headers, self.body)? {
            return Ok(Some(length));
        }
        let expects_body = matches!(*self.method, Method::POST | Method::PUT | Method::PATCH);
        Ok(match self.body {
            BodySize::None if expects_body => Some(BodyLength::Exact(0)),
            BodySize::None => None,
            BodySize::Exact(length) => Some(BodyLength::Exact(length)),
            BodySize::Unknown => Some(BodyLength::Chunked),
        })
    }
}

/// What a response answers.
#[derive(Clone, Copy, Debug)]
pub struct Answering {
    /// The client's version: one of HTTP/1.0 understands no chunks.
    pub version: Version,
    /// The method was HEAD.
    pub head: bool,
    /// Another request may follow on the connection.
    pub keep_alive: bool,
}

impl Answering {
    /// Appends the head of a final response to `out`, and returns what writes the body and whether the connection lives on.
    ///
    /// `date` is written unless the headers hold a Date.
    ///
    /// # Errors
    /// `Parse` for framing fields that contradict the body, and for an interim status.
    pub fn write_head(
        &self,
        out: &mut Vec<u8>,
        status: StatusCode,
        headers: &HeaderMap,
        body: BodySize,
        date: Option<&[u8]>,
    ) -> Result<(BodyEncoder, bool), Error> {
        if status.is_informational() {
            return Err(Error::parse("an interim status for a final response"));
        }
        let framing = self.framing(status, headers, body)?;
        let sent =
            if is_bare(status) || self.head { BodyLength::Exact(0) } else { framing.unwrap_or(BodyLength::Exact(0)) };
        let user_closes = asks_to_close(headers.get_all(CONNECTION).iter().map(HeaderValue::as_bytes));
        let keep_alive = self.keep_alive && !user_closes && sent != BodyLength::UntilClose;

        write_status_line(out, status);
        write_fields(out, headers, |_| false);
        if let Some(date) = date.filter(|_| !headers.contains_key(DATE)) {
            write_field(out, b"date", date);
        }
        if !keep_alive && !user_closes {
            write_field(out, b"connection", b"close");
        } else if keep_alive && self.version < Version::HTTP_11 {
            write_field(out, b"connection", b"keep-alive");
        }
        framing.into_iter().for_each(|length| write_framing(out, length));
        out.extend_from_slice(b"\r\n");
        Ok((BodyEncoder(sent), keep_alive))
    }

    /// The framing to declare. What answers a HEAD may declare the length that a GET would bring.
    fn framing(&self, status: StatusCode, headers: &HeaderMap, body: BodySize) -> Result<Option<BodyLength>, Error> {
        if is_bare(status) {
            return Ok(None);
        }
        if self.head && body == BodySize::None {
            let declared = headers.get(CONTENT_LENGTH).map(|length| parse_length(length.as_bytes()));
            let declared = declared.map(|length| length.ok_or_else(|| Error::parse("a bad Content-Length")));
            return Ok(declared.transpose()?.map(BodyLength::Exact));
        }
        Ok(Some(match (agreed_framing(headers, body)?, body) {
            (_, BodySize::None) => BodyLength::Exact(0),
            (Some(BodyLength::Exact(length)), _) => BodyLength::Exact(length),
            (None, BodySize::Exact(length)) => BodyLength::Exact(length),
            (_, _) if self.version < Version::HTTP_11 => BodyLength::UntilClose,
            (_, _) => BodyLength::Chunked,
        }))
    }
}

/// Returns whether responses of this status have no body and declare none.
fn is_bare(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

/// Appends a status line.
pub fn write_status_line(out: &mut Vec<u8>, status: StatusCode) {
    let reason = status.canonical_reason().unwrap_or_default().as_bytes();
    let parts: [&[u8]; 5] = [b"HTTP/1.1 ", status.as_str().as_bytes(), b" ", reason, b"\r\n"];
    parts.into_iter().for_each(|part| out.extend_from_slice(part));
}

/// What the user's own framing fields say, if there are any and they can be kept.
fn agreed_framing(headers: &HeaderMap, body: BodySize) -> Result<Option<BodyLength>, Error> {
    if headers.is_empty() {
        return Ok(None);
    }
    let coding = headers.get(TRANSFER_ENCODING);
    let length = headers.get(CONTENT_LENGTH);
    if coding.is_none() && length.is_none() {
        return Ok(None);
    }
    if !single(headers, &TRANSFER_ENCODING) || !single(headers, &CONTENT_LENGTH) {
        return Err(Error::parse("a framing field that stands twice"));
    }
    match (coding, length.map(|length| parse_length(length.as_bytes())), body) {
        (Some(coding), None, BodySize::Unknown) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {
            Ok(Some(BodyLength::Chunked))
        }
        (None, Some(Some(0)), BodySize::None) => Ok(Some(BodyLength::Exact(0))),
        (None, Some(Some(length)), BodySize::Unknown) => Ok(Some(BodyLength::Exact(length))),
        (None, Some(Some(length)), BodySize::Exact(size)) if length == size => Ok(Some(BodyLength::Exact(length))),
        _ => Err(Error::parse("a framing field that contradicts the body")),
    }
}

/// Returns whether the field stands at most once.
fn single(headers: &HeaderMap, name: &http::HeaderName) -> bool {
    headers.get_all(name).iter().nth(1).is_none()
}

fn write_fields(out: &mut Vec<u8>, headers: &HeaderMap, skip: impl Fn(&http::HeaderName) -> bool) {
    for (name, value) in headers {
        if *name != CONTENT_LENGTH && *name != TRANSFER_ENCODING && !skip(name) {
            write_field(out, name.as_str().as_bytes(), value.as_bytes());
        }
    }
}

fn write_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    [name, b": ", value, b"\r\n"].into_iter().for_each(|part| out.extend_from_slice(part));
}

fn write_framing(out: &mut Vec<u8>, length: BodyLength) {
    match length {
        BodyLength::Exact(length) => {
            write!(out, "content-length: {length}\r\n").expect("writing to memory cannot fail");
        }
        BodyLength::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        BodyLength::UntilClose => {}
    }
}

/// Frames the bytes of one body as its head has declared them.
///
/// ```
/// use wheelwright_http::proto::{BodyEncoder, BodyLength};
/// let mut encoder = BodyEncoder::new(BodyLength::Chunked);
/// let mut out = Vec::new();
/// for data in [b"hello".as_slice(), b"", b"!"] {
///     encoder.write(data, &mut out).unwrap();
/// }
/// encoder.finish(&mut out).unwrap();
/// assert_eq!(out, b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
/// ```
#[derive(Debug)]
pub struct BodyEncoder(BodyLength);

impl BodyEncoder {
    /// Makes an encoder for a body declared so.
    #[must_use]
    pub fn new(length: BodyLength) -> Self {
        Self(length)
    }

    /// Returns the framing that the data gets.
    #[must_use]
    pub fn length(&self) -> BodyLength {
        self.0
    }

    /// Accounts for a run of data, appends what stands before it to `out`, and returns what must stand behind it.
    ///
    /// # Errors
    /// `TooLarge` beyond the declared length.
    pub fn open(&mut self, length: usize, out: &mut Vec<u8>) -> Result<&'static [u8], Error> {
        match &mut self.0 {
            // An empty chunk would be the last one.
            BodyLength::Chunked if length == 0 => Ok(b""),
            BodyLength::Chunked => {
                write!(out, "{length:x}\r\n").expect("writing to memory cannot fail");
                Ok(b"\r\n")
            }
            BodyLength::UntilClose => Ok(b""),
            BodyLength::Exact(left) => {
                let rest = left.checked_sub(length as u64);
                *left = rest.ok_or_else(|| Error::new(ErrorKind::TooLarge, "a body longer than declared"))?;
                Ok(b"")
            }
        }
    }

    /// Appends a run of data to `out`.
    ///
    /// # Errors
    /// `TooLarge` beyond the declared length.
    pub fn write(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let behind = self.open(data.len(), out)?;
        out.extend_from_slice(data);
        out.extend_from_slice(behind);
        Ok(())
    }

    /// Appends the end of the body to `out`.
    ///
    /// # Errors
    /// `Incomplete` before the declared length.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), Error> {
        match self.0 {
            BodyLength::Exact(0) | BodyLength::UntilClose => Ok(()),
            BodyLength::Exact(_) => Err(Error::incomplete("a body shorter than declared")),
            BodyLength::Chunked => {
                out.extend_from_slice(b"0\r\n\r\n");
                Ok(())
            }
        }
    }
}
