//! Turns the pieces that a task sends into a body that somebody else sends on.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use wheelwright::sync::mpsc;

use crate::{Error, ErrorKind};

/// Sends a body piece by piece; made by [`Body::channel`](crate::Body::channel).
///
/// Dropped before [`finish`](Self::finish), it breaks the body off: whoever receives it sees that it is not whole.
#[derive(Debug)]
#[must_use = "a sender that is dropped breaks its body off"]
pub struct BodySender {
    pieces: mpsc::Sender<Bytes>,
    /// Nothing is missing from what was sent.
    whole: Rc<Cell<bool>>,
}

/// The end that the body is made of.
pub(super) struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    whole: Rc<Cell<bool>>,
}

#[track_caller]
pub(super) fn open(capacity: usize) -> (BodySender, Pieces) {
    let (sender, receiver) = mpsc::channel(capacity);
    let whole = Rc::new(Cell::new(false));
    (BodySender { pieces: sender, whole: Rc::clone(&whole) }, Pieces { pieces: receiver, whole })
}

impl BodySender {
    /// Sends one piece, once there is room for it.
    ///
    /// # Errors
    /// `Closed` if nobody takes it: the peer is gone, or the message was dropped. The first write that the system refuses
    /// tells; what was sent before may not have arrived.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it has not sent.
    pub async fn send(&self, piece: impl Into<Bytes>) -> Result<(), Error> {
        let sent = self.pieces.send(piece.into()).await;
        sent.map_err(|_| Error::new(ErrorKind::Closed, "nobody takes the body any more"))
    }

    /// Returns whether nobody takes the body any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pieces.is_closed()
    }

    /// Ends the body: it is whole.
    pub fn finish(self) {
        self.whole.set(true);
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(Pin::new(&mut self.pieces).poll_next(cx));
        // After the error the stream ends.
        let broken = piece.is_none() && !self.whole.replace(piece.is_none());
        let error = broken.then(|| Err(Error::incomplete("the body's sender was dropped before its end")));
        Poll::Ready(error.or(piece.map(Ok)))
    }
}
