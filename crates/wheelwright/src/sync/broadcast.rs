//! Turns each value that is sent into one for every receiver.
//!
//! The ring holds the values that somebody has still to receive, in the order of their numbers, and each knows how many
//! those are. Receivers take them in order; so whatever nobody needs any more stands at the front, and the last to receive
//! a value gets the value itself and not a clone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::SendError;
use super::queue::{Place, Queue};
use crate::observe::WaitOn;
use crate::observe::facts::note_senders;
use crate::ready;

/// Makes a channel whose receivers each get every value sent while they are there.
///
/// At most `capacity` values are kept. Sending never waits: when there are as many, the oldest is dropped, and receivers
/// that had not got to it are told how many they missed. If only the latest value counts, [`watch`](super::watch) is
/// smaller; if each value is for one receiver, or the sender should wait for a slow one, [`mpsc`](super::mpsc) is right.
///
/// # Panics
///
/// If `capacity` is 0.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::broadcast;
///
/// wheelwright::block_on(async {
///     let (events, mut first) = broadcast::channel(16);
///     let mut second = events.subscribe();
///     events.send("opened").unwrap();
///     assert_eq!(first.recv().await, Ok("opened"));
///     drop(events);
///     assert_eq!(second.recv().await, Ok("opened"));
///     assert_eq!(second.recv().await, Err(broadcast::RecvError::Closed));
/// });
/// ```
#[doc(alias("publish", "pubsub"))]
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(0 < capacity, "a broadcast channel of capacity 0 could keep no value for anybody");
    let channel = Rc::new(Channel {
        capacity,
        ring: RefCell::new(VecDeque::new()),
        next: Cell::new(0),
        senders: Cell::new(1),
        receivers: Cell::new(0),
        queue: Queue::new(WaitOn::Value),
    });
    let sender = Sender { channel };
    let receiver = sender.subscribe();
    (sender, receiver)
}

struct Channel<T> {
    capacity: usize,
    ring: RefCell<VecDeque<Slot<T>>>,
    /// The number of the next value; those in the ring have the numbers before it.
    next: Cell<u64>,
    senders: Cell<usize>,
    receivers: Cell<usize>,
    queue: Queue<()>,
}

struct Slot<T> {
    /// Counted, so that a value can be cloned while nothing is borrowed, whatever becomes of its slot meanwhile.
    value: Rc<T>,
    /// How many receivers have not got it; none of them has got any later one.
    unseen: usize,
}

impl<T> Channel<T> {
    /// Takes the value with this number for one receiver; or tells how many it missed; or `None` if nothing came yet.
    fn take(&self, number: &mut u64) -> Option<Result<Rc<T>, RecvError>> {
        let mut ring = self.ring.borrow_mut();
        let oldest = self.next.get() - ring.len() as u64;
        if *number < oldest {
            let missed = oldest - *number;
            *number = oldest;
            return Some(Err(RecvError::Lagged(missed)));
        }
        let Some(slot) = ring.get_mut((*number - oldest) as usize) else {
            return (self.senders.get() == 0).then_some(Err(RecvError::Closed));
        };
        *number += 1;
        slot.unseen -= 1;
        if slot.unseen == 0 {
            return ring.pop_front().map(|slot| Ok(slot.value));
        }
        Some(Ok(Rc::clone(&slot.value)))
    }

    /// Counts out a receiver whose next value would have this number. Gives what nobody needs any more, to be dropped
    /// when nothing is borrowed and all is in order: a value may send and receive as it goes.
    fn count_out(&self, number: u64) -> VecDeque<Slot<T>> {
        self.receivers.set(self.receivers.get() - 1);
        let mut ring = self.ring.borrow_mut();
        let seen = number.saturating_sub(self.next.get() - ring.len() as u64);
        ring.iter_mut().skip(seen as usize).for_each(|slot| slot.unseen -= 1);
        let needed_from = ring.partition_point(|slot| slot.unseen == 0);
        ring.drain(..needed_from).collect()
    }
}

impl<T: Clone> Channel<T> {
    fn poll_take(&self, number: &mut u64, place: &mut Place, cx: &Context<'_>) -> Poll<Result<T, RecvError>> {
        loop {
            let next = *number;
            let is_news = || next < self.next.get() || self.senders.get() == 0;
            ready!(place.poll(&self.queue, cx, is_news));
            drop(place.begin_anew(&self.queue));
            // `try_recv` may have been there since the wake.
            if let Some(found) = self.take(number) {
                if matches!(found, Err(RecvError::Closed)) {
                    ready!(ready::poll_budget(cx));
                }
                return Poll::Ready(found.map(Rc::unwrap_or_clone));
            }
        }
    }
}

