//! Turns many who want the same value into one who makes it and others who wait for it.

use std::cell;

use super::semaphore::Semaphore;
use crate::observe::WaitOn;

mod get_or_init;

pub use get_or_init::{GetOrInit, GetOrTryInit};

/// A value that is made once, by whoever needs it first, and may await for it.
///
/// Take it for a connection, a configuration or a token that many tasks share. If making it needs no `.await`, take
/// [`std::cell::OnceCell`]; for a value that changes later a [`Mutex`](super::Mutex) or a `watch` channel.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use wheelwright::sync::OnceCell;
///
/// wheelwright::block_on(async {
///     let (address, lookups) = (OnceCell::new(), Cell::new(0));
///     let connect = async || {
///         let look_up = async || {
///             lookups.set(lookups.get() + 1);
///             wheelwright::yield_now().await;
///             "192.0.2.1"
///         };
///         *address.get_or_init(look_up).await
///     };
///     assert_eq!(wheelwright::join(connect(), connect()).await, ("192.0.2.1", "192.0.2.1"));
///     assert_eq!(lookups.get(), 1);
/// });
/// ```
#[doc(alias("Lazy", "LazyCell", "async cached value", "cache", "SetOnce"))]
pub struct OnceCell<T> {
    value: cell::OnceCell<T>,
    /// The permit of whoever makes the value; closed once the value is there.
    maker: Semaphore,
}

impl<T> OnceCell<T> {
    /// Makes an empty cell.
    #[must_use]
    pub fn new() -> Self {
        Self { value: cell::OnceCell::new(), maker: Semaphore::waited_on_as(WaitOn::OnceCell, 1) }
    }

    /// The value, if it is there.
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// Puts a value in.
    ///
    /// ```
    /// let cell = wheelwright::sync::OnceCell::new();
    /// assert_eq!(cell.set(1), Ok(()));
    /// assert_eq!(cell.set(2), Err(2));
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    ///
    /// # Errors
    ///
    /// The value itself, if there is one already or somebody is making one.
    pub fn set(&self, value: T) -> Result<(), T> {
        let Some(_permit) = self.maker.try_acquire() else { return Err(value) };
        self.fill(value);
        Ok(())
    }

    /// Waits for the value, and makes it unless somebody else does.
    ///
    /// Only one future at a time makes it. A maker that wants the value of its own cell waits for itself, for ever.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the maker, if it is the one whose maker runs: the next who waits then makes the value,
    /// from the start. So it is if the maker panics.
    ///
    /// # Panics
    ///
    /// If the maker does. If it is polled again after it has panicked.
    #[track_caller]
    pub fn get_or_init<F, M>(&self, make: F) -> GetOrInit<'_, T, F, M>
    where
        F: FnOnce() -> M,
        M: Future<Output = T>,
    {
        GetOrInit::new(self, make)
    }

    /// Waits for the value, and tries to make it unless somebody else does.
    ///
    /// ```
    /// use wheelwright::sync::OnceCell;
    ///
    /// wheelwright::block_on(async {
    ///     let cell = OnceCell::new();
    ///     assert_eq!(cell.get_or_try_init(async || "12.".parse::<u32>().or(Err("no number"))).await, Err("no number"));
    ///     assert_eq!(cell.get_or_try_init(async || "12".parse::<u32>()).await, Ok(&12));
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// That of the maker; the cell stays empty, and the next who waits tries its own.
    ///
    /// # Cancel safety
    ///
    /// As with [`get_or_init`](Self::get_or_init).
    ///
    /// # Panics
    ///
    /// If the maker does. If it is polled again after it has panicked or failed.
    #[track_caller]
    pub fn get_or_try_init<E, F, M>(&self, make: F) -> GetOrTryInit<'_, T, F, M>
    where
        F: FnOnce() -> M,
        M: Future<Output = Result<T, E>>,
    {
        GetOrTryInit::new(self, make)
    }

    /// Gives the value back, if it is there.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Puts the value in for whoever has the permit, and tells everybody.
    fn fill(&self, value: T) -> &T {
        let value = self.value.get_or_init(|| value);
        self.maker.close();
        value
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

show!([T] OnceCell<T>, |it| is_set: it.get().is_some(), maker: it.maker);

#[cfg(test)]
mod tests;
