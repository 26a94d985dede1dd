//! Turns many permits and a cell into a value that many read or one writes, across whatever they await.

use std::cell::{Ref, RefCell, RefMut};

use super::lock::{Guard, Lock, Read};
use super::semaphore::Semaphore;
use crate::observe::WaitOn;

/// What a writer takes; a reader takes one.
const ALL: usize = u32::MAX as usize;

/// Protects a value that many tasks read, or one writes, across an `.await`.
///
/// Everybody is served in the order in which they asked: readers who stand next to each other share the value, and a
/// writer who waits lets no newcomer pass, so readers cannot starve it. That also means: a task that reads and asks to
/// read *again* waits for ever if a writer came in between.
///
/// Where nobody holds the value across an `.await` a [`RefCell`] will do, or an [`Rc`](std::rc::Rc) that is replaced as a
/// whole. Where reading is short a [`Mutex`](super::Mutex) is simpler. There is no poisoning: see there.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::RwLock;
///
/// wheelwright::block_on(async {
///     let routes = RwLock::new(vec!["/"]);
///     let (one, other) = wheelwright::join(routes.read(), routes.read()).await;
///     assert_eq!(one.len(), other.len());
///     drop((one, other));
///     routes.write().await.push("/about");
///     assert_eq!(*routes.read().await, ["/", "/about"]);
/// });
/// ```
#[doc(alias = "ReadWriteLock")]
#[derive(Debug)]
pub struct RwLock<T: ?Sized> {
    permits: Semaphore,
    /// Borrowed as those who have permits may.
    value: RefCell<T>,
}

/// Shares the value of an [`RwLock`] with others who read.
///
/// Dropping it gives the place up.
pub type RwLockReadGuard<'a, T> = Guard<'a, Ref<'a, T>>;

/// Has the value of an [`RwLock`] alone; dropping it lets the next in line in.
pub type RwLockWriteGuard<'a, T> = Guard<'a, RefMut<'a, T>>;

impl<T> RwLock<T> {
    /// Makes a lock around a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self { permits: Semaphore::waited_on_as(WaitOn::RwLock, ALL), value: RefCell::new(value) }
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until this task may read.
    ///
    /// It may when nobody writes, and nobody who came earlier waits to.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line; what was granted but not yet taken goes to the next.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn read(&self) -> Read<'_, T> {
        Read::new(self.permits.acquire(), &self.value)
    }

    /// Waits until the value is this task's alone.
    ///
    /// # Cancel safety
    ///
    /// As with [`read`](Self::read); those who wait behind it may then go on at once.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn write(&self) -> Lock<'_, T> {
        Lock::new(self.permits.acquire_many(ALL), &self.value)
    }

    /// Reads if nobody writes and nobody waits.
    ///
    /// ```
    /// let lock = wheelwright::sync::RwLock::new(7);
    /// let (one, other) = (lock.try_read(), lock.try_read());
    /// assert!(one.is_some() && other.is_some() && lock.try_write().is_none());
    /// ```
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.permits.try_acquire().map(|permit| Guard { value: self.value.borrow(), _permit: permit.held() })
    }

    /// Writes if nobody reads, writes or waits.
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.permits
            .try_acquire_many(ALL)
            .map(|permit| Guard { value: self.value.borrow_mut(), _permit: permit.held() })
    }

    /// The value, with no need to lock: nobody else has the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests;
