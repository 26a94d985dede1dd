//! Turns a head that came, and a body that may still come, into what the caller sees of a response.

use std::cell::OnceCell;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_io::AsyncRead;
use http::{HeaderMap, StatusCode, Version};

use super::call::Call;
use super::discard::discard;
use super::events::EventStream;
use super::exchange::Answer;
use super::inflow::Inflow;
use super::limits::Limits;
use super::pool::Lease;
use super::reading::{Chunk, Collect, Text};
use crate::buffers::{HEAD, URL, keep, with_input};
use crate::proto::response::header_map;
use crate::{Error, ErrorKind, Phase};

/// So much room is made at once for a body, however long it says it is.
const BELIEVED: u64 = 1024 * 1024;

/// A response, whose body comes as it is asked for.
///
/// The connection goes back to the client as soon as the body has come whole, and is closed if the response is dropped
/// before (a rest that has already arrived is read over, up to 256 KiB).
///
/// ```
/// # use wheelwright_http::{Body, Client, Server};
/// # fn main() -> Result<(), wheelwright_http::Error> {
/// # wheelwright::block_on(async {
/// # let server = Server::bind("127.0.0.1:0").expect("a free port");
/// # let running = server.serve(|_| async { http::Response::new(Body::from("hello")) });
/// # let (client, url) = (Client::new(), format!("http://{}/", running.local_addr()));
/// let mut response = client.get(url)?.send().await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["content-length"], "5");
/// let mut length = 0;
/// while let Some(chunk) = response.chunk().await? {
///     length += chunk.len();
/// }
/// assert_eq!(length, 5);
/// # Ok(())
/// # })
/// # }
/// ```
pub struct Response {
    status: StatusCode,
    version: Version,
    /// What the map is made of when somebody asks.
    head: Vec<u8>,
    headers: OnceCell<Box<HeaderMap>>,
    inflow: Inflow,
    /// There until the body has come or failed.
    open: Option<Box<Open>>,
    /// The body failed so; told once in full, and by its kind ever after.
    fault: Option<Error>,
    url: String,
    /// There if the body comes packed.
    #[cfg(feature = "gzip")]
    unpacking: Option<Box<super::gzip::Unpacking>>,
}

/// A connection that a body comes through.
struct Open {
    lease: Lease,
    limits: Limits,
    gap: Option<Duration>,
    keep_alive: bool,
}

impl Response {
    pub(crate) fn new(answer: Answer, lease: Lease, limits: &mut Limits, call: &mut Call) -> Self {
        let Answer { status, version, keep_alive, head, inflow, fault, .. } = answer;
        let gap = call.pool.options.gap;
        let mut response = Self {
            status,
            version,
            head,
            headers: OnceCell::new(),
            inflow,
            open: None,
            fault,
            url: call.final_url(),
            #[cfg(feature = "gzip")]
            unpacking: None,
        };
        if response.fault.is_none() && !response.inflow.ended {
            let mut limits = mem::replace(limits, Limits::new(None));
            limits.enter(Phase::Gap, gap);
            response.open = Some(Box::new(Open { lease, limits, gap, keep_alive }));
        } else if keep_alive && response.inflow.ended && !response.inflow.surplus {
            lease.park();
        }
        response
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the URL that was asked in the end, after all redirects.
    ///
    /// It has no user and no password; its fragment is that of the last URL that had one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the server's version of HTTP.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the fields of the head. The map is made when it is first asked for.
    ///
    /// Where the body is unpacked (with the feature `gzip`), what is true of the packed one is not among them:
    /// `Content-Encoding` and `Content-Length`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| Box::new(header_map(&self.head.clone().into()).expect("the head was read before")))
    }

