//! Turns values of one thread into values of another, in order and with a bound.
//!
//! The values go through a bounded queue of crossbeam-channel; what stands here is who waits for room and who for a value.
//! Both follow one protocol, whose steps stand in `protocol.rs`. Whoever is woken is out of the line: while the receiver is
//! awake, sending costs no lock and no system call.

use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{SendError, TryRecvError, TrySendError};
use crate::observe::{Line, resource_id};
use crate::ready;
use crate::wait_list::WaitKey;

mod leaves;
mod line;
mod protocol;
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
}

pub use leaves::{Receiving, Sending};
use line::WaitLine;
use protocol::Ends;

/// Makes a channel between threads that holds at most `capacity` values.
///
/// It connects two loops, or a loop and plain threads.
///
/// Senders can be cloned and go to any thread; the receiver goes to one. Values of one sender arrive in the order in which it
/// sent them. Within one thread [`mpsc`](super::mpsc) does the same at a fraction of the price; to run a piece of work
/// elsewhere there are [`spawn_blocking`](crate::spawn_blocking) and [`Handle::spawn`](crate::Handle::spawn).
///
/// Receiving and sending are charged to the task's budget, so that a busy channel leaves the other tasks their turn.
///
/// A value is dropped on the thread that has it. What nobody will receive is dropped by the receiver as it goes, or by a
/// sender that sends at that very moment, on its own thread: hence `T: Send`.
///
/// # Panics
///
/// If `capacity` is 0.
///
/// # Examples
///
/// A thread that feeds the loop, and waits while the loop is busy:
///
/// ```
/// use wheelwright::sync::remote;
///
/// let (sender, mut receiver) = remote::channel(4);
/// let thread = std::thread::spawn(move || {
///     for number in 0..100 {
///         sender.blocking_send(number).unwrap();
///     }
/// });
/// wheelwright::block_on(async {
///     let mut sum = 0;
///     while let Some(number) = receiver.recv().await {
///         sum += number;
///     }
///     assert_eq!(sum, 4950);
/// });
/// thread.join().unwrap();
/// ```
#[doc(alias("call_soon_threadsafe", "janus"))]
#[track_caller]
pub fn channel<T: Send>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(0 < capacity, "a channel of capacity 0 has no room for any value");
    let (tx, rx) = crossbeam_channel::bounded(capacity);
    let channel = Arc::new(Channel {
        id: resource_id(),
        tx,
        rx,
        ends: Ends::new(),
        room: WaitLine::new(),
        values: WaitLine::new(),
    });
    (Sender { channel: Arc::clone(&channel) }, Receiver { channel, key: None, at: Location::caller() })
}

struct Channel<T> {
    id: u32,
    // The queue. Both its ends live as long as the channel: who of us is left is counted here.
    tx: crossbeam_channel::Sender<T>,
    rx: crossbeam_channel::Receiver<T>,
    ends: Ends,
    room: WaitLine,
    values: WaitLine,
}

impl<T> Channel<T> {
    fn push(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.ends.is_closed() {
            return Err(TrySendError::Closed(value));
        }
        self.tx.try_send(value).map_err(|error| TrySendError::Full(error.into_inner()))?;
        self.values.wake_one();
        // If the receiver went meanwhile, it may not have seen the value.
        if self.ends.is_closed() {
            self.empty();
        }
        Ok(())
    }

    fn pop(&self) -> Result<T, TryRecvError> {
        let nothing = if self.ends.has_sender() { TryRecvError::Empty } else { TryRecvError::Closed };
        let value = self.rx.try_recv().map_err(|_| nothing)?;
        self.room.wake_one();
        Ok(value)
    }

    /// Drops whatever nobody will receive.
    fn empty(&self) {
        while self.rx.try_recv().is_ok() {}
    }
}

