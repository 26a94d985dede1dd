//! Turns permits that were granted into values that give them back when they are dropped.

use std::ops::Deref;
use std::rc::Rc;

use super::Semaphore;

/// Permits of a [`Semaphore`]; dropping it gives them back.
///
/// It is a [`Permit`] or an [`OwnedPermit`], as it borrows the semaphore or keeps it alive.
#[doc(alias("release", "OwnedSemaphorePermit", "SemaphorePermit"))]
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct Permits<S: Deref<Target = Semaphore>> {
    pub(super) semaphore: S,
    pub(super) permits: usize,
}

/// Permits of a [`Semaphore`], which they borrow.
pub type Permit<'a> = Permits<&'a Semaphore>;

/// Permits that keep their [`Semaphore`] alive, and can move into another task.
pub type OwnedPermit = Permits<Rc<Semaphore>>;

impl<S: Deref<Target = Semaphore>> Permits<S> {
    /// They are a lock that the current task has.
    #[inline]
    pub(in crate::sync) fn held(self) -> Self {
        self.semaphore.hold(self.permits);
        self
    }

    /// Takes the permits out of circulation.
    ///
    /// Nobody gets them any more, unless [`add_permits`](Semaphore::add_permits) makes new ones.
    ///
    /// ```
    /// let tokens = wheelwright::sync::Semaphore::new(2);
    /// tokens.try_acquire().expect("there are two").forget();
    /// assert_eq!(tokens.available_permits(), 1);
    /// tokens.add_permits(1);
    /// assert_eq!(tokens.available_permits(), 2);
    /// ```
    pub fn forget(mut self) {
        self.semaphore.holding.add(-(self.permits as isize));
        self.permits = 0;
    }
}

impl<S: Deref<Target = Semaphore>> Drop for Permits<S> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}
