//! Turns values of many tasks into a queue that one task takes from.
//!
//! A channel is a semaphore whose permits are free places, a queue, and a place for the receiver to wait. So a sender that
//! waits stands in the semaphore's line, with its value still in its hands: what was not sent when its future is dropped
//! goes with it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::waiting::LoneWaiter;
use super::{Semaphore, SendError, TryRecvError, TrySendError, semaphore};
use crate::observe::facts::note_senders;
use crate::observe::{Line, WaitOn};

mod leaves;

pub use leaves::{Receiving, Reserving, Sending};

/// Makes a channel that holds at most `capacity` values.
///
/// Whoever sends more waits until the receiver has taken some.
///
/// That wait is what keeps a fast producer from filling the memory, so prefer it to [`unbounded`]. The channel works within one
/// thread; between threads there is [`remote`](super::remote). A single value, such as a reply, is a
/// [`oneshot`](super::oneshot)'s; if every receiver is to get every value see [`broadcast`](super::broadcast), and
/// [`watch`](super::watch) if only the latest counts; a signal without a value is [`Notify`](super::Notify)'s.
///
/// # Panics
///
/// If `capacity` is 0.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::mpsc;
///
/// wheelwright::block_on(async {
///     let (sender, mut receiver) = mpsc::channel(2);
///     for worker in 0..3 {
///         let sender = sender.clone();
///         wheelwright::spawn(async move { sender.send(worker).await }).detach_logged();
///     }
///     drop(sender);
///     let mut sum = 0;
///     while let Some(worker) = receiver.recv().await {
///         sum += worker;
///     }
///     assert_eq!(sum, 3);
/// });
/// ```
#[doc(alias("Queue", "queue", "open_memory_channel"))]
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(0 < capacity, "a channel of capacity 0 has no room for any value");
    Channel::open(capacity, Location::caller())
}

/// Makes a channel that holds any number of values.
///
/// [`Sender::try_send`] finds it full never.
///
/// Nothing keeps its senders from filling the memory, so it is for values whose number is bounded by something else.
///
/// ```
/// let (sender, mut receiver) = wheelwright::sync::mpsc::unbounded();
/// for number in 0..1000 {
///     sender.try_send(number).unwrap();
/// }
/// assert_eq!(receiver.len(), 1000);
/// assert_eq!(receiver.try_recv(), Ok(0));
/// ```
#[doc(alias = "unbounded_channel")]
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    Channel::open(usize::MAX, Location::caller())
}

struct Channel<T> {
    /// The places that are free; closed with the channel.
    room: Semaphore,
    queue: RefCell<VecDeque<T>>,
    senders: Cell<usize>,
    receiver: LoneWaiter,
}

impl<T> Channel<T> {
    fn open(capacity: usize, at: Line) -> (Sender<T>, Receiver<T>) {
        let channel = Rc::new(Self {
            room: Semaphore::waited_on_as(WaitOn::Room, capacity),
            queue: RefCell::new(VecDeque::new()),
            senders: Cell::new(1),
            receiver: LoneWaiter::new(),
        });
        (Sender { channel: Rc::clone(&channel) }, Receiver { channel, at })
    }

    /// Fills a place, unless the channel was closed since it was reserved.
    #[inline]
    fn push(&self, place: semaphore::Permit<'_>, value: T) -> Result<(), SendError<T>> {
        if self.room.is_closed() {
            return Err(SendError(value));
        }
        // The value has it now, until it is received.
        mem::forget(place);
        self.put(value);
        Ok(())
    }

    /// Puts a value in the place that was taken for it just now.
    #[inline]
    fn put(&self, value: T) {
        self.queue.borrow_mut().push_back(value);
        self.receiver.wake();
    }

    fn count_senders(&self, more: isize) {
        self.senders.set(self.senders.get().saturating_add_signed(more));
        note_senders(self.room.id(), self.senders.get());
    }

    /// Takes the first value and frees its place.
    #[inline]
    fn pop(&self) -> Result<T, TryRecvError> {
        let first = self.queue.borrow_mut().pop_front();
        if let Some(value) = first {
            self.room.release(1);
            return Ok(value);
        }
        let is_over = self.senders.get() == 0 || self.room.is_closed();
        Err(if is_over { TryRecvError::Closed } else { TryRecvError::Empty })
    }
}

