//! Turns a socket into bytes read ahead, and those into the pieces of the body that is being read.
//!
//! A connection and the body it handed to a handler read from the same socket, through one `Rc<Wire>`. Nothing is
//! borrowed beyond one poll, and no code of a user runs within.

use std::cell::{RefCell, RefMut};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_io::{AsyncRead, AsyncWrite};
use http::{HeaderMap, StatusCode};
use wheelwright::net::TcpStream;

use super::buffer::ReadBuffer;
use crate::Error;
use crate::proto::{BodyDecoder, BodyLength, RequestHead, RequestReader};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// One connection, as the two who read from it share it.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) peer: SocketAddr,
    socket: RefCell<Socket>,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    /// What was read and belongs to nothing yet.
    pub(super) buffer: ReadBuffer,
    intake: Intake,
}

/// The request body that is being read.
#[derive(Debug)]
struct Intake {
    decoder: BodyDecoder,
    /// Bytes that may still come before the body is too large.
    allowance: u64,
    /// What is still to be sent before the client sends its body.
    invitation: &'static [u8],
    state: State,
    /// Counts the bodies, so that one kept beyond its request cannot read the next.
    number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Reading,
    Whole,
    /// The client waited for an invitation and was answered instead.
    Uninvited,
    /// Broken, too large or given up: the connection cannot be used for another request.
    Broken,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        let decoder = BodyDecoder::new(BodyLength::Exact(0));
        let intake = Intake { decoder, allowance: 0, invitation: b"", state: State::Whole, number: 0 };
        Self { peer, socket: RefCell::new(Socket { stream, buffer: ReadBuffer::default(), intake }) }
    }

    pub(super) fn socket(&self) -> RefMut<'_, Socket> {
        self.socket.borrow_mut()
    }
}

impl Socket {
    /// Reads what has come; zero bytes mean that the peer has closed its half.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, self.buffer.room());
        if let Poll::Ready(Ok(length)) = polled {
            self.buffer.fill(length);
        }
        self.buffer.give_back();
        polled
    }

    /// Writes as much of `slices` as there is room for.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match slices {
            [only] => Pin::new(&mut self.stream).poll_write(cx, only),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        }
    }

    /// Takes a head out of what was read, if it is whole.
    pub(super) fn take_head(&mut self, reader: &mut RequestReader) -> Result<Option<RequestHead>, Error> {
        let Some((length, head)) = reader.read(self.buffer.unused())? else { return Ok(None) };
        self.buffer.consume(length);
        Ok(Some(head))
    }

    /// Sets up the body of the head just taken, and gives the number under which it may be read.
    pub(super) fn begin_body(&mut self, head: &RequestHead, allowance: u64) -> u64 {
        let decoder = BodyDecoder::new(head.framing.body);
        let state = if decoder.is_exhausted() { State::Whole } else { State::Reading };
        // RFC 9110 section 10.1.1: no invitation if the body has begun to come without it.
        let waits = head.expects_continue && state == State::Reading && self.buffer.is_empty();
        let invitation = if waits { CONTINUE } else { b"" };
        let number = self.intake.number + 1;
        self.intake = Intake { decoder, allowance, invitation, state, number };
        number
    }

    /// Says that the answer is about to be sent; a body nobody has asked for may never come. False if the invitation is
    /// half sent: nothing can follow it then.
    pub(super) fn end_invitation(&mut self) -> bool {
        let left = std::mem::take(&mut self.intake.invitation).len();
        if left == CONTINUE.len() {
            self.intake.state = State::Uninvited;
        }
        left == 0 || left == CONTINUE.len()
    }

    /// Takes the body away from the handler, lets no more than this of it be read, and gives the number for that.
    pub(super) fn take_back_body(&mut self, allowance: u64) -> u64 {
        self.intake.number += 1;
        self.intake.allowance = self.intake.allowance.min(allowance);
        self.intake.number
    }

    /// Ends the body although more of it may come.
    pub(super) fn give_up_body(&mut self) {
        self.intake.state = State::Broken;
    }

    pub(super) fn body_is_whole(&self) -> bool {
        self.intake.state == State::Whole
    }

    /// Whether what is left of the body is worth reading to keep the connection.
    pub(super) fn may_drain(&self, most: u64) -> bool {
        match self.intake.state {
            State::Whole => true,
            State::Broken | State::Uninvited => false,
            // Whoever waits for an invitation may be answered before one.
            State::Reading if !self.intake.invitation.is_empty() => false,
            State::Reading => self.intake.decoder.remaining().is_none_or(|left| left <= most),
        }
    }

    /// The trailers of body `number`, once it is whole.
    pub(super) fn trailers(&self, number: u64) -> Option<&HeaderMap> {
        let is_whole = self.intake.number == number && self.intake.state == State::Whole;
        self.intake.decoder.trailers().filter(|_| is_whole)
    }

    /// The next bytes of body `number`; `None` behind the last, also after an error.
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>, number: u64) -> Poll<Option<Result<Bytes, Error>>> {
        if self.intake.number != number {
            return Poll::Ready(Some(Err(Error::incomplete("the request has been answered: its body is gone"))));
        }
        let result = ready!(self.poll_piece(cx));
        if result.is_err() {
            self.intake.state = State::Broken;
        }
        Poll::Ready(result.transpose())
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if self.intake.state == State::Uninvited {
            return Poll::Ready(Err(Error::incomplete("the request was answered before anybody asked for its body")));
        }
        while self.intake.state == State::Reading {
            ready!(self.poll_invite(cx))?;
            if let Some(data) = self.decode()? {
                return Poll::Ready(Ok(Some(data)));
            }
            if self.intake.state == State::Reading && ready!(self.poll_fill(cx)).map_err(broken)? == 0 {
                self.intake.decoder.end()?;
            }
        }
        Poll::Ready(Ok(None))
    }

    fn poll_invite(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.intake.invitation.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, self.intake.invitation)).map_err(broken)?;
            self.intake.invitation = &self.intake.invitation[written..];
        }
        Poll::Ready(Ok(()))
    }

    /// Finds data in what was read ahead.
    fn decode(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let piece = self.intake.decoder.decode(self.buffer.unused())?;
            if piece.ended {
                self.intake.state = State::Whole;
            }
            let length = piece.data.len() as u64;
            let Some(left) = self.intake.allowance.checked_sub(length) else {
                return Err(Error::too_large(StatusCode::PAYLOAD_TOO_LARGE, "the body exceeds its limit"));
            };
            self.intake.allowance = left;
            let data = Bytes::copy_from_slice(&self.buffer.unused()[piece.data]);
            self.buffer.consume(piece.taken);
            if !data.is_empty() {
                return Ok(Some(data));
            }
            if piece.ended || self.buffer.is_empty() {
                return Ok(None);
            }
        }
    }
}

fn broken(error: io::Error) -> Error {
    Error::incomplete("the connection broke within the body").because(error)
}
