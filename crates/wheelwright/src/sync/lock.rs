//! Turns permits into guards of a value: what a mutex and a lock for readers and writers have in common.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::semaphore::{Acquire, Permit};

/// Why an `acquire` succeeds.
const OPEN: &str = "nobody closes the permits of a lock";

/// Gives access to what a lock protects; dropping it lets the next in line in.
///
/// Its kinds are [`MutexGuard`](super::MutexGuard), [`RwLockReadGuard`](super::RwLockReadGuard) and
/// [`RwLockWriteGuard`](super::RwLockWriteGuard).
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct Guard<'a, B> {
    // Dropped first, so that the value is free when the next one is told.
    value: B,
    _permit: Permit<'a>,
}

impl<'a, T: ?Sized> Guard<'a, Ref<'a, T>> {
    /// Shares the value with others who read.
    pub(super) fn shared(value: &'a RefCell<T>, permit: Permit<'a>) -> Self {
        Self { value: value.borrow(), _permit: permit }
    }
}

impl<'a, T: ?Sized> Guard<'a, RefMut<'a, T>> {
    /// Has the value alone.
    #[inline]
    pub(super) fn alone(value: &'a RefCell<T>, permit: Permit<'a>) -> Self {
        Self { value: value.borrow_mut(), _permit: permit }
    }
}

impl<B: Deref> Deref for Guard<'_, B> {
    type Target = B::Target;

    #[inline]
    fn deref(&self) -> &B::Target {
        &self.value
    }
}

impl<B: DerefMut> DerefMut for Guard<'_, B> {
    #[inline]
    fn deref_mut(&mut self) -> &mut B::Target {
        &mut self.value
    }
}

impl<B: fmt::Debug> fmt::Debug for Guard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<B: fmt::Display> fmt::Display for Guard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Waits to have a value alone; made by [`Mutex::lock`](super::Mutex::lock) and [`RwLock::write`](super::RwLock::write).
#[must_use = "futures do nothing unless awaited"]
pub struct Lock<'a, T: ?Sized> {
    pub(super) permits: Acquire<'a>,
    pub(super) value: &'a RefCell<T>,
}

impl<'a, T: ?Sized> Future for Lock<'a, T> {
    type Output = Guard<'a, RefMut<'a, T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.permits).poll(cx).map(|permit| Guard::alone(self.value, permit.expect(OPEN)))
    }
}

impl<T: ?Sized> fmt::Debug for Lock<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("permits", &self.permits).finish_non_exhaustive()
    }
}

/// Waits to share a value with others who read; made by [`RwLock::read`](super::RwLock::read).
#[must_use = "futures do nothing unless awaited"]
pub struct Read<'a, T: ?Sized> {
    pub(super) permits: Acquire<'a>,
    pub(super) value: &'a RefCell<T>,
}

impl<'a, T: ?Sized> Future for Read<'a, T> {
    type Output = Guard<'a, Ref<'a, T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.permits).poll(cx).map(|permit| Guard::shared(self.value, permit.expect(OPEN)))
    }
}

impl<T: ?Sized> fmt::Debug for Read<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").field("permits", &self.permits).finish_non_exhaustive()
    }
}
