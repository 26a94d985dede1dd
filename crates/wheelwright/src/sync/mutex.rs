//! Turns one permit and a cell into a value that one task at a time has, across whatever it awaits.

use std::cell::{RefCell, RefMut};

use super::lock::{Guard, Lock};
use super::semaphore::Semaphore;
use crate::observe::WaitOn;

/// Protects a value that a task changes in steps with an `.await` between them.
///
/// Tasks get it in the order in which they asked. It is for one thread: no other can interrupt a task between two
/// `.await`s, so a value that nobody holds across one needs no mutex but a [`Cell`](std::cell::Cell) or a [`RefCell`],
/// which cost nothing to wait for. For many who only read take an [`RwLock`](super::RwLock), for a value made once a
/// [`OnceCell`](super::OnceCell); a task that owns the value and is asked by a channel is often clearer than either.
///
/// There is no poisoning. When a task panics or is aborted with the guard in its hands, the next gets the value as it
/// was left: put it in order before the `.await` at which you may be dropped, or write it back whole at the end.
///
/// A guard borrows its mutex. To use one in several tasks put it in an [`Rc`](std::rc::Rc) and lock it inside each.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use wheelwright::sync::Mutex;
///
/// wheelwright::block_on(async {
///     let balance = Rc::new(Mutex::new(100_u32));
///     let withdraw = async |sum: u32| {
///         let mut balance = balance.lock().await;
///         let rest = balance.checked_sub(sum);
///         wheelwright::yield_now().await; // ask the bank, for example
///         *balance = rest.unwrap_or(*balance);
///     };
///     wheelwright::join(withdraw(70), withdraw(50)).await;
///     assert_eq!(*balance.lock().await, 30);
/// });
/// ```
#[doc(alias = "Lock")]
#[derive(Debug)]
pub struct Mutex<T: ?Sized> {
    permit: Semaphore,
    /// Borrowed while somebody has the permit.
    value: RefCell<T>,
}

/// Gives access to the value of a [`Mutex`]; dropping it unlocks the mutex.
pub type MutexGuard<'a, T> = Guard<'a, RefMut<'a, T>>;

impl<T> Mutex<T> {
    /// Makes a mutex around a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self { permit: Semaphore::waited_on_as(WaitOn::Mutex, 1), value: RefCell::new(value) }
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the value is this task's alone.
    ///
    /// A task that locks a mutex again while it has the guard waits for itself, for ever.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line; a lock granted but not yet taken goes to the next.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn lock(&self) -> Lock<'_, T> {
        Lock::new(self.permit.acquire(), &self.value)
    }

    /// Locks the mutex if it is free and nobody waits for it.
    ///
    /// ```
    /// let mutex = wheelwright::sync::Mutex::new(7);
    /// let guard = mutex.try_lock().expect("it is free");
    /// assert!(mutex.try_lock().is_none());
    /// assert_eq!(*guard, 7);
    /// ```
    #[doc(alias = "locked")]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.permit.try_acquire().map(|permit| Guard { value: self.value.borrow_mut(), _permit: permit.held() })
    }

    /// The value, with no need to lock: nobody else has the mutex.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests;
