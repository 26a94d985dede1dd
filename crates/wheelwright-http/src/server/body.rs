//! Turns what a handler has, whole or in pieces, into the body of its response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::proto::BodySize;

type Failure = Box<dyn std::error::Error>;

/// The body of a response.
///
/// ```
/// use http::Response;
/// use wheelwright_http::Body;
///
/// let bare: Response<Body> = Response::new(Body::empty());
/// let text = Response::new(Body::full("hello\n"));
/// # drop((bare, text));
/// ```
#[must_use = "a body is sent as part of a response"]
pub struct Body(Content);

enum Content {
    Empty,
    Full(Bytes),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, Failure>>>>),
}

impl Body {
    /// Makes a body without any bytes.
    pub fn empty() -> Self {
        Self(Content::Empty)
    }

    /// Makes a body that is all there; its length is declared.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Content::Full(bytes.into()))
    }

    /// Makes a body of pieces that come one after another.
    ///
    /// It is sent in chunks, or to an HTTP/1.0 client until the connection closes, unless the response declares a
    /// Content-Length: then more than that is cut off, and less closes the connection. A piece is sent before the next
    /// one is waited for. An error ends the connection in the middle of the body, so that the client sees it is not whole.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: Into<Box<dyn std::error::Error>> + 'static,
    {
        Self(Content::Stream(Box::pin(Fallible(Box::pin(stream)))))
    }

    /// The next bytes; `None` behind the last.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        match &mut self.0 {
            Content::Stream(stream) => stream.as_mut().poll_next(cx),
            Content::Empty => Poll::Ready(None),
            Content::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
        }
    }

    pub(super) fn size(&self) -> BodySize {
        match &self.0 {
            Content::Empty => BodySize::None,
            Content::Full(bytes) => BodySize::Exact(bytes.len() as u64),
            Content::Stream(_) => BodySize::Unknown,
        }
    }
}

/// A stream whose errors are boxed.
struct Fallible<S>(Pin<Box<S>>);

impl<S, E> Stream for Fallible<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Failure>,
{
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map(|next| next.map(|piece| piece.map_err(Into::into)))
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::full(bytes)
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?})", self.size())
    }
}
