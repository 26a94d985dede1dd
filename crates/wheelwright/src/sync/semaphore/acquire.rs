//! Turns a request for permits into a place in line, and the place into permits.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::{Permits, Semaphore};
use crate::sync::Closed;
use crate::sync::queue::{Left, Place};
use crate::{observe, ready};

/// Waits for permits of a [`Semaphore`].
///
/// It is an [`Acquire`] or an [`AcquireOwned`], as it borrows the semaphore or keeps it alive.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Acquiring<S: Deref<Target = Semaphore>> {
    semaphore: S,
    wants: usize,
    place: Place,
}

/// Waits for permits; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
pub type Acquire<'a> = Acquiring<&'a Semaphore>;

/// Waits for permits that can move into another task.
///
/// It is made by [`Semaphore::acquire_owned`] and [`Semaphore::acquire_many_owned`].
pub type AcquireOwned = Acquiring<Rc<Semaphore>>;

impl<S: Deref<Target = Semaphore>> Acquiring<S> {
    #[track_caller]
    pub(super) fn new(semaphore: S, wants: usize) -> Self {
        Self { semaphore, wants, place: Place::new() }
    }

    /// Whether this is the first poll, and the permits are there: they are taken then.
    #[inline]
    pub(in crate::sync) fn is_granted_at_once(&mut self) -> bool {
        self.place.is_served_at_once(|| self.semaphore.take(self.wants))
    }

    /// Gives up what was not taken: the place in line, or the permits granted.
    #[cold]
    fn give_up(&mut self) {
        match self.place.leave(&self.semaphore.queue) {
            // It may have stood in front of others who want less.
            Left::Line(_waiter) => self.semaphore.grant(),
            Left::Served(ticket) if !self.semaphore.is_closed_to(ticket) => self.semaphore.release(self.wants),
            Left::Served(_) => {}
            Left::Nothing => observe::note_unpolled(),
        }
    }
}

impl<S: Deref<Target = Semaphore> + Clone + Unpin> Future for Acquiring<S> {
    type Output = Result<Permits<S>, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.is_granted_at_once() {
            return Poll::Ready(Ok(Permits { semaphore: this.semaphore.clone(), permits: this.wants }));
        }
        this.wait(cx)
    }
}

impl<S: Deref<Target = Semaphore> + Clone> Acquiring<S> {
    /// Out of line, so that what succeeds at once saves no registers for it.
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<Permits<S>, Closed>> {
        let (semaphore, permits) = (&*self.semaphore, self.wants);
        if semaphore.is_closed() {
            // The end is charged, for somebody may ignore it again and again.
            ready!(ready::poll_budget(cx));
        }
        let attempt = move || semaphore.is_closed() || semaphore.take(permits);
        let Poll::Ready(ticket) = self.place.wait(&semaphore.queue, permits, cx, attempt) else {
            // Not before: another executor's waker, as it is cloned, may look after the line and lift the bar.
            semaphore.is_barred.set(true);
            semaphore.note();
            return Poll::Pending;
        };
        Poll::Ready(match semaphore.is_closed_to(ticket) {
            true => Err(Closed),
            false => Ok(Permits { semaphore: self.semaphore.clone(), permits }),
        })
    }
}

impl<S: Deref<Target = Semaphore>> Drop for Acquiring<S> {
    #[inline]
    fn drop(&mut self) {
        if !self.place.is_done() {
            self.give_up();
        }
    }
}
