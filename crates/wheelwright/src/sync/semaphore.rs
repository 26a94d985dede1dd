//! Turns a number of permits into a limit: who finds none left waits in line.
//!
//! What is always true:
//!
//! - the permits available, held and granted add up to those the semaphore was made with and those that were added, less
//!   those that were forgotten;
//! - while the first in line waits, fewer permits are available than it wants, so nobody can overtake it;
//! - a granted wait is out of the line and holds its permits, whether or not its task has noticed yet;
//! - nobody stands in line of a closed semaphore.
//!
//! A permit given back goes to the first in line before anybody is woken, and wakers are woken, and dropped, while
//! nothing is borrowed: a waker may do what it likes with the semaphore.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Waker;

use super::queue::Queue;
use crate::observe::WaitOn;
use crate::observe::facts::Holding;
use crate::ready;
use crate::waker::wake;

mod acquire;
mod permit;

pub use acquire::{Acquire, AcquireOwned, Acquiring};
pub use permit::{OwnedPermit, Permit, Permits};

/// Limits how many tasks of one thread do something at once.
///
/// Tasks are served in the order in which they asked: a task that wants many permits is not overtaken by those that
/// want few. A permit is given back when it is dropped, also when its task is aborted or panics.
///
/// It bounds how many run at once; how often something starts is bounded by a
/// [`RateLimiter`](crate::time::RateLimiter). To run a function over many items, [`map_concurrent`](crate::map_concurrent)
/// needs no semaphore. For a value that one task may use at a time see [`Mutex`](super::Mutex).
///
/// # Examples
///
/// Fifty calls, never more than five at once:
///
/// ```
/// use std::cell::Cell;
/// use wheelwright::sync::Semaphore;
///
/// wheelwright::block_on(async {
///     let limit = Semaphore::new(5);
///     let (now, most) = (Cell::new(0), Cell::new(0));
///     let call = async || {
///         let _permit = limit.acquire().await.expect("nobody closes the limit");
///         now.set(now.get() + 1);
///         most.set(most.get().max(now.get()));
///         wheelwright::yield_now().await;
///         now.set(now.get() - 1);
///     };
///     wheelwright::join_all((0..50).map(|_| call())).await;
///     assert_eq!(most.get(), 5);
/// });
/// ```
#[doc(alias("BoundedSemaphore", "CapacityLimiter"))]
#[derive(Debug)]
pub struct Semaphore {
    available: Cell<usize>,
    /// While this is false the semaphore is open and nobody waits: the usual case is known by one look.
    is_barred: Cell<bool>,
    /// The first ticket that got no permit because the semaphore was closed: none does while it is open.
    closed_from: Cell<u64>,
    /// Those who wait, and how many permits each wants.
    queue: Queue<usize>,
    holding: Holding,
}

/// The `closed_from` of a semaphore that is open: no ticket is as high.
const OPEN: u64 = u64::MAX;