/// Sends values to all receivers; made by [`channel`].
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a value to all receivers there are, and returns how many they are.
    ///
    /// If as many values are kept as the channel may, the oldest is dropped.
    ///
    /// # Errors
    ///
    /// Gives the value back if there is no receiver.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        let channel = &*self.channel;
        let unseen = channel.receivers.get();
        if unseen == 0 {
            return Err(SendError(value));
        }
        let slot = Slot { value: Rc::new(value), unseen };
        let mut ring = channel.ring.borrow_mut();
        let overwritten = if ring.len() == channel.capacity { ring.pop_front() } else { None };
        ring.push_back(slot);
        channel.next.set(channel.next.get() + 1);
        drop(ring);
        channel.queue.wake_all();
        drop(overwritten);
        Ok(unseen)
    }

    /// Makes another receiver, for what is sent from now on.
    ///
    /// ```
    /// let (sender, mut early) = wheelwright::sync::broadcast::channel(4);
    /// sender.send(1).unwrap();
    /// let mut late = sender.subscribe();
    /// sender.send(2).unwrap();
    /// assert_eq!((early.try_recv(), late.try_recv()), (Ok(Some(1)), Ok(Some(2))));
    /// ```
    #[track_caller]
    pub fn subscribe(&self) -> Receiver<T> {
        let channel = Rc::clone(&self.channel);
        channel.receivers.set(channel.receivers.get() + 1);
        Receiver { next: channel.next.get(), channel, place: Place::new() }
    }

    /// The number of receivers.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.channel.receivers.get()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.senders.set(self.channel.senders.get() + 1);
        note_senders(self.channel.queue.id, self.channel.senders.get());
        Self { channel: Rc::clone(&self.channel) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.senders.set(self.channel.senders.get() - 1);
        note_senders(self.channel.queue.id, self.channel.senders.get());
        if self.channel.senders.get() == 0 {
            self.channel.queue.wake_all();
        }
    }
}

show!([T] Sender<T>, |it| queue: it.channel.queue, receivers: it.channel.receivers);

/// Why a receiver of a broadcast channel gets no value.
///
/// ```
/// use wheelwright::sync::broadcast::{self, RecvError};
///
/// wheelwright::block_on(async {
///     let (sender, mut receiver) = broadcast::channel(1);
///     sender.send("lost").unwrap();
///     sender.send("kept").unwrap();
///     drop(sender);
///     assert_eq!(receiver.recv().await, Err(RecvError::Lagged(1)));
///     assert_eq!(receiver.recv().await, Ok("kept"));
///     assert_eq!(receiver.recv().await, Err(RecvError::Closed));
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// So many values were dropped before this receiver got to them; the next it gets is the oldest that is left.
    Lagged(u64),
    /// All senders are gone, and the receiver got all that they sent.
    Closed,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagged(missed) => write!(f, "the receiver was too slow and missed {missed} values"),
            Self::Closed => f.write_str("the channel is closed"),
        }
    }
}

impl std::error::Error for RecvError {}

/// Receives every value sent while it is there.
///
/// It is made by [`channel`] and [`Sender::subscribe`].
///
/// As a `Stream` it ends when all senders are gone; what it missed appears in it as [`RecvError::Lagged`].
#[must_use = "a receiver holds back values until it has received them"]
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
    /// The number of the next value to receive.
    next: u64,
    /// Where it waits as a stream.
    place: Place,
}

impl<T: Clone> Receiver<T> {
    /// Waits for the next value.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] if values were dropped before this receiver got to them: the next call gives the oldest that is
    /// left. [`RecvError::Closed`] when all senders are gone and nothing is left.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    #[track_caller]
    pub fn recv(&mut self) -> Receiving<'_, T> {
        Receiving { receiver: self, place: Place::new() }
    }

    /// Takes the next value if there is one; `Ok(None)` while none has come.
    ///
    /// # Errors
    ///
    /// As with [`recv`](Self::recv).
    ///
    /// ```
    /// use wheelwright::sync::broadcast;
    ///
    /// let (sender, mut receiver) = broadcast::channel(2);
    /// for number in 1..=5 {
    ///     sender.send(number).unwrap();
    /// }
    /// assert_eq!(receiver.try_recv(), Err(broadcast::RecvError::Lagged(3)));
    /// assert_eq!(receiver.try_recv(), Ok(Some(4)));
    /// ```
    pub fn try_recv(&mut self) -> Result<Option<T>, RecvError> {
        let found = self.channel.take(&mut self.next);
        found.transpose().map(|value| value.map(Rc::unwrap_or_clone))
    }
}

impl<T: Clone> Stream for Receiver<T> {
    type Item = Result<T, RecvError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { channel, next, place } = self.get_mut();
        let received = channel.poll_take(next, place, cx);
        received.map(|outcome| Some(outcome).filter(|outcome| !matches!(outcome, Err(RecvError::Closed))))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let unneeded = self.channel.count_out(self.next);
        drop((self.place.leave(&self.channel.queue), unneeded));
    }
}

show!([T] Receiver<T>, |it| id: it.channel.queue.id, next: it.next);

/// Waits for a value; made by [`Receiver::recv`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Receiving<'a, T> {
    receiver: &'a mut Receiver<T>,
    place: Place,
}

impl<T: Clone> std::future::Future for Receiving<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, place } = self.get_mut();
        receiver.channel.poll_take(&mut receiver.next, place, cx)
    }
}

impl<T> Drop for Receiving<'_, T> {
    fn drop(&mut self) {
        drop(self.place.leave(&self.receiver.channel.queue));
    }
}

#[cfg(test)]
mod tests;
