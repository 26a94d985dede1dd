//! Turns what somebody wants to send into the bytes of a message.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use wheelwright::stream::StreamExt;

use crate::proto::{BodySize, Event};

mod channel; // pieces that a task sends -> a body

pub use channel::BodySender;

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
    /// connection in the middle of the body, so that the other side sees that it is not whole: all but a client of HTTP/1.0, which
    /// has no other sign of the end.
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
        let pieces = stream.map(|item| item.map(Into::into).map_err(Into::into));
        Self(Content::Stream(Some(Box::pin(pieces))))
    }

    /// Makes a body of what a task sends, and what it sends with.
    ///
    /// At most `capacity` pieces wait to be taken: whoever sends more waits with them, so that a slow reader slows its
    /// producer down.
    ///
    /// ```
    /// use http::Response;
    /// use wheelwright_http::{Body, Error, Incoming};
    ///
    /// async fn countdown(_: http::Request<Incoming>) -> Response<Body> {
    ///     let (sender, body) = Body::channel(1);
    ///     wheelwright::spawn(async move {
    ///         for number in (0..1_000).rev() {
    ///             // An error says that nobody reads on: there is no use in counting further.
    ///             sender.send(format!("{number}\n")).await?;
    ///         }
    ///         sender.finish();
    ///         Ok::<_, Error>(())
    ///     }).detach_logged();
    ///     Response::new(body)
    /// }
    /// # let _ = countdown;
    /// ```
    ///
    /// # Panics
    /// If `capacity` is 0.
    #[track_caller]
    pub fn channel(capacity: usize) -> (BodySender, Self) {
        let (sender, pieces) = channel::open(capacity);
        (sender, Self::stream(pieces))
    }

    /// Makes a body of server-sent events.
    ///
    /// Each is sent before the next one is waited for. See [`sse`](crate::sse), which makes the whole response, for how it ends.
    ///
    /// ```
    /// use wheelwright_http::{Body, Event};
    ///
    /// let (sender, events) = wheelwright::sync::mpsc::channel(8);
    /// let body = Body::sse(events);
    /// assert!(sender.try_send(Event::new("what a task sends from now on")).is_ok());
    /// # drop(body);
    /// ```
    pub fn sse(events: impl Stream<Item = Event> + 'static) -> Self {
        Self::stream(events.map(|event| Ok::<_, Infallible>(event.to_bytes())))
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

/// Makes the response that a browser's `EventSource` wants: events, never stored.
///
/// Other headers can be added to it. The server writes each event before it waits for the next, and drops the stream when a
/// write fails. That is how it learns that the reader has left, often by the second write after it: where events are rare, an
/// [`Event::keep_alive`] from time to time makes for writes.
///
/// The end of the stream is the end of the response, and to an `EventSource` an accident: it comes back and asks for more. So
/// an event that the page knows says that this was all, and the page closes its `EventSource`.
///
/// ```
/// use wheelwright::sync::mpsc;
/// use wheelwright_http::{Event, sse};
///
/// # wheelwright::block_on(async {
/// let (sender, events) = mpsc::channel(1);
/// wheelwright::spawn(async move {
///     for number in 1..=3 {
///         // An error says that nobody reads on.
///         sender.send(Event::new(format!("token {number}"))).await?;
///     }
///     sender.send(Event::new("").with_name("done")?).await?;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// }).detach_logged();
/// let response = sse(events);
/// assert_eq!(response.headers()["content-type"], "text/event-stream");
/// assert_eq!(response.headers()["cache-control"], "no-store");
/// # });
/// ```
#[doc(alias("EventSourceResponse", "Sse"))]
#[must_use = "a response is what a handler returns"]
pub fn sse(events: impl Stream<Item = Event> + 'static) -> Response<Body> {
    let mut response = Response::new(Body::sse(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
