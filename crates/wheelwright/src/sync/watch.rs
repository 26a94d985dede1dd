//! Turns a value that changes now and then into news for everybody who looks at it.
//!
//! Each change has a number. A receiver remembers the number it has seen, so a change is never missed, whether or not
//! anybody waited for it at the time; only what lay between two looks is skipped.

use std::cell::{Cell, Ref, RefCell};
use std::mem;
use std::rc::Rc;

use super::queue::{Place, Queue};
use super::{Closed, SendError};
use crate::observe::WaitOn;

mod changed;

pub use changed::{Changed, WaitFor};

/// Makes a channel that holds one value, the latest: settings, a state, progress.
///
/// Receivers that are slow skip what came between. If each value counts there is [`broadcast`](super::broadcast), and
/// [`mpsc`](super::mpsc) if each is for one receiver; a value that comes once is a [`oneshot`](super::oneshot)'s; a
/// bare signal without a value, for tasks that wait at that moment, is [`Notify`](super::Notify)'s.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::watch;
///
/// wheelwright::block_on(async {
///     let (limit, mut changes) = watch::channel(10);
///     let follower = wheelwright::spawn(async move {
///         let mut seen = vec![*changes.borrow_and_update()];
///         while changes.changed().await.is_ok() {
///             seen.push(*changes.borrow_and_update());
///         }
///         seen
///     });
///     wheelwright::yield_now().await;
///     // Two changes in one go are one piece of news.
///     limit.send(15).unwrap();
///     limit.send_modify(|limit| *limit += 5);
///     drop(limit);
///     assert_eq!(follower.await.unwrap(), [10, 20]);
/// });
/// ```
#[doc(alias = "Condition")]
pub fn channel<T>(initial: T) -> (Sender<T>, Receiver<T>) {
    let channel = Rc::new(Channel {
        value: RefCell::new(initial),
        version: Cell::new(0),
        has_sender: Cell::new(true),
        receivers: Cell::new(0),
        queue: Queue::new(WaitOn::Change),
    });
    let sender = Sender { channel };
    let receiver = sender.subscribe();
    (sender, receiver)
}

struct Channel<T> {
    value: RefCell<T>,
    /// The number of the latest change. At one a nanosecond they last for 584 years.
    version: Cell<u64>,
    has_sender: Cell<bool>,
    receivers: Cell<usize>,
    /// The receivers that wait for a change.
    queue: Queue<()>,
}

impl<T> Channel<T> {
    /// Changes the value, then tells everybody; what comes of it is dropped or handed on by the caller, after that.
    #[track_caller]
    fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let Ok(mut value) = self.value.try_borrow_mut() else {
            // To wait for it, as between threads, would be for ever: whoever holds it is on this one.
            panic!("a watch channel's value cannot be changed while it is looked at: drop what `borrow` gave first")
        };
        let outcome = change(&mut value);
        drop(value);
        self.version.set(self.version.get() + 1);
        self.queue.wake_all();
        outcome
    }
}

/// Changes the value; made by [`channel`].
///
/// Dropped, it tells the receivers that no change will come.
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Replaces the value, drops the old one, and wakes the receivers that wait.
    ///
    /// # Errors
    ///
    /// Gives the value back if no receiver is there; the old one stays then.
    ///
    /// # Panics
    ///
    /// If somebody still holds what [`borrow`](Self::borrow) gave.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        drop(self.channel.change(|old| mem::replace(old, value)));
        Ok(())
    }

    /// Changes the value in place, and wakes the receivers that wait.
    ///
    /// It does so if no receiver is there, too.
    ///
    /// ```
    /// let (sender, mut receiver) = wheelwright::sync::watch::channel(vec![1]);
    /// sender.send_modify(|values| values.push(2));
    /// assert_eq!(*receiver.borrow_and_update(), [1, 2]);
    /// ```
    ///
    /// # Panics
    ///
    /// If somebody still holds what [`borrow`](Self::borrow) gave, or if the change itself looks at the channel's value.
    #[doc(alias = "send_replace")]
    #[track_caller]
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.channel.change(modify);
    }

    /// Looks at the value.
    ///
    /// It cannot be changed meanwhile, so let go before the next `await`.
    ///
    /// # Panics
    ///
    /// Within the change that [`send_modify`](Self::send_modify) makes.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        self.channel.value.borrow()
    }

    /// Makes another receiver, which has seen the present value.
    ///
    /// ```
    /// let (sender, first) = wheelwright::sync::watch::channel("red");
    /// drop(first);
    /// assert!(sender.is_closed());
    /// let second = sender.subscribe();
    /// sender.send("green").unwrap();
    /// assert!(second.has_changed());
    /// ```
    #[must_use]
    pub fn subscribe(&self) -> Receiver<T> {
        self.channel.receivers.set(self.channel.receivers.get() + 1);
        Receiver { channel: Rc::clone(&self.channel), seen: self.channel.version.get() }
    }

    /// Whether no receiver is there.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.receivers.get() == 0
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.has_sender.set(false);
        self.channel.queue.wake_all();
    }
}

