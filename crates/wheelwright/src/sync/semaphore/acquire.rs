//! Turns a request for permits into a place in line, and the place into permits.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{OwnedPermit, Permit, Semaphore};
use crate::sync::Closed;
use crate::sync::queue::{Left, Place};

/// Waits for permits; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Acquire<'a> {
    semaphore: &'a Semaphore,
    request: Request,
}

impl<'a> Acquire<'a> {
    #[track_caller]
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { semaphore, request: Request::new(permits) }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Permit<'a>, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { semaphore, request } = self.get_mut();
        request.poll(semaphore, cx).map_ok(|permits| Permit { semaphore, permits })
    }
}

impl Drop for Acquire<'_> {
    #[inline]
    fn drop(&mut self) {
        self.request.give_up(self.semaphore);
    }
}

/// Waits for permits that can move into another task; made by [`Semaphore::acquire_owned`] and
/// [`Semaphore::acquire_many_owned`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct AcquireOwned {
    semaphore: Rc<Semaphore>,
    request: Request,
}

impl AcquireOwned {
    #[track_caller]
    pub(super) fn new(semaphore: Rc<Semaphore>, permits: usize) -> Self {
        Self { semaphore, request: Request::new(permits) }
    }
}

impl Future for AcquireOwned {
    type Output = Result<OwnedPermit, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { semaphore, request } = self.get_mut();
        request.poll(semaphore, cx).map_ok(|permits| OwnedPermit { semaphore: Rc::clone(semaphore), permits })
    }
}

impl Drop for AcquireOwned {
    fn drop(&mut self) {
        self.request.give_up(&self.semaphore);
    }
}

/// So many permits, and the place in line for them.
#[derive(Debug)]
struct Request {
    wants: usize,
    place: Place,
}

impl Request {
    #[track_caller]
    fn new(wants: usize) -> Self {
        Self { wants, place: Place::new() }
    }

    /// Ready with the number of permits, which the caller must wrap.
    #[inline]
    fn poll(&mut self, semaphore: &Semaphore, cx: &Context<'_>) -> Poll<Result<usize, Closed>> {
        let wants = self.wants;
        if self.place.is_served_at_once(|| semaphore.take(wants)) {
            return Poll::Ready(Ok(wants));
        }
        let attempt = move || semaphore.is_closed() || semaphore.take(wants);
        self.place.wait(&semaphore.queue, wants, cx, attempt).map(|ticket| match semaphore.is_closed_to(ticket) {
            true => Err(Closed),
            false => Ok(wants),
        })
    }

    /// Gives up what was not taken: the place in line, or the permits granted.
    #[inline]
    fn give_up(&mut self, semaphore: &Semaphore) {
        match self.place.leave(&semaphore.queue) {
            // It may have stood in front of others who want less.
            Left::Line(_waiter) => semaphore.grant(),
            Left::Served(ticket) if !semaphore.is_closed_to(ticket) => semaphore.release(self.wants),
            Left::Served(_) | Left::Nothing => {}
        }
    }
}
