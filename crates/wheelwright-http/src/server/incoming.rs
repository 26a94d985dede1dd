//! Turns the bytes behind a request's head into chunks for its handler.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{HeaderMap, StatusCode};
use wheelwright::time::{Sleep, sleep};

use super::wire::Wire;
use crate::{Error, ErrorKind, Phase};

/// The body of a request, read from the connection as it is asked for.
///
/// Nothing is read before somebody asks, so that a client cannot send faster than the handler takes; one that waits for
/// `100 Continue` is told to go on at that moment. What the handler leaves unread is read and thrown away if it is
/// little, otherwise the connection is closed after the response. A body ends with its request: kept longer, it fails.
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use wheelwright_http::{Body, Incoming};
///
/// async fn echo(request: Request<Incoming>) -> Response<Body> {
///     match request.into_body().bytes_limited(1 << 20).await {
///         Ok(bytes) => Response::new(Body::full(bytes)),
///         Err(_) => {
///             let mut response = Response::new(Body::empty());
///             *response.status_mut() = StatusCode::BAD_REQUEST;
///             response
///         }
///     }
/// }
/// # let _ = echo;
/// ```
#[doc(alias = "Request")]
#[must_use = "a body that nobody reads is thrown away"]
pub struct Incoming {
    wire: Rc<Wire>,
    /// Under which the wire knows this body.
    number: u64,
    /// The longest wait for the next bytes.
    gap: Duration,
    /// Set while bytes are awaited.
    deadline: Option<Sleep>,
}

impl Incoming {
    pub(super) fn new(wire: Rc<Wire>, number: u64, gap: Duration) -> Self {
        Self { wire, number, gap, deadline: None }
    }

    /// Returns the next bytes of the body, and `None` after the last.
    ///
    /// # Errors
    /// `Incomplete` if the connection ends first, `Parse` for broken chunks, `TooLarge` beyond the server's limit,
    /// `Timeout(Gap)` if nothing comes for too long. After an error the body ends.
    ///
    /// # Cancel safety
    /// Safe: what has been read stays for the next call.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    /// Returns the whole body, of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Incoming::chunk`], and `TooLarge` beyond the limit.
    ///
    /// # Cancel safety
    /// What has been read is lost with the call.
    pub async fn bytes_limited(mut self, limit: usize) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        within(limit, first.len())?;
        // Most bodies come with their head in one piece, which is then handed on as it is.
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(bytes) = next {
            within(limit, whole.len() + bytes.len())?;
            whole.extend_from_slice(&bytes);
            next = self.chunk().await?;
        }
        Ok(whole.freeze())
    }

    /// Returns the fields behind the last chunk, once the body was read.
    ///
    /// They are kept apart from the headers: a trailer can neither frame a message nor say who sent it.
    #[must_use]
    pub fn trailers(&self) -> Option<HeaderMap> {
        self.wire.socket().trailers(self.number).cloned()
    }

    /// Returns the address from which the request came.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.wire.peer
    }
}

fn within(limit: usize, length: usize) -> Result<(), Error> {
    if limit < length {
        return Err(Error::too_large(StatusCode::PAYLOAD_TOO_LARGE, "the body exceeds the handler's limit"));
    }
    Ok(())
}

impl Stream for Incoming {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.wire.socket().poll_body(cx, self.number);
        if polled.is_ready() {
            self.deadline = None;
            return polled;
        }
        let gap = self.gap;
        let deadline = self.deadline.get_or_insert_with(|| sleep(gap));
        if Pin::new(deadline).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.deadline = None;
        self.wire.socket().give_up_body();
        let error = Error::new(ErrorKind::Timeout(Phase::Gap), "no bytes of the body came for too long");
        Poll::Ready(Some(Err(error.answered(StatusCode::REQUEST_TIMEOUT))))
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("peer", &self.wire.peer).finish_non_exhaustive()
    }
}
