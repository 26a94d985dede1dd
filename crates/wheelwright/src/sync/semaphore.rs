//! Turns a number of permits into a limit: who finds none left waits in line.
//!
//! What is always true:
//!
//! - the permits available, held and granted add up to the number the semaphore was made with;
//! - while the first in line waits, fewer permits are available than it wants, so nobody can overtake it;
//! - a granted wait is out of the line and holds its permits, whether or not its task has noticed yet.
//!
//! A permit given back goes to the first in line before anybody is woken, and wakers are woken, and dropped, while
//! nothing is borrowed: a waker may do what it likes with the semaphore.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::Waker;

use crate::observe::resource_id;
use crate::wait_list::WaitList;

mod acquire;

pub use acquire::{Acquire, AcquireOwned};

/// Limits how many tasks of one thread do something at once.
///
/// Tasks are served in the order in which they asked: a task that wants many permits is not overtaken by those that
/// want few. A permit is given back when it is dropped, also when its task is aborted or panics.
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
///         let _permit = limit.acquire().await;
///         now.set(now.get() + 1);
///         most.set(most.get().max(now.get()));
///         wheelwright::yield_now().await;
///         now.set(now.get() - 1);
///     };
///     wheelwright::join_all((0..50).map(|_| call())).await;
///     assert_eq!(most.get(), 5);
/// });
/// ```
#[doc(alias = "BoundedSemaphore")]
#[doc(alias = "CapacityLimiter")]
pub struct Semaphore {
    id: u32,
    /// The number of permits there are in all.
    total: usize,
    available: Cell<usize>,
    /// Those who wait, and how many permits each wants.
    line: RefCell<WaitList<usize>>,
}

impl Semaphore {
    /// Makes a semaphore with this many permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self { id: resource_id(), total: permits, available: Cell::new(permits), line: RefCell::new(WaitList::new()) }
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
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line; a permit granted but not yet taken goes to the next. The place in line is
    /// lost, so do not drop and repeat the call in a loop.
    ///
    /// # Panics
    ///
    /// If the semaphore has no permit at all: nobody could ever give one back.
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_> {
        self.acquire_many(1)
    }

    /// Waits for this many permits at once; for none, not at all.
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
    /// As with [`acquire`](Self::acquire).
    ///
    /// # Panics
    ///
    /// If the semaphore has fewer permits in all, so that the wait would never end.
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> Acquire<'_> {
        Acquire::new(self, permits)
    }

    /// Takes a permit if one is available and nobody waits for it.
    ///
    /// ```
    /// let semaphore = wheelwright::sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire().expect("it is the first");
    /// assert!(semaphore.try_acquire().is_none());
    /// drop(permit);
    /// assert!(semaphore.try_acquire().is_some());
    /// ```
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.take(1).then(|| Permit { semaphore: self, permits: 1 })
    }

    /// Waits for a permit that can move into another task.
    ///
    /// ```
    /// use std::rc::Rc;
    /// use wheelwright::sync::Semaphore;
    ///
    /// wheelwright::block_on(async {
    ///     let limit = Rc::new(Semaphore::new(20));
    ///     let permit = limit.acquire_owned().await;
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
    /// As with [`acquire`](Self::acquire).
    ///
    /// # Panics
    ///
    /// If the semaphore has no permit at all.
    #[track_caller]
    pub fn acquire_owned(self: &Rc<Self>) -> AcquireOwned {
        AcquireOwned::new(Rc::clone(self))
    }

    /// Takes permits if that overtakes nobody; who wants none overtakes nobody.
    #[inline]
    fn take(&self, permits: usize) -> bool {
        let available = self.available.get();
        if available < permits || (0 < permits && !self.line.borrow().is_empty()) {
            return false;
        }
        self.available.set(available - permits);
        true
    }

    /// Gives permits back.
    #[inline]
    fn release(&self, permits: usize) {
        self.available.set(self.available.get() + permits);
        self.grant();
    }

    /// Serves the line from its head as far as the permits last.
    ///
    /// Each turn leaves the semaphore consistent before it wakes, since the waker may come back here.
    fn grant(&self) {
        while let Some(waker) = self.serve_first() {
            waker.wake();
        }
    }

    /// Sets aside what the first in line wants, if there is as much, and returns its waker.
    #[inline]
    fn serve_first(&self) -> Option<Waker> {
        let available = self.available.get();
        // Everybody in line wants something.
        if available == 0 {
            return None;
        }
        let first = self.line.borrow_mut().pop_front_if(|wants| *wants <= available)?;
        self.available.set(available - first.wants);
        Some(first.waker)
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("id", &self.id)
            .field("available", &self.available.get())
            .field("total", &self.total)
            .field("waiting", &self.line.borrow().len())
            .finish()
    }
}

/// Permits of a [`Semaphore`]; dropping it gives them back.
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}

/// A permit that keeps its [`Semaphore`] alive; dropping it gives the permit back.
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct OwnedPermit {
    semaphore: Rc<Semaphore>,
    permits: usize,
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}

#[cfg(test)]
mod tests;