/// Sends values to another thread's receiver; made by [`channel`].
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a value, and waits for room before if there is none.
    ///
    /// Those who wait are woken in the order in which they came, but whoever sends meanwhile may be faster.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is ready has not sent: the value is dropped with it.
    #[track_caller]
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending { sender: self, value: Some(value), key: None, at: Location::caller() }
    }

    /// Sends a value if there is room.
    ///
    /// # Errors
    ///
    /// Gives the value back if there is no room, or if the receiver is gone.
    ///
    /// ```
    /// use wheelwright::sync::{TrySendError, remote};
    ///
    /// let (sender, receiver) = remote::channel(1);
    /// assert_eq!(sender.try_send('a'), Ok(()));
    /// assert_eq!(sender.try_send('b'), Err(TrySendError::Full('b')));
    /// drop(receiver);
    /// assert_eq!(sender.try_send('c'), Err(TrySendError::Closed('c')));
    /// ```
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.channel.push(value)
    }

    /// Whether the receiver is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.ends.is_closed()
    }

    /// Sends a value, and blocks this thread until there is room.
    ///
    /// Not for a task: it would stop its loop.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver is gone.
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        assert!(ready::current_id() == 0, "`blocking_send` in a task would stop its loop: await `send` instead");
        match self.try_send(value) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(value)) => line::block_on(self.send(value)),
            Err(TrySendError::Closed(value)) => Err(SendError(value)),
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.ends.add_sender();
        Self { channel: Arc::clone(&self.channel) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.channel.ends.remove_sender() {
            self.channel.values.wake_one();
        }
    }
}

show!([T] Sender<T>, |it| id: it.channel.id, closed: it.is_closed());

/// Receives what other threads send; made by [`channel`].
///
/// As a `Stream` it ends when all senders are gone.
///
/// Dropping it drops what is still in the channel; senders that wait get their values back.
#[must_use = "a receiver that is dropped closes the channel"]
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
    /// There while it waits for a value.
    key: Option<WaitKey>,
    at: Line,
}

impl<T> Receiver<T> {
    /// Waits for the next value; `None` when all senders are gone and nothing is left.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    #[track_caller]
    pub fn recv(&mut self) -> Receiving<'_, T> {
        Receiving { receiver: self, at: Location::caller() }
    }

    /// Takes a value if there is one.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] while one may come yet, [`TryRecvError::Closed`] when all senders are gone.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.pop()
    }

    /// Waits for the next value by blocking this thread; `None` at the end.
    ///
    /// The end is when all senders are gone and nothing is left. Not for a task: it would stop its loop.
    ///
    /// ```
    /// let (sender, mut receiver) = wheelwright::sync::remote::channel(1);
    /// std::thread::spawn(move || sender.blocking_send("from a thread"));
    /// assert_eq!(receiver.blocking_recv(), Some("from a thread"));
    /// assert_eq!(receiver.blocking_recv(), None);
    /// ```
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        assert!(ready::current_id() == 0, "`blocking_recv` in a task would stop its loop: await `recv` instead");
        match self.try_recv() {
            Err(TryRecvError::Empty) => line::block_on(self.recv()),
            outcome => outcome.ok(),
        }
    }

    /// The number of values in the channel; senders may change it at any time.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channel.rx.len()
    }

    /// Whether no value is in the channel; senders may change it at any time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.channel.rx.is_empty()
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>, at: Line) -> Poll<Option<T>> {
        let Self { channel, key, .. } = self;
        channel.values.poll(key, cx, (channel.id, at), || match channel.pop() {
            Err(TryRecvError::Empty) => None,
            outcome => Some(outcome.ok()),
        })
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let at = self.at;
        self.poll_recv(cx, at)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let channel = &*self.channel;
        channel.values.leave(&mut self.key);
        channel.ends.close();
        while channel.room.wake_one() {}
        channel.empty();
    }
}

show!([T] Receiver<T>, |it| id: it.channel.id, len: it.len());

#[cfg(test)]
mod tests;
