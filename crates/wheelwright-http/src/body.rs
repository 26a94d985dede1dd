//! Turns what somebody wants to send into the bytes of a message.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::proto::BodySize;

/// Whatever a body's source may fail with.
pub(crate) type BodyError = Box<dyn StdError + Send + Sync>;

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>>>>;

/// The body of a message: nothing, bytes that are there, or bytes that come.
///
/// ```
/// use wheelwright_http::Body;
///
/// let whole = Body::from("hello");
/// assert_eq!(whole.bytes(), Some(b"hello".as_slice()));
/// assert_eq!(Body::empty().bytes(), Some(b"".as_slice()));
/// ```
#[derive(Default)]
#[must_use = "a body is sent as part of a message"]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Full(Bytes),
    /// Gone once it was handed out to be sent.
    Stream(Option<Pieces>),
}

impl Body {
    /// Makes a body that is not there: a GET without one declares no length.
    pub fn empty() -> Self {
        Self(Content::Empty)
    }

    /// Makes a body of bytes that are there.
    ///
    /// Their number is declared, and the request can be sent again.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Content::Full(bytes.into()))
    }

    /// Makes a body of pieces that come one after another.
    ///
    /// They are sent in chunks, unless a `Content-Length` declares how many bytes there will be (or the client is one of
    /// HTTP/1.0: then until the connection closes). A piece is sent before the next one is waited for. An error closes the
    /// connection in the middle of the body, so that the other side sees that it is not whole.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    /// use wheelwright_http::Body;
    ///
    /// struct Countdown(u8);
    ///
    /// impl futures_core::Stream for Countdown {
    ///     type Item = std::io::Result<Vec<u8>>;
    ///
    ///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    ///         let left = self.0.checked_sub(1);
    ///         Poll::Ready(left.map(|left| {
    ///             self.0 = left;
    ///             Ok(vec![left])
    ///         }))
    ///     }
    /// }
    /// assert!(Body::stream(Countdown(3)).bytes().is_none(), "its bytes are not there yet");
    /// ```
    pub fn stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + 'static,
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self(Content::Stream(Some(Box::pin(Items { stream }))))
    }

    /// Returns the bytes, if they are there.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Empty => Some(&[]),
            Content::Full(bytes) => Some(bytes),
            Content::Stream(_) => None,
        }
    }

    /// Makes the body to send: the bytes are kept for another time, while a stream has only one.
    pub(crate) fn hand_out(&mut self) -> Self {
        Self(match &mut self.0 {
            Content::Empty => Content::Empty,
            Content::Full(bytes) => Content::Full(bytes.clone()),
            Content::Stream(stream) => Content::Stream(stream.take()),
        })
    }

    /// Asks for the next bytes; `None` at the end.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        match &mut self.0 {
            Content::Empty | Content::Stream(None) => Poll::Ready(None),
            Content::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Content::Stream(Some(stream)) => stream.as_mut().poll_next(cx),
        }
    }

    /// Returns what is known of its size.
    pub(crate) fn size(&self) -> BodySize {
        match &self.0 {
            Content::Empty => BodySize::None,
            Content::Full(bytes) => BodySize::Exact(bytes.len() as u64),
            Content::Stream(_) => BodySize::Unknown,
        }
    }
}

pin_project! {
    /// A user's stream, with its items as a body takes them.
    struct Items<S> {
        #[pin]
        stream: S,
    }
}

impl<S, B, E> Stream for Items<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BodyError>,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.project().stream.poll_next(cx));
        Poll::Ready(item.map(|item| item.map(Into::into).map_err(Into::into)))
    }
}

impl<B: Into<Bytes>> From<B> for Body {
    fn from(bytes: B) -> Self {
        Self::full(bytes)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").field(&self.size()).finish()
    }
}
