//! Turns a flag into something to wait for: set, it lets everybody through until it is cleared.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::queue::{Place, Queue};
use crate::observe::WaitOn;

/// A flag that tasks wait for; while it is set nobody has to.
///
/// Take it for a state that comes and goes, such as "connected" or "not paused", and that any number of tasks look at.
/// To tell one task that there is something to do take [`Notify`](super::Notify), which forgets what nobody was told;
/// for "stop, for good" a [`CancellationToken`](super::CancellationToken), which has children; for a value that changes a
/// `watch` channel.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::Event;
///
/// wheelwright::block_on(async {
///     let connected = Event::new();
///     let send = async || {
///         connected.wait().await;
///         "sent"
///     };
///     let (sent, ()) = wheelwright::join(send(), async { connected.set() }).await;
///     assert_eq!(sent, "sent");
///     connected.clear();
///     assert!(!connected.is_set());
/// });
/// ```
#[doc(alias = "ManualResetEvent")]
#[derive(Debug)]
pub struct Event {
    is_set: Cell<bool>,
    /// Nobody stands in line while the flag is set.
    queue: Queue<()>,
}

impl Event {
    /// Makes an event that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self { is_set: Cell::new(false), queue: Queue::new(WaitOn::Event) }
    }

    /// Sets the flag and lets all through who wait.
    ///
    /// Whoever waits now goes on, even if the flag is cleared before its task runs.
    pub fn set(&self) {
        self.is_set.set(true);
        self.queue.wake_all();
    }

    /// Clears the flag: whoever comes from now on waits.
    pub fn clear(&self) {
        self.is_set.set(false);
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.is_set.get()
    }

    /// Waits until the flag is set; ready at once if it is already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing but the news of a [`set`](Self::set) that was cleared meanwhile.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn wait(&self) -> EventWait<'_> {
        EventWait { event: self, place: Place::new() }
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits for an event to be set; made by [`Event::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct EventWait<'a> {
    event: &'a Event,
    place: Place,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { event, place } = self.get_mut();
        place.poll(&event.queue, cx, || event.is_set.get()).map(drop)
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        drop(self.place.leave(&self.event.queue));
    }
}

#[cfg(test)]
mod tests;
