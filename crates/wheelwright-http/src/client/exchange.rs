//! Turns a request and a connection into the head of its response.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;
use http::{Method, StatusCode, Version};

use super::call::Call;
use super::inflow::Inflow;
use super::pool::Lease;
use crate::buffers::{HEAD, take, with_input};
use crate::proto::{ResponseHead, ResponseReader};
use crate::{Error, ErrorKind};

/// One request on its way through one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) lease: Lease,
    /// A head that is not whole yet: how far it was read, and what came of it.
    partial: Option<Box<(ResponseReader, Vec<u8>)>>,
    max_head: usize,
    /// The request is a HEAD.
    bodiless: bool,
    /// The server answered, if only with one byte.
    pub(crate) begun: bool,
    /// Bytes of the request that the kernel took.
    pub(crate) written: usize,
    /// All of them.
    pub(crate) sent: bool,
}

/// The final response's head, and what came behind it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) keep_alive: bool,
    pub(crate) head: Vec<u8>,
    /// Bytes of all heads of the response, interim ones included.
    pub(crate) heads: usize,
    pub(crate) inflow: Inflow,
    /// The bytes behind the head were no body; those before the fault can be had.
    pub(crate) fault: Option<Error>,
}

impl Exchange {
    pub(crate) fn new(lease: Lease, method: &Method, max_head: usize) -> Self {
        let bodiless = method == Method::HEAD;
        Self { lease, partial: None, max_head, bodiless, begun: false, written: 0, sent: false }
    }

    /// Reads until the head is whole. Each time something came and it is not, it is ready with nothing.
    pub(crate) fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Answer>, Error>> {
        with_input(|input| {
            let partial = self.partial.as_deref().map_or(&[][..], |(_, bytes)| bytes);
            let count = match ready!(Pin::new(&mut self.lease.stream).poll_read(cx, input)) {
                Ok(0) => return Poll::Ready(Err(ResponseReader::end(partial))),
                Ok(count) => count,
                Err(error) => return Poll::Ready(Err(broken(error, self.gone()))),
            };
            self.begun = true;
            Poll::Ready(self.take_in(&input[..count]))
        })
    }

    /// What it means that the server has gone: before the first byte of a response it closed, after it the response is cut.
    pub(crate) fn gone(&self) -> ErrorKind {
        if self.begun { ErrorKind::Incomplete } else { ErrorKind::Closed }
    }

    /// Whether the connection was stale, and the request can be sent as if it never had been.
    pub(crate) fn may_repeat(&self, call: &Call, error: &Error) -> bool {
        let unheard = self.lease.reused && !self.begun && error.kind() == ErrorKind::Closed;
        unheard && call.body.bytes().is_some() && (self.written == 0 || call.method.is_idempotent())
    }

    fn take_in(&mut self, came: &[u8]) -> Result<Option<Answer>, Error> {
        if let Some((reader, bytes)) = self.partial.as_deref_mut() {
            bytes.extend_from_slice(came);
            let found = reader.read(bytes)?;
            return Ok(found.map(|(taken, head)| Answer::new(&head, bytes, taken)));
        }
        // Nearly always the head comes whole, and is read where it lies.
        let method = if self.bodiless { &Method::HEAD } else { &Method::GET };
        let mut reader = ResponseReader::new(method).max_head(self.max_head);
        if let Some((taken, head)) = reader.read(came)? {
            return Ok(Some(Answer::new(&head, came, taken)));
        }
        self.partial = Some(Box::new((reader, came.to_vec())));
        Ok(None)
    }
}

impl Answer {
    /// The heads take so many of the bytes that came.
    fn new(head: &ResponseHead<'_>, came: &[u8], heads: usize) -> Self {
        let mut inflow = Inflow::new(head.framing.body);
        let fault = inflow.take(&came[heads..]).err();
        let mut bytes = take(&HEAD);
        bytes.extend_from_slice(&head.bytes);
        Self {
            status: head.status,
            version: head.version,
            keep_alive: head.framing.keep_alive,
            head: bytes,
            heads,
            inflow,
            fault,
        }
    }
}

/// What a socket's failure means; `gone` is what it means that the other side has gone.
pub(crate) fn broken(error: io::Error, gone: ErrorKind) -> Error {
    let kind = if is_closed(&error) { gone } else { ErrorKind::Io };
    Error::new(kind, "the connection broke").because(error)
}

/// Whether the other side has gone, so that what it sent before may still be read.
pub(crate) fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}
