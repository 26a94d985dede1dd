//! Turns permits that were granted into values that give them back when they are dropped.

use std::rc::Rc;

use super::Semaphore;

/// Permits of a [`Semaphore`]; dropping it gives them back.
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct Permit<'a> {
    pub(super) semaphore: &'a Semaphore,
    pub(super) permits: usize,
}

impl Permit<'_> {
    /// Takes the permits out of circulation: nobody gets them any more, unless
    /// [`add_permits`](Semaphore::add_permits) makes new ones.
    ///
    /// ```
    /// let tokens = wheelwright::sync::Semaphore::new(2);
    /// tokens.try_acquire().expect("there are two").forget();
    /// assert_eq!(tokens.available_permits(), 1);
    /// tokens.add_permits(1);
    /// assert_eq!(tokens.available_permits(), 2);
    /// ```
    pub fn forget(mut self) {
        self.permits = 0;
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}

/// Permits that keep their [`Semaphore`] alive; dropping it gives them back.
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct OwnedPermit {
    pub(super) semaphore: Rc<Semaphore>,
    pub(super) permits: usize,
}

impl OwnedPermit {
    /// Takes the permits out of circulation, as [`Permit::forget`] does.
    pub fn forget(mut self) {
        self.permits = 0;
    }
}

impl Drop for OwnedPermit {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}