    /// Returns the fields behind a chunked body, once it has come whole.
    ///
    /// There need not be any.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.inflow.decoder.trailers()
    }

    /// Returns the next bytes of the body, as they come; `None` at its end.
    ///
    /// # Errors
    /// `Incomplete` if the connection ended first, `Timeout`, `Parse` for broken chunks, `Decode` for a packed body that is
    /// broken (with the feature `gzip`). What came before can be had.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[doc(alias("iter_chunked", "iter_any", "bytes_stream", "iter_bytes"))]
    pub fn chunk(&mut self) -> Chunk<'_> {
        Chunk(self)
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    ///
    /// # Cancel safety
    /// Dropping it drops the response.
    pub fn bytes(self) -> Collect {
        self.bytes_limited(usize::MAX)
    }

    /// Reads the whole body, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// `TooLarge` beyond the limit, and the connection is closed; else as [`chunk`](Self::chunk).
    ///
    /// # Cancel safety
    /// Dropping it drops the response.
    pub fn bytes_limited(self, limit: usize) -> Collect {
        Collect { response: self, limit }
    }

    /// Reads the whole body as text. What is not UTF-8 is replaced.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    ///
    /// # Cancel safety
    /// Dropping it drops the response.
    pub fn text(self) -> Text {
        Text(self.bytes())
    }

    /// Reads the body as server-sent events, as the HTML standard tells to.
    ///
    /// Whatever comes is read so: see to it first that the status and the content type are those of an event stream. The
    /// client's [`timeout`](crate::ClientBuilder::timeout) is of the whole stream, however lively;
    /// [`read_timeout`](crate::ClientBuilder::read_timeout) is of the silence between two pieces. To leave, drop it.
    ///
    /// ```
    /// # use wheelwright_http::{Client, Event, Server, sse};
    /// use wheelwright::stream::StreamExt;
    ///
    /// # fn main() -> Result<(), wheelwright_http::Error> {
    /// # wheelwright::block_on(async {
    /// # let server = Server::bind("127.0.0.1:0").expect("a free port");
    /// # let running = server.serve(|_| async { sse(wheelwright::stream::iter(["one", "two"]).map(Event::new)) });
    /// # let (client, url) = (Client::new(), format!("http://{}/", running.local_addr()));
    /// let mut events = client.get(url)?.send().await?.error_for_status()?.events();
    /// let mut told = Vec::new();
    /// while let Some(event) = events.next().await.transpose()? {
    ///     told.push(event.data().to_owned());
    /// }
    /// assert_eq!(told, ["one", "two"]);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    #[doc(alias = "EventSource")]
    pub fn events(self) -> EventStream {
        EventStream::new(self)
    }

    /// Returns the response unless its status is an error's.
    ///
    /// # Errors
    /// `Status` from 400 on; [`Error::status`] says which.
    #[doc(alias = "raise_for_status")]
    pub fn error_for_status(self) -> Result<Self, Error> {
        if self.status.is_client_error() || self.status.is_server_error() {
            return Err(Error::status_of(self.status));
        }
        Ok(self)
    }

    /// Asks for the next bytes of the body, as [`chunk`](Self::chunk) does.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        #[cfg(feature = "gzip")]
        if self.unpacking.is_some() {
            return self.poll_piece(cx).map_ok(|more| more.then(|| self.take_unpacked()));
        }
        self.poll_sent(cx)
    }

    /// Asks for the next bytes of the body as they were sent.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        while self.inflow.data.is_empty() && self.open.is_some() {
            if let Err(fault) = ready!(self.poll_more(cx)) {
                self.fault = Some(fault);
            }
        }
        if !self.inflow.data.is_empty() {
            return Poll::Ready(Ok(Some(mem::take(&mut self.inflow.data).into())));
        }
        match self.fault.take() {
            None => Poll::Ready(Ok(None)),
            Some(fault) => {
                self.fault = Some(Error::new(fault.kind(), "the body failed before"));
                Poll::Ready(Err(fault))
            }
        }
    }

    /// Asks for all the bytes of the body that were not handed out.
    pub(super) fn poll_whole(&mut self, limit: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        #[cfg(feature = "gzip")]
        if self.unpacking.is_some() {
            return self.poll_whole_unpacked(limit, cx);
        }
        loop {
            // What is still declared counts as if it were here: there is no use in waiting for it.
            let declared = self.open.as_ref().and_then(|_| self.inflow.decoder.remaining()).unwrap_or(0);
            if (limit as u64) < declared.saturating_add(self.inflow.data.len() as u64) {
                return Poll::Ready(Err(self.exceeded()));
            }
            if self.open.is_none() {
                break;
            }
            self.inflow.data.reserve(declared.min(BELIEVED) as usize);
            if let Err(fault) = ready!(self.poll_more(cx)) {
                self.fault = Some(fault);
            }
        }
        match self.fault.take() {
            Some(fault) => Poll::Ready(Err(fault)),
            None => Poll::Ready(Ok(mem::take(&mut self.inflow.data).into())),
        }
    }

    /// Closes the connection of a body that is longer than its reader wants.
    fn exceeded(&mut self) -> Error {
        self.open = None;
        Error::new(ErrorKind::TooLarge, "the body exceeds the limit of the caller")
    }

    /// Reads once, and lets the connection go at the end of the body or at its failure.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(open) = &mut self.open else { return Poll::Ready(Ok(())) };
        let (inflow, stream) = (&mut self.inflow, &mut open.lease.stream);
        let read = with_input(|input| Pin::new(stream).poll_read(cx, input).map(|read| inflow.take_read(input, read)));
        let more = match read {
            Poll::Ready(more) => {
                open.limits.enter(Phase::Gap, open.gap);
                more
            }
            Poll::Pending => Err(ready!(open.limits.poll_passed(cx))),
        };
        if more.is_err() || inflow.ended {
            self.let_go();
        }
        Poll::Ready(more)
    }

    /// Lets the connection go: to be used again if the body came whole and nobody minds, else closed.
    fn let_go(&mut self) {
        let Some(open) = self.open.take() else { return };
        if open.keep_alive && self.inflow.ended && !self.inflow.surplus {
            open.lease.park();
        }
    }
}

