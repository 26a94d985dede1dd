//! Turns permits into guards of a value: what a mutex and a lock for readers and writers have in common.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::semaphore::{Acquire, Permit};

/// Gives access to what a lock protects; dropping it lets the next in line in.
///
/// Its kinds are [`MutexGuard`](super::MutexGuard), [`RwLockReadGuard`](super::RwLockReadGuard) and
/// [`RwLockWriteGuard`](super::RwLockWriteGuard).
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct Guard<'a, B> {
    // Dropped first, so that the value is free when the next one is told.
    pub(super) value: B,
    pub(super) _permit: Permit<'a>,
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

/// Waits for access to what a lock protects.
///
/// Its kinds are [`Lock`] and [`Read`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Locking<'a, T: ?Sized, B> {
    permits: Acquire<'a>,
    value: &'a RefCell<T>,
    borrows: PhantomData<B>,
}

/// Waits to have a value alone; made by [`Mutex::lock`](super::Mutex::lock) and [`RwLock::write`](super::RwLock::write).
pub type Lock<'a, T> = Locking<'a, T, RefMut<'a, T>>;

/// Waits to share a value with others who read; made by [`RwLock::read`](super::RwLock::read).
pub type Read<'a, T> = Locking<'a, T, Ref<'a, T>>;

impl<'a, T: ?Sized, B> Locking<'a, T, B> {
    pub(super) fn new(permits: Acquire<'a>, value: &'a RefCell<T>) -> Self {
        Self { permits, value, borrows: PhantomData }
    }

    #[inline]
    fn poll_permit(&mut self, cx: &mut Context<'_>) -> Poll<Permit<'a>> {
        Pin::new(&mut self.permits).poll(cx).map(|permit| permit.expect("nobody closes the permits of a lock").held())
    }
}

impl<'a, T: ?Sized> Future for Lock<'a, T> {
    type Output = Guard<'a, RefMut<'a, T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_permit(cx).map(|permit| Guard { value: self.value.borrow_mut(), _permit: permit })
    }
}

impl<'a, T: ?Sized> Future for Read<'a, T> {
    type Output = Guard<'a, Ref<'a, T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_permit(cx).map(|permit| Guard { value: self.value.borrow(), _permit: permit })
    }
}
