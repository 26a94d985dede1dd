//! Turns one socket into requests and their responses, one after another until either side has had enough.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{Method, Request, Response, StatusCode, Version};
use wheelwright::net::TcpStream;
use wheelwright::time::{now, timeout, timeout_at};
use wheelwright::{Either, select};

use super::incoming::Incoming;
use super::reply;
use super::running::Connections;
use super::wire::Wire;
use crate::body::Body;
use crate::proto::{Answering, BodyLength, RequestHead, RequestReader};
use crate::{Error, ErrorKind, Phase};

/// An unread body of at most so many bytes is read to the end, to keep the connection.
const DRAINED_BYTES: u64 = 256 * 1024;

/// The time that draining may take.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// How long a socket is read after its last response: closing one with unread bytes would destroy that response.
const LINGER: Duration = Duration::from_millis(500);

/// What is answered where no request could be read.
const UNREAD: Answering = Answering { version: Version::HTTP_11, head: false, keep_alive: false };

/// One connection of a server.
pub(super) struct Connection {
    wire: Rc<Wire>,
    server: Rc<Connections>,
    /// Under which the server knows it.
    id: u64,
}

/// How the connection goes on.
#[derive(Debug, PartialEq)]
enum Next {
    Request,
    /// Nobody is going to read more: the socket is closed at once.
    Close,
    /// The client may still be sending, and has yet to read what was sent to it.
    Linger,
}

impl Connection {
    pub(super) fn new((stream, peer): (TcpStream, SocketAddr), server: Rc<Connections>, id: u64) -> Self {
        Self { wire: Rc::new(Wire::new(stream, peer)), server, id }
    }

    /// Serves requests until the connection ends.
    pub(super) async fn serve<H, F>(self, handler: Rc<H>)
    where
        H: Fn(Request<Incoming>) -> F,
        F: Future<Output = Response<Body>>,
    {
        let accepted = now();
        let mut head = self.next_head(accepted + self.server.limits.header_read, Some(accepted)).await;
        loop {
            let next = match head {
                Ok(None) => return,
                // In boxes, so that an idle connection has no room for a handler, however large that is.
                Ok(Some(head)) => Box::pin(self.exchange(head, &*handler)).await,
                Err(error) => Box::pin(self.refuse(UNREAD, &error)).await,
            };
            match next.unwrap_or(Next::Close) {
                Next::Request => {}
                Next::Close => return,
                Next::Linger => return self.linger().await,
            }
            head = self.next_head(now() + self.server.limits.idle, None).await;
        }
    }