show!([T] Sender<T>, |it| queue: it.channel.queue, receivers: it.channel.receivers);

/// Looks at the value and waits for changes.
///
/// It is made by [`channel`] and [`Sender::subscribe`].
///
/// A clone has seen what the original has.
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
    /// The number of the last change that this receiver has seen.
    seen: u64,
}

impl<T> Receiver<T> {
    /// Looks at the value, which still counts as unseen if it was.
    ///
    /// It cannot be changed meanwhile, so let go before the next `await`.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        self.channel.value.borrow()
    }

    /// Looks at the value, which counts as seen from now on.
    ///
    /// It cannot be changed meanwhile, so let go before the next `await`.
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        self.seen = self.channel.version.get();
        self.channel.value.borrow()
    }

    /// Whether there is a change that this receiver has not seen.
    ///
    /// ```
    /// let (sender, mut receiver) = wheelwright::sync::watch::channel(1);
    /// assert!(!receiver.has_changed());
    /// sender.send(2).unwrap();
    /// assert!(receiver.has_changed());
    /// assert_eq!(*receiver.borrow_and_update(), 2);
    /// assert!(!receiver.has_changed());
    /// ```
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.seen != self.channel.version.get()
    }

    /// Waits for a change that this receiver has not seen, and counts it as seen.
    ///
    /// # Errors
    ///
    /// [`Closed`] if the sender is gone and its last change was seen.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the change counts as seen only when the future gives it.
    #[track_caller]
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed { channel: &self.channel, seen: &mut self.seen, place: Place::new() }
    }

    /// Waits until the value passes a test, and gives it; at once, if it does now.
    ///
    /// Each value that it looks at counts as seen. What it gives is a borrow, as [`borrow`](Self::borrow) gives: let go
    /// before the next `await`.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let (sender, mut receiver) = wheelwright::sync::watch::channel(0);
    ///     let count = async {
    ///         for number in 1..=5 {
    ///             sender.send(number).unwrap();
    ///             wheelwright::yield_now().await;
    ///         }
    ///     };
    ///     let (three, ()) = wheelwright::join(async { receiver.wait_for(|number| 3 <= *number).await.map(|three| *three) }, count).await;
    ///     assert_eq!(three, Ok(3));
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`] if the sender is gone and its last value does not pass.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no value: what did not pass counts as seen, what came since does not.
    ///
    /// # Panics
    ///
    /// If the test changes the value.
    #[doc(alias = "wait_until")]
    #[track_caller]
    pub fn wait_for<F: FnMut(&T) -> bool>(&mut self, test: F) -> WaitFor<'_, T, F> {
        WaitFor { changed: self.changed(), test }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.channel.receivers.set(self.channel.receivers.get() + 1);
        Self { channel: Rc::clone(&self.channel), seen: self.seen }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.receivers.set(self.channel.receivers.get() - 1);
    }
}

show!([T] Receiver<T>, |it| id: it.channel.queue.id, changed: it.has_changed());

#[cfg(test)]
mod tests;
