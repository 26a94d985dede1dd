//! Turns a body that is large, slow or late into writes, with an ear for a server that answers before its end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_io::AsyncWrite;

use super::exchange::{Answer, Exchange, broken, is_closed};
use crate::body::Body;
use crate::proto::BodyEncoder;
use crate::{Error, ErrorKind};

/// What is left to send of a request.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) exchange: Exchange,
    body: Body,
    /// Bytes of heads and chunk sizes; the first `at` are sent.
    front: Vec<u8>,
    at: usize,
    /// The data behind them, and what closes it.
    data: Bytes,
    tail: &'static [u8],
    /// A good answer that came early, from a server that goes on reading.
    answer: Option<Box<Answer>>,
    /// Gone once the end of the body is in `front`.
    encoder: Option<BodyEncoder>,
}

/// How far an upload came.
#[derive(Debug)]
pub(crate) enum Step {
    /// More was sent, or more may be.
    On,
    /// The request is sent, or the server takes no more of it.
    Done,
    /// The server did not wait for the rest.
    Answered(Box<Answer>),
}

impl Upload {
    /// What the exchange has written already is the beginning of `front`.
    pub(crate) fn new(exchange: Exchange, front: Vec<u8>, encoder: BodyEncoder, body: Body) -> Self {
        let at = exchange.written;
        Self { exchange, body, answer: None, front, at, data: Bytes::new(), tail: b"", encoder: Some(encoder) }
    }

    /// Accounts for data that follows what is there.
    fn push(&mut self, data: Bytes) -> Result<(), Error> {
        let encoder = self.encoder.as_mut().expect("nothing is pushed behind the end");
        self.tail = encoder.open(data.len(), &mut self.front)?;
        self.data = data;
        Ok(())
    }

    /// Sends a part, or waits for room, for the body's next bytes and for an answer, whichever comes first.
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Error>> {
        self.poll_fill(cx)?;
        // Under TLS what was written may still wait for room; if it waits in vain, reading tells.
        let flushed = self.is_empty() && Pin::new(&mut self.exchange.lease.stream).poll_flush(cx).is_ready();
        if flushed && self.encoder.is_none() {
            self.exchange.sent = true;
            return Poll::Ready(Ok(self.end()));
        }
        if self.answer.is_none()
            && let Poll::Ready(answer) = self.exchange.poll_head(cx)
        {
            return Poll::Ready(Ok(answer?.map_or(Step::On, |answer| self.hear(answer))));
        }
        if self.is_empty() {
            return Poll::Pending;
        }
        match ready!(self.poll_write(cx)) {
            Ok(0) => Poll::Ready(Ok(self.end())),
            Ok(count) => {
                self.advance(count);
                Poll::Ready(Ok(Step::On))
            }
            // What it answered before it went away may still be there to read.
            Err(error) if is_closed(&error) => Poll::Ready(Ok(self.end())),
            Err(error) => Poll::Ready(Err(broken(error, self.exchange.gone()))),
        }
    }

    /// RFC 9112 section 9.5: an error, or a server that will close, wants no more of the body; any other is sent the rest.
    fn hear(&mut self, answer: Answer) -> Step {
        if !answer.status.is_success() || !answer.keep_alive {
            return Step::Answered(Box::new(answer));
        }
        // Even so its reading ahead of us is no base for another request.
        self.answer = Some(Box::new(Answer { keep_alive: false, ..answer }));
        Step::On
    }

    fn end(&mut self) -> Step {
        self.answer.take().map_or(Step::Done, Step::Answered)
    }

    /// Asks for the body's next bytes if none are left.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        while self.data.is_empty() && self.tail.is_empty() && self.encoder.is_some() {
            match self.body.poll_chunk(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Some(Ok(data))) => self.push(data)?,
                Poll::Ready(Some(Err(error))) => {
                    return Err(Error::new(ErrorKind::Io, "the source of the body failed").because(error));
                }
                Poll::Ready(None) => {
                    let encoder = self.encoder.take().expect("it was there a line above");
                    encoder.finish(&mut self.front)?;
                }
            }
        }
        Ok(())
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let slices = [IoSlice::new(&self.front[self.at..]), IoSlice::new(&self.data), IoSlice::new(self.tail)];
        Pin::new(&mut self.exchange.lease.stream).poll_write_vectored(cx, &slices)
    }

    fn is_empty(&self) -> bool {
        self.at == self.front.len() && self.data.is_empty() && self.tail.is_empty()
    }

    fn advance(&mut self, mut count: usize) {
        self.exchange.written += count;
        let front = count.min(self.front.len() - self.at);
        self.at += front;
        count -= front;
        let data = count.min(self.data.len());
        self.data.advance(data);
        self.tail = &self.tail[count - data..];
        if self.at == self.front.len() {
            self.front.clear();
            self.at = 0;
        }
    }
}