impl Semaphore {
    /// Makes a semaphore with this many permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::waited_on_as(WaitOn::Permit, permits)
    }

    /// Makes a semaphore for a primitive that a dump knows by its own name.
    pub(super) fn waited_on_as(on: WaitOn, permits: usize) -> Self {
        let (available, is_barred, closed_from) = (Cell::new(permits), Cell::new(false), Cell::new(OPEN));
        Self { available, is_barred, closed_from, queue: Queue::new(on), holding: Holding::new(permits) }
    }

    /// The number by which a dump knows it.
    pub(super) fn id(&self) -> u32 {
        self.queue.id
    }

    /// The number of permits that nobody holds at the moment.
    ///
    /// ```
    /// let semaphore = wheelwright::sync::Semaphore::new(2);
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// drop(permit);
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[must_use]
    pub fn available_permits(&self) -> usize {
        self.available.get()
    }

    /// Waits for a permit.
    ///
    /// # Errors
    ///
    /// [`Closed`](super::Closed) if the semaphore is or gets closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line; a permit granted but not yet taken goes to the next. The place in line is
    /// lost, so do not drop and repeat the call in a loop.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire::new(self, 1)
    }

    /// Waits for this many permits at once; for none, not at all.
    ///
    /// More than there are in all means to wait until somebody [adds](Self::add_permits) some.
    ///
    /// ```
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let megabytes = Semaphore::new(64);
    ///     let large = megabytes.acquire_many(48).await;
    ///     assert_eq!(megabytes.available_permits(), 16);
    ///     drop(large);
    /// });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As with [`acquire`](Self::acquire), which tells of the errors and panics too.
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> Acquire<'_> {
        Acquire::new(self, permits)
    }

    /// Waits for a permit that can move into another task.
    ///
    /// ```
    /// use std::rc::Rc;
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let limit = Rc::new(Semaphore::new(20));
    ///     let permit = limit.acquire_owned().await.expect("nobody closes the limit");
    ///     let task = wheelwright::spawn(async move {
    ///         // The work goes here.
    ///         drop(permit);
    ///     });
    ///     task.await.expect("the task ends well");
    ///     assert_eq!(limit.available_permits(), 20);
    /// });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As with [`acquire`](Self::acquire), which tells of the errors and panics too.
    #[track_caller]
    pub fn acquire_owned(self: &Rc<Self>) -> AcquireOwned {
        AcquireOwned::new(Rc::clone(self), 1)
    }

    /// Waits for this many permits at once, which can move into another task.
    ///
    /// # Cancel safety
    ///
    /// As with [`acquire`](Self::acquire), which tells of the errors and panics too.
    #[track_caller]
    pub fn acquire_many_owned(self: &Rc<Self>, permits: usize) -> AcquireOwned {
        AcquireOwned::new(Rc::clone(self), permits)
    }

    /// Takes a permit if one is available.
    ///
    /// It finds none while somebody waits for one, or once the semaphore is closed.
    ///
    /// ```
    /// let semaphore = wheelwright::sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire().expect("it is the first");
    /// assert!(semaphore.try_acquire().is_none());
    /// drop(permit);
    /// assert!(semaphore.try_acquire().is_some());
    /// ```
    #[doc(alias = "locked")]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.try_acquire_many(1)
    }

    /// Takes this many permits, all or none, as [`try_acquire`](Self::try_acquire) does.
    pub fn try_acquire_many(&self, permits: usize) -> Option<Permit<'_>> {
        if !self.take(permits) {
            return None;
        }
        Some(Permit { semaphore: self, permits })
    }

    /// Takes a permit that can move into another task, as [`try_acquire`](Self::try_acquire) does.
    pub fn try_acquire_owned(self: &Rc<Self>) -> Option<OwnedPermit> {
        self.take(1).then(|| OwnedPermit { semaphore: Rc::clone(self), permits: 1 })
    }

    /// Makes more permits; those who wait get them first.
    ///
    /// ```
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let gate = Semaphore::new(0);
    ///     let (passed, ()) = wheelwright::join(gate.acquire(), async { gate.add_permits(1) }).await;
    ///     assert!(passed.is_ok());
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If more than `usize::MAX` were available.
    pub fn add_permits(&self, permits: usize) {
        assert!(self.available.get().checked_add(permits).is_some(), "there would be more permits than can be counted");
        self.holding.add(permits as isize);
        self.release(permits);
    }

    /// Closes the semaphore for good.
    ///
    /// Whoever waits, and whoever asks later, gets [`Closed`](super::Closed).
    ///
    /// Permits that are held stay valid, as do those that were granted and not yet taken.
    ///
    /// ```
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let limit = Semaphore::new(1);
    ///     let held = limit.try_acquire();
    ///     let (refused, ()) = wheelwright::join(limit.acquire(), async { limit.close() }).await;
    ///     assert!(refused.is_err() && limit.is_closed());
    ///     drop(held);
    ///     assert!(limit.try_acquire().is_none());
    /// });
    /// ```
    ///
    /// ```
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let doors = Semaphore::new(0);
    ///     let guest = async { doors.acquire().await.is_err() };
    ///     let (was_refused, ()) = wheelwright::join(guest, async { doors.close() }).await;
    ///     assert!(was_refused && doors.is_closed());
    /// });
    /// ```
    pub fn close(&self) {
        if !self.is_closed() {
            // Those who were granted permits have lower tickets, for they stood in front.
            self.closed_from.set(self.queue.waiters.borrow().first_ticket());
            self.is_barred.set(true);
            self.queue.wake_all();
            self.note();
        }
    }

    /// Whether [`close`](Self::close) was called.
    #[inline]
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed_from.get() != OPEN
    }

    /// Whether whoever was served with this ticket was served the news that the semaphore is closed.
    #[inline]
    fn is_closed_to(&self, ticket: u64) -> bool {
        self.closed_from.get() <= ticket
    }

    /// Takes permits of an open semaphore if that overtakes nobody.
    #[inline]
    fn take(&self, permits: usize) -> bool {
        let available = self.available.get();
        if available < permits || (self.is_barred.get() && !self.lets_pass(permits)) {
            return false;
        }
        self.available.set(available - permits);
        true
    }

    /// Looks behind the bar; who wants none overtakes nobody.
    #[cold]
    fn lets_pass(&self, permits: usize) -> bool {
        !self.is_closed() && (permits == 0 || self.queue.is_empty())
    }

    /// Gives permits back.
    #[inline]
    pub(super) fn release(&self, permits: usize) {
        self.available.set(self.available.get() + permits);
        if self.is_barred.get() {
            self.grant();
        }
    }

    /// Serves the line from its head as far as the permits last, and lifts the bar when nobody is left.
    ///
    /// Each turn leaves the semaphore consistent before it wakes, since the waker may come back here.
    fn grant(&self) {
        while let Some(waker) = self.serve_first() {
            wake(waker);
        }
        self.is_barred.set(self.is_closed() || !self.queue.is_empty());
        self.note();
    }

    /// The current task has permits of what is a lock.
    #[inline]
    pub(super) fn hold(&self, permits: usize) {
        self.holding.take(ready::current_id(), permits, self.available.get());
        if self.is_barred.get() {
            self.note();
        }
    }

    /// Tells dumps how it stands.
    #[inline]
    fn note(&self) {
        self.holding.note(self.queue.id, self.available.get(), self.queue.len());
    }

    /// Sets aside what the first in line wants, if there is as much, and returns its waker.
    #[inline]
    fn serve_first(&self) -> Option<Waker> {
        let available = self.available.get();
        // Everybody in line wants something.
        if available == 0 {
            return None;
        }
        let first = self.queue.waiters.borrow_mut().pop_front_if(|wants| *wants <= available)?;
        self.available.set(available - first.wants);
        self.holding.grant();
        Some(first.waker)
    }
}

#[cfg(test)]
mod tests;
