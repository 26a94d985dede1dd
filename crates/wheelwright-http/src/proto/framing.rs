//! Turns the framing headers into where a body ends, and whether the connection lives on.
//!
//! This is the layer that request smuggling attacks, so it stands alone: it sees every field of a head in order, and only
//! the few spellings that have one meaning for everybody (RFC 9112 sections 6 and 7, read strictly) come through.

use http::{StatusCode, Version};

use crate::Error;

/// Where a message's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// After so many bytes; zero says that there is no body.
    Exact(u64),
    /// After the last chunk and its trailers.
    Chunked,
    /// Where the peer closes its half of the connection.
    UntilClose,
}

/// What a head says about its body and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Where the body ends.
    pub body: BodyLength,
    /// Whether another message may follow on the connection.
    pub keep_alive: bool,
}

/// What the framing fields of one head have declared so far.
#[derive(Debug, Default)]
pub struct Declared {
    length: Option<u64>,
    /// The length stood there more than once, with one value.
    repeated: bool,
    coding: Coding,
    close: bool,
    keep_alive: bool,
}

#[derive(Debug, Default, PartialEq)]
enum Coding {
    #[default]
    Absent,
    Chunked,
    Other,
}

impl Declared {
    /// Takes note of one field of the head.
    ///
    /// # Errors
    /// `Parse` for a Content-Length that is no number or contradicts another one.
    pub fn note(&mut self, name: &str, value: &[u8]) -> Result<(), Error> {
        // The length of the name settles nearly every field with one comparison.
        if name.len() == 10 && name.eq_ignore_ascii_case("connection") {
            self.note_connection(value);
        } else if name.len() == 14 && name.eq_ignore_ascii_case("content-length") {
            return self.note_length(value);
        } else if name.len() == 17 && name.eq_ignore_ascii_case("transfer-encoding") {
            let chunked = self.coding == Coding::Absent && value.eq_ignore_ascii_case(b"chunked");
            self.coding = if chunked { Coding::Chunked } else { Coding::Other };
        }
        Ok(())
    }

    fn note_length(&mut self, value: &[u8]) -> Result<(), Error> {
        if self.length.is_none()
            && let Some(length) = parse_length(value)
        {
            self.length = Some(length);
            return Ok(());
        }
        for element in value.split(|&byte| byte == b',') {
            let length = parse_length(element.trim_ascii()).ok_or_else(|| Error::parse("a bad Content-Length"))?;
            match self.length {
                Some(other) if other != length => return Err(Error::parse("two different Content-Lengths")),
                Some(_) => self.repeated = true,
                None => self.length = Some(length),
            }
        }
        Ok(())
    }

    fn note_connection(&mut self, value: &[u8]) {
        for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    /// Decides for a request, where nothing may have two readings.
    ///
    /// # Errors
    /// `Parse` for whatever another server could frame otherwise.
    pub fn request(&self, version: Version) -> Result<Framing, Error> {
        if self.repeated {
            return Err(Error::parse("Content-Length stands twice"));
        }
        let body = match (&self.coding, self.length) {
            (Coding::Absent, length) => BodyLength::Exact(length.unwrap_or(0)),
            (_, Some(_)) => return Err(Error::parse("Transfer-Encoding beside Content-Length")),
            (_, None) if version < Version::HTTP_11 => return Err(Error::parse("Transfer-Encoding in HTTP/1.0")),
            (Coding::Other, None) => return Err(Error::parse("a Transfer-Encoding other than chunked")),
            (Coding::Chunked, None) => BodyLength::Chunked,
        };
        Ok(Framing { body, keep_alive: self.lives_on(version) })
    }

    /// Decides for a response, unless it answers a HEAD.
    ///
    /// # Errors
    /// `Parse` for framing that means nothing, `Decode` for a transfer coding nobody asked for.
    pub fn response(&self, version: Version, status: StatusCode) -> Result<Framing, Error> {
        if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
            let mut framing = self.response_to_head(version, status)?;
            // Some servers send a body all the same: what was declared may still arrive.
            let length = status == StatusCode::NO_CONTENT && self.length.is_some_and(|length| 0 < length);
            framing.keep_alive &= self.coding == Coding::Absent && !length;
            return Ok(framing);
        }
        self.refuse_old_coding(version)?;
        let (body, framed) = match (&self.coding, self.length) {
            (Coding::Absent, Some(length)) => (BodyLength::Exact(length), true),
            (Coding::Absent, None) => (BodyLength::UntilClose, false),
            // RFC 9112 section 6.3: chunked overrides, and the connection is not to be trusted afterwards.
            (Coding::Chunked, length) => (BodyLength::Chunked, length.is_none()),
            (Coding::Other, _) => {
                return Err(Error::new(crate::ErrorKind::Decode, "a transfer coding other than chunked"));
            }
        };
        Ok(Framing { body, keep_alive: framed && self.lives_on(version) })
    }

    /// Decides for the response to a HEAD: what it declares is for the GET that might follow.
    ///
    /// # Errors
    /// `Parse` for a transfer coding in HTTP/1.0.
    pub fn response_to_head(&self, version: Version, _: StatusCode) -> Result<Framing, Error> {
        self.refuse_old_coding(version)?;
        Ok(Framing { body: BodyLength::Exact(0), keep_alive: self.lives_on(version) })
    }

    fn refuse_old_coding(&self, version: Version) -> Result<(), Error> {
        if self.coding != Coding::Absent && version < Version::HTTP_11 {
            return Err(Error::parse("Transfer-Encoding in an HTTP/1.0 response"));
        }
        Ok(())
    }

    fn lives_on(&self, version: Version) -> bool {
        !self.close && (Version::HTTP_11 <= version || self.keep_alive)
    }
}

/// Reads a length in decimal digits, up to 2^63-1.
pub(crate) fn parse_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut length: u64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        length = length.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    (length <= i64::MAX as u64).then_some(length)
}

/// Returns whether the values of a Connection field, together, ask for a close.
pub(crate) fn asks_to_close<'v>(values: impl Iterator<Item = &'v [u8]>) -> bool {
    let mut declared = Declared::default();
    values.for_each(|value| declared.note_connection(value));
    declared.close
}
