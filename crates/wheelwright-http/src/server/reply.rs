//! Turns a response into bytes on the socket: head and small body in one write, a stream piece by piece.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use wheelwright::time::timeout;

use super::connection::plain;
use super::wire::Wire;
use crate::body::{Body, BodyError};
use crate::buffers::{self, OUTPUT};
use crate::date;
use crate::proto::{Answering, BodyEncoder, BodyLength};

/// Bytes up to which copying is cheaper than another piece of a vectored write.
const COPIED: usize = 4 * 1024;

/// What a body gives next.
type Piece = Result<Bytes, BodyError>;

/// A response under way.
struct Sender<'w> {
    wire: &'w Wire,
    encoder: BodyEncoder,
    /// Bytes that leave with the next write.
    out: Vec<u8>,
    /// The longest wait without progress.
    stall: Duration,
}

/// Sends a response; whether the connection can serve another request.
///
/// One that cannot be sent, for its framing fields contradict its body or its status is none to end with, becomes a 500.
pub(super) async fn send(
    wire: &Wire,
    answering: &Answering,
    response: Response<Body>,
    stall: Duration,
) -> io::Result<bool> {
    let mut out = buffers::take(&OUTPUT);
    let (mut parts, mut body) = response.into_parts();
    let date = date::now();
    let head = answering.write_head(&mut out, parts.status, &parts.headers, body.size(), Some(&date));
    let head = head.or_else(|error| {
        (parts, body) = plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")).into_parts();
        answering.write_head(&mut out, parts.status, &parts.headers, body.size(), Some(&date))
    });
    let (encoder, keep_alive) = head.expect("a response without fields contradicts nothing");
    let mut sender = Sender { wire, encoder, out, stall };
    let whole = sender.body(body).await?;
    let whole = sender.finish(whole).await?;
    Ok(keep_alive && whole)
}

impl Sender<'_> {
    /// Sends a body; false if it failed or was cut.
    async fn body(&mut self, mut body: Body) -> io::Result<bool> {
        // What answers a HEAD, and what has no body by its status, ends with its head.
        let has_body = self.encoder.length() != BodyLength::Exact(0);
        // A body that is made of the request's asks for that with its first piece, and so before the head is sent.
        let first = if has_body { poll_fn(|cx| Poll::Ready(body.poll_chunk(cx))).await } else { Poll::Pending };
        if !self.wire.socket().end_invitation() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        if has_body { self.pieces(body, first).await } else { Ok(true) }
    }

    /// Frames the pieces of a body as they come.
    async fn pieces(&mut self, mut body: Body, mut next: Poll<Option<Piece>>) -> io::Result<bool> {
        loop {
            if next.is_pending() {
                // What the client can have already must not wait for what is yet to come.
                self.flush(b"").await?;
                // Nor does who waits hold a buffer.
                buffers::keep(&OUTPUT, std::mem::take(&mut self.out));
                next = Poll::Ready(poll_fn(|cx| body.poll_chunk(cx)).await);
                self.out = buffers::take(&OUTPUT);
            }
            match next {
                Poll::Ready(Some(Ok(bytes))) => {
                    if !self.piece(bytes).await? {
                        return Ok(false);
                    }
                }
                Poll::Ready(Some(Err(_))) => return Ok(false),
                _ => return Ok(true),
            }
            next = poll_fn(|cx| Poll::Ready(body.poll_chunk(cx))).await;
        }
    }

    /// Frames one piece, and sends it unless it is small; false if not all of it was declared.
    async fn piece(&mut self, mut bytes: Bytes) -> io::Result<bool> {
        let declared = match self.encoder.length() {
            BodyLength::Exact(left) => usize::try_from(left).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let fits = bytes.len() <= declared;
        bytes.truncate(declared);
        let behind = self.encoder.open(bytes.len(), &mut self.out).map_err(io::Error::other)?;
        if bytes.len() <= COPIED {
            self.out.extend_from_slice(&bytes);
        } else {
            self.flush(&bytes).await?;
        }
        self.out.extend_from_slice(behind);
        if COPIED < self.out.len() {
            self.flush(b"").await?;
        }
        Ok(fits)
    }

    /// Ends the body and sends what is left. One that is broken off goes without its end, so that the client notices.
    async fn finish(mut self, whole: bool) -> io::Result<bool> {
        let encoder = std::mem::replace(&mut self.encoder, BodyEncoder::new(BodyLength::Exact(0)));
        let whole = whole && encoder.finish(&mut self.out).is_ok();
        self.flush(b"").await?;
        buffers::keep(&OUTPUT, self.out);
        Ok(whole)
    }

    /// Sends what is gathered and `data` behind it.
    async fn flush(&mut self, data: &[u8]) -> io::Result<()> {
        let mut slices = [IoSlice::new(&self.out), IoSlice::new(data)];
        let mut left = &mut slices[..];
        // Drops slices that are empty.
        IoSlice::advance_slices(&mut left, 0);
        while let [_, ..] = left {
            let write = poll_fn(|cx| self.wire.socket().poll_write(cx, left));
            let written = timeout(self.stall, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            IoSlice::advance_slices(&mut left, written);
        }
        self.out.clear();
        Ok(())
    }
}