/// Sends values; made by [`channel`] and [`unbounded`].
///
/// The channel ends when the last clone is dropped and the receiver has taken what is queued.
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a value, and waits for room before if there is none.
    ///
    /// Those who wait are served in the order in which they came.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver is gone or has closed the channel.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is ready has not sent: the value is dropped with it. To keep the value,
    /// [`reserve`](Self::reserve) a place first.
    #[doc(alias = "put")]
    #[track_caller]
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending { reserving: self.reserve(), value: Some(value) }
    }

    /// Sends a value if there is room and nobody waits for it.
    ///
    /// # Errors
    ///
    /// Gives the value back if there is no room, or if the receiver is gone or has closed the channel.
    ///
    /// ```
    /// use wheelwright::sync::{TrySendError, mpsc};
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// assert_eq!(sender.try_send('a'), Ok(()));
    /// assert_eq!(sender.try_send('b'), Err(TrySendError::Full('b')));
    /// receiver.close();
    /// assert_eq!(sender.try_send('c'), Err(TrySendError::Closed('c')));
    /// ```
    #[doc(alias = "put_nowait")]
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.channel.room.try_acquire() {
            Some(place) => self.channel.push(place, value).map_err(|SendError(value)| TrySendError::Closed(value)),
            None if self.is_closed() => Err(TrySendError::Closed(value)),
            None => Err(TrySendError::Full(value)),
        }
    }

    /// Waits for room, and keeps it for a value that may be made only then.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let (sender, mut receiver) = wheelwright::sync::mpsc::channel(1);
    ///     let place = sender.reserve().await.unwrap();
    ///     assert!(sender.try_send(1).is_err(), "the place is taken");
    ///     place.send(2).unwrap();
    ///     assert_eq!(receiver.recv().await, Some(2));
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`](super::Closed) if the receiver is gone or has closed the channel.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line; a place granted but not yet taken goes to the next.
    #[track_caller]
    pub fn reserve(&self) -> Reserving<'_, T> {
        Reserving { sender: self, acquire: self.channel.room.acquire() }
    }

    /// Whether nothing can be sent any more.
    ///
    /// The receiver is gone then, or has closed the channel.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.room.is_closed()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.count_senders(1);
        Self { channel: Rc::clone(&self.channel) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.count_senders(-1);
        if self.channel.senders.get() == 0 {
            self.channel.receiver.wake();
        }
    }
}

show!([T] Sender<T>, |it| room: it.channel.room);

/// A place in a channel, kept for one value; made by [`Sender::reserve`].
///
/// Dropping it frees the place.
#[must_use = "a place is free again as soon as its permit is dropped"]
#[derive(Debug)]
pub struct Permit<'a, T> {
    sender: &'a Sender<T>,
    place: semaphore::Permit<'a>,
}

impl<T> Permit<'_, T> {
    /// Sends the value, without waiting.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver has gone or closed the channel meanwhile.
    #[inline]
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.sender.channel.push(self.place, value)
    }
}

/// Takes the values, in the order in which they were sent.
///
/// It is made by [`channel`] and [`unbounded`].
///
/// As a `Stream` it ends when all senders are gone. Dropping it closes the channel and drops what is queued; senders that
/// wait get their values back.
#[doc(alias = "ReceiverStream")]
#[must_use = "a receiver that is dropped closes the channel"]
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
    at: Line,
}

impl<T> Receiver<T> {
    /// Waits for the next value; `None` when none is queued and none will come.
    ///
    /// None will come when all senders are gone, or the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    #[doc(alias = "get")]
    #[track_caller]
    pub fn recv(&mut self) -> Receiving<'_, T> {
        Receiving { receiver: self, at: Location::caller() }
    }

    /// Takes the next value if one is queued.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] while one may come yet, [`TryRecvError::Closed`] when none will.
    #[doc(alias = "get_nowait")]
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.pop()
    }

    /// Lets nothing more in.
    ///
    /// What is queued can still be received; senders that wait get their values back.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let (sender, mut receiver) = wheelwright::sync::mpsc::channel(4);
    ///     sender.send("queued").await.unwrap();
    ///     receiver.close();
    ///     assert!(sender.send("late").await.is_err());
    ///     assert_eq!((receiver.recv().await, receiver.recv().await), (Some("queued"), None));
    /// });
    /// ```
    #[doc(alias = "shutdown")]
    pub fn close(&mut self) {
        self.channel.room.close();
    }

    /// The number of values that are queued.
    #[doc(alias = "qsize")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.channel.queue.borrow().len()
    }

    /// Whether no value is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn poll_recv(&self, cx: &Context<'_>, at: Line) -> Poll<Option<T>> {
        let channel = &*self.channel;
        channel.receiver.poll(cx, (WaitOn::Value, channel.room.id(), at), || channel.pop()).map(Result::ok)
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_recv(cx, self.at)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.close();
        self.channel.receiver.leave();
        drop(self.channel.queue.take());
    }
}

show!([T] Receiver<T>, |it| room: it.channel.room, len: it.len());

#[cfg(test)]
mod tests;
