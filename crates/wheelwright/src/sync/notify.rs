//! Turns "there is something to do" into the wake of one task that waits for it, or of all.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::queue::{AT_ONCE, Left, Place, Queue};
use crate::observe::WaitOn;
use crate::waker::wake;

/// Tells tasks that something has changed, without saying what.
///
/// - [`notify_one`](Self::notify_one) ends the wait of the task that has waited longest. If nobody waits it stores one
///   notification for the next who comes; more than one are not kept apart. So "change the state, then `notify_one`" on
///   one side and "look at the state, then wait" on the other misses nothing.
/// - [`notify_waiters`](Self::notify_waiters) ends the waits of all whose future has been made by now, polled or not,
///   and stores nothing.
/// - A wait that was ended by `notify_one` and is dropped before it tells its task passes the notification on, to the
///   next in line or into store.
///
/// It is what other primitives are made of: take it where none of them fits. For a state that lasts take an
/// [`Event`](super::Event), for a count a [`Semaphore`](super::Semaphore), for values a channel, for a value that
/// changes a `watch` channel.
///
/// # Examples
///
/// A queue that is waited for:
///
/// ```
/// use std::cell::RefCell;
/// use std::collections::VecDeque;
/// use wheelwright::sync::Notify;
///
/// wheelwright::block_on(async {
///     let (jobs, changed) = (RefCell::new(VecDeque::new()), Notify::new());
///     let next = async || {
///         loop {
///             if let Some(job) = jobs.borrow_mut().pop_front() {
///                 return job;
///             }
///             changed.notified().await;
///         }
///     };
///     let put = async {
///         jobs.borrow_mut().push_back("sweep");
///         changed.notify_one();
///     };
///     assert_eq!(wheelwright::join(next(), put).await.0, "sweep");
/// });
/// ```
#[doc(alias("Condvar", "Condition", "AutoResetEvent"))]
#[derive(Debug)]
pub struct Notify {
    /// Whether the next who comes need not wait; false while anybody stands in line.
    is_stored: Cell<bool>,
    /// How often all were notified.
    rounds: Cell<u64>,
    /// The tickets of those who were notified one at a time and have not noticed yet, lowest first.
    owed: RefCell<VecDeque<u64>>,
    queue: Queue<()>,
}

impl Notify {
    /// Makes one with nothing stored.
    #[must_use]
    pub fn new() -> Self {
        Self {
            is_stored: Cell::new(false),
            rounds: Cell::new(0),
            owed: RefCell::new(VecDeque::new()),
            queue: Queue::new(WaitOn::Notify),
        }
    }

    /// Ends the wait of the first in line, or, if nobody waits, of the next who comes.
    ///
    /// ```
    /// let changed = wheelwright::sync::Notify::new();
    /// changed.notify_one();
    /// wheelwright::block_on(changed.notified()); // does not wait
    /// ```
    #[doc(alias = "notify")]
    pub fn notify_one(&self) {
        let mut waiters = self.queue.waiters.borrow_mut();
        let ticket = waiters.first_ticket();
        let Some(first) = waiters.pop_front() else { return self.is_stored.set(true) };
        drop(waiters);
        self.owed.borrow_mut().push_back(ticket);
        wake(first.waker);
    }

    /// Ends the waits of all who wait now, and stores nothing.
    ///
    /// ```
    /// let changed = wheelwright::sync::Notify::new();
    /// let (first, second) = (changed.notified(), changed.notified());
    /// changed.notify_waiters();
    /// wheelwright::block_on(wheelwright::join(first, second)); // whoever comes now waits for the next
    /// ```
    #[doc(alias = "notify_all")]
    pub fn notify_waiters(&self) {
        self.rounds.set(self.rounds.get() + 1);
        self.queue.wake_all();
    }

    /// Waits to be notified.
    ///
    /// It hears of every [`notify_waiters`](Self::notify_waiters) from this call on, and stands in line for
    /// [`notify_one`](Self::notify_one) once it was polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future passes on what `notify_one` gave it, and leaves the line.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        Notified { notify: self, made_in: self.rounds.get(), place: Place::new() }
    }

    /// Whether the wait with this ticket was ended by `notify_one`; asked once.
    fn settle(&self, ticket: u64) -> bool {
        let mut owed = self.owed.borrow_mut();
        owed.binary_search(&ticket).is_ok_and(|at| owed.remove(at).is_some())
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits to be notified; made by [`Notify::notified`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Notified<'a> {
    notify: &'a Notify,
    /// How often all had been notified when this was made.
    made_in: u64,
    place: Place,
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { notify, made_in, place } = self.get_mut();
        // In this order: what is stored is left to somebody who needs it.
        let attempt = || notify.rounds.get() != *made_in || notify.is_stored.take();
        place.poll(&notify.queue, cx, attempt).map(|ticket| _ = ticket != AT_ONCE && notify.settle(ticket))
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        if let Left::Served(ticket) = self.place.leave(&self.notify.queue)
            && self.notify.settle(ticket)
        {
            self.notify.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
