//! Turns a request for permits into a place in line, and the place into a permit.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{OwnedPermit, Permit, Semaphore};
use crate::observe::{WaitOn, waits};
use crate::wait_list::{WaitKey, still_waits};
use crate::waker::keep;

/// Waits for permits; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Acquire<'a> {
    semaphore: &'a Semaphore,
    place: Place,
}

impl<'a> Acquire<'a> {
    #[track_caller]
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { semaphore, place: Place::new(semaphore, permits) }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit<'a>> {
        let Self { semaphore, place } = self.get_mut();
        place.poll(semaphore, cx).map(|permits| Permit { semaphore, permits })
    }
}

impl Drop for Acquire<'_> {
    #[inline]
    fn drop(&mut self) {
        self.place.leave(self.semaphore);
    }
}

/// Waits for a permit; made by [`Semaphore::acquire_owned`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct AcquireOwned {
    semaphore: Rc<Semaphore>,
    place: Place,
}

impl AcquireOwned {
    #[track_caller]
    pub(super) fn new(semaphore: Rc<Semaphore>) -> Self {
        Self { place: Place::new(&semaphore, 1), semaphore }
    }
}

impl Future for AcquireOwned {
    type Output = OwnedPermit;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OwnedPermit> {
        let Self { semaphore, place } = self.get_mut();
        place.poll(semaphore, cx).map(|permits| OwnedPermit { semaphore: Rc::clone(semaphore), permits })
    }
}

impl Drop for AcquireOwned {
    fn drop(&mut self) {
        self.place.leave(&self.semaphore);
    }
}

/// The way of one request from asking to being served.
#[derive(Debug)]
struct Place {
    wants: usize,
    progress: Progress,
    at: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    New,
    /// Either in line, or, once the key is stale, granted.
    Queued(WaitKey),
    Taken,
}

impl Place {
    #[track_caller]
    fn new(semaphore: &Semaphore, wants: usize) -> Self {
        let total = semaphore.total;
        assert!(wants <= total, "waiting for {wants} permits of a semaphore that has {total} would never end");
        Self { wants, progress: Progress::New, at: Location::caller() }
    }

    /// Ready with the number of permits, which the caller must wrap.
    #[inline]
    fn poll(&mut self, semaphore: &Semaphore, cx: &Context<'_>) -> Poll<usize> {
        let is_served = match self.progress {
            Progress::New => semaphore.take(self.wants) || self.join_line(semaphore, cx),
            Progress::Queued(key) => !still_waits(&semaphore.line, key, cx),
            Progress::Taken => panic!("the `acquire` of {} was polled after it had completed", self.at),
        };
        if is_served {
            self.progress = Progress::Taken;
            return Poll::Ready(self.wants);
        }
        waits(WaitOn::Permit, semaphore.id, self.at);
        Poll::Pending
    }

    /// Lines up, unless keeping the waker made permits available: true then.
    fn join_line(&mut self, semaphore: &Semaphore, cx: &Context<'_>) -> bool {
        let waker = keep(cx.waker());
        if semaphore.take(self.wants) {
            return true;
        }
        self.progress = Progress::Queued(semaphore.line.borrow_mut().push_back(self.wants, waker));
        false
    }

    /// Gives up what was not taken: the place in line, or the permits granted.
    #[inline]
    fn leave(&mut self, semaphore: &Semaphore) {
        let Progress::Queued(key) = self.progress else { return };
        let left = semaphore.line.borrow_mut().remove(key);
        match left {
            // It may have stood in front of others who want less.
            Some(_) => semaphore.grant(),
            None => semaphore.release(self.wants),
        }
    }
}
