//! Turns whatever can go wrong with a request into one error with a kind.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// Says what went wrong with a request or a response.
///
/// Its text never holds a URL's password or the value of a header.
///
/// ```
/// let error = wheelwright_http::Client::new().get("http://").unwrap_err();
/// assert_eq!(error.kind(), wheelwright_http::ErrorKind::BadUrl);
/// assert_eq!(error.kind().to_string(), "BadUrl");
/// ```
#[doc(alias = "ClientError")]
// One box, so that a `Result` in a hot path stays as small as its good half.
pub struct Error(Box<Report>);

struct Report {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// What a server answers when it finds this in a request; what was answered, where that is the error.
    answer: StatusCode,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure, as programs match on them and print them.
///
/// ```
/// use wheelwright_http::{ErrorKind, Phase};
/// assert_eq!(ErrorKind::Timeout(Phase::FirstByte).to_string(), "Timeout(FirstByte)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL cannot be asked: bad syntax, another scheme, no host, a port out of range.
    BadUrl,
    /// The host's name could not be resolved.
    Dns,
    /// No address of the host accepted the connection. Another host may.
    Connect,
    /// The server did not prove who it is, or it speaks no TLS; or TLS is not built in.
    Tls,
    /// A limit of time passed in this phase.
    Timeout(Phase),
    /// The peer closed the connection before a byte of its response came, or takes no more of a body.
    Closed,
    /// The connection or the body ended before the message was whole.
    Incomplete,
    /// What came, or what should be sent, is not HTTP/1.
    Parse,
    /// A head, a body or the trailers exceed their limit.
    TooLarge,
    /// A redirect could not be followed.
    Redirect,
    /// A coding is not supported, or the coded bytes are broken.
    Decode,
    /// A bounded queue is full.
    Busy,
    /// The status of the response is an error's, which the caller asked to be told so.
    Status,
    /// The call was cancelled.
    Cancelled,
    /// The socket failed in another way, the source of a body failed, or this process can open no socket.
    ///
    /// The last of these, for want of a descriptor, is no [`Connect`](Self::Connect), since no other host will do better: the
    /// next call may, for which the client closes its idle connections.
    Io,
}

/// The phase of a call in which a limit of time passed.
///
/// It stands in [`ErrorKind::Timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Waiting for one of the host's permits.
    Pool,
    /// Resolving the host's name.
    Dns,
    /// Connecting.
    Connect,
    /// Shaking hands.
    Tls,
    /// Sending the request.
    Send,
    /// Waiting for the first byte of the response.
    FirstByte,
    /// Waiting for the next bytes of the response.
    Gap,
    /// The whole call.
    Total,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Error {
    /// Makes an error of this kind; a server that meets it answers 400.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Report { kind, message: message.into(), answer: StatusCode::BAD_REQUEST, source: None }))
    }

    pub(crate) fn parse(message: &'static str) -> Self {
        Self::new(ErrorKind::Parse, message)
    }

    pub(crate) fn incomplete(message: &'static str) -> Self {
        Self::new(ErrorKind::Incomplete, message)
    }

    pub(crate) fn too_large(answer: StatusCode, message: &'static str) -> Self {
        Self::new(ErrorKind::TooLarge, message).answered(answer)
    }

    pub(crate) fn answered(mut self, answer: StatusCode) -> Self {
        self.0.answer = answer;
        self
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn status_of(status: StatusCode) -> Self {
        Self::new(ErrorKind::Status, status.to_string()).answered(status)
    }

    /// Returns the status of the response, where that is the error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        (self.0.kind == ErrorKind::Status).then_some(self.0.answer)
    }

    /// Returns what kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether a limit of time passed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout(_))
    }

    /// Returns whether no connection came about: no name, no answer, no time.
    ///
    /// Another host may do better. A lack of descriptors, which is this process's own, is [`Io`](ErrorKind::Io).
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Dns
                | ErrorKind::Connect
                | ErrorKind::Tls
                | ErrorKind::Timeout(Phase::Dns | Phase::Connect | Phase::Tls)
        )
    }

    /// Returns the status with which a server answers a request at fault.
    #[doc(hidden)]
    #[must_use]
    pub fn answer(&self) -> StatusCode {
        self.0.answer
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            shown.field("source", source);
        }
        shown.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