    /// Reads the next head. The first byte has to come until `patience`, the rest within the limit from `begun`, or from
    /// the first byte on. `None` where the connection ends between two requests.
    async fn next_head(&self, patience: Instant, begun: Option<Instant>) -> Result<Option<RequestHead>, Error> {
        let mut reader = RequestReader::new().max_head(self.server.limits.head);
        if self.wire.socket().buffer.is_empty() {
            let line = if begun.is_some() { &self.server.fresh } else { &self.server.idle };
            if self.server.closing.is_cancelled() {
                return Ok(None);
            }
            // What has come is answered, and somebody else who is idle ends instead.
            let first = select(timeout_at(patience, self.fill()), line.notified()).await;
            let Either::Left(Ok(Ok(1..))) = first else { return Ok(None) };
        }
        if let Some(head) = self.wire.socket().take_head(&mut reader)? {
            return Ok(Some(head));
        }
        let deadline = begun.unwrap_or_else(now) + self.server.limits.header_read;
        timeout_at(deadline, self.rest_of_head(&mut reader)).await.unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::Timeout(Phase::Gap), "the head took too long");
            Err(error.answered(StatusCode::REQUEST_TIMEOUT))
        })
    }

    /// A connection that ends within a head asked for nothing, so that nothing is answered.
    async fn rest_of_head(&self, reader: &mut RequestReader) -> Result<Option<RequestHead>, Error> {
        while let Ok(1..) = self.fill().await {
            if let Some(head) = self.wire.socket().take_head(reader)? {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    async fn fill(&self) -> io::Result<usize> {
        poll_fn(|cx| self.wire.socket().poll_fill(cx)).await
    }

    /// Answers one request.
    async fn exchange<H, F>(&self, head: RequestHead, handler: &H) -> io::Result<Next>
    where
        H: Fn(Request<Incoming>) -> F,
        F: Future<Output = Response<Body>>,
    {
        let is_last = !head.framing.keep_alive;
        let mut answering = Answering {
            version: head.request.version(),
            head: head.request.method() == Method::HEAD,
            keep_alive: !is_last,
        };
        if matches!(head.framing.body, BodyLength::Exact(length) if self.server.limits.body < length) {
            let error = Error::too_large(StatusCode::PAYLOAD_TOO_LARGE, "the body exceeds its limit");
            return self.refuse(answering, &error).await;
        }
        let number = self.wire.socket().begin_body(&head, self.server.limits.body);
        let request = head.request.map(|()| Incoming::new(Rc::clone(&self.wire), number, self.server.limits.stall));
        let response = call(handler, request).await.unwrap_or_else(|| plain(StatusCode::INTERNAL_SERVER_ERROR, ""));

        answering.keep_alive &= self.wire.socket().may_drain(DRAINED_BYTES) && !self.server.closing.is_cancelled();
        let keep_alive = reply::send(&self.wire, &answering, response, self.server.limits.stall).await?;
        if keep_alive && self.drained().await {
            return Ok(Next::Request);
        }
        let clean = is_last && self.wire.socket().body_is_whole() && self.wire.socket().buffer.is_empty();
        Ok(if clean { Next::Close } else { Next::Linger })
    }

    /// Throws away what the handler left of the body; false if that is too much, or too slow.
    async fn drained(&self) -> bool {
        let number = self.wire.socket().take_back_body(DRAINED_BYTES);
        let mut rest = Incoming::new(Rc::clone(&self.wire), number, DRAIN_TIME);
        let reading = async { while let Ok(Some(_)) = rest.chunk().await {} };
        timeout(DRAIN_TIME, reading).await.is_ok() && self.wire.socket().body_is_whole()
    }

    /// Answers what is no request that can be served. Where the next one would begin is unknown then.
    async fn refuse(&self, mut answering: Answering, error: &Error) -> io::Result<Next> {
        answering.keep_alive = false;
        reply::send(&self.wire, &answering, refusal(error), self.server.limits.stall).await?;
        Ok(Next::Linger)
    }

    /// Says that nothing more comes, and waits a moment until the client has said the same.
    async fn linger(&self) {
        if self.wire.socket().stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let silence = async {
            self.wire.socket().buffer.clear();
            while let Ok(1..) = self.fill().await {
                self.wire.socket().buffer.clear();
            }
        };
        // Either way the socket is closed now.
        let _ = timeout(LINGER, silence).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Whoever kept the body keeps the socket, but the client need not wait for that.
        if 1 < Rc::strong_count(&self.wire) {
            let _ = self.wire.socket().stream.shutdown(Shutdown::Both);
        }
        self.server.strike_off(self.id);
    }
}

/// Calls the handler; `None` if it panicked.
async fn call<H, F>(handler: &H, request: Request<Incoming>) -> Option<Response<Body>>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<Body>>,
{
    // Whatever state the panic left behind belongs to the handler, as it would after an early return.
    let future = catch_unwind(AssertUnwindSafe(|| handler(request))).ok()?;
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// What a client is told of an error.
pub(super) fn refusal(error: &Error) -> Response<Body> {
    plain(error.answer(), &format!("{error}\n"))
}

/// A response of a line of text.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::full(text.to_owned()));
    *response.status_mut() = status;
    response
}