#[cfg(feature = "gzip")]
impl Response {
    /// Sees to it that a packed body is unpacked.
    pub(super) fn unpacked(mut self) -> Self {
        // What has no body, by its method or status, says of its coding what a body would have had.
        let has_none = self.inflow.decoder.is_exhausted() && self.inflow.data.is_empty();
        if !has_none && super::gzip::names_a_coding(&self.head) {
            let mut headers = header_map(&self.head.clone().into()).expect("the head was read before");
            self.unpacking = super::gzip::Unpacking::of(&mut headers);
            self.headers = OnceCell::from(Box::new(headers));
        }
        self
    }

    /// Unpacks a piece more; false at the end of the body.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let Some(mut unpacking) = self.unpacking.take() else { return Poll::Ready(Ok(false)) };
        let polled = unpacking.poll(cx, |cx| self.poll_sent(cx));
        match &polled {
            Poll::Ready(Err(error)) => {
                // Without its decoder the response goes on to say so.
                self.open = None;
                self.inflow.data.clear();
                self.fault = Some(Error::new(error.kind(), "the body failed before"));
            }
            _ => self.unpacking = Some(unpacking),
        }
        polled
    }

    fn poll_whole_unpacked(&mut self, limit: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        while ready!(self.poll_piece(cx))? {
            if self.unpacking.as_mut().is_some_and(|unpacking| limit < unpacking.data().len()) {
                return Poll::Ready(Err(self.exceeded()));
            }
        }
        Poll::Ready(Ok(self.take_unpacked()))
    }

    fn take_unpacked(&mut self) -> Bytes {
        self.unpacking.as_mut().map(|unpacking| mem::take(unpacking.data()).into()).unwrap_or_default()
    }
}

impl Stream for Response {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx).map(Result::transpose)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        keep(&HEAD, mem::take(&mut self.head));
        keep(&URL, mem::take(&mut self.url).into_bytes());
        if let Some(open) = self.open.take().filter(|open| open.keep_alive) {
            discard(open.lease, &mut self.inflow);
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("status", &self.status).field("version", &self.version).field("open", &self.open.is_some());
        shown.finish_non_exhaustive()
    }
}
