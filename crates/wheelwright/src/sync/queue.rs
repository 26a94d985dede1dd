//! Turns a condition that does not hold yet into a place in line, and the place into the news that it holds.

use std::cell::RefCell;
use std::panic::Location;
use std::task::{Context, Poll};

use crate::observe::{self, Line, WaitOn};
use crate::wait_list::{self, WaitKey, WaitList, Waiter};
use crate::waker;

/// Those who wait for one primitive, and what a dump calls their wait.
pub(super) struct Queue<T> {
    pub(super) id: u32,
    on: WaitOn,
    pub(super) waiters: RefCell<WaitList<T>>,
}

impl<T> Queue<T> {
    pub(super) fn new(on: WaitOn) -> Self {
        Self { id: observe::resource_id(), on, waiters: RefCell::new(WaitList::new()) }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.waiters.borrow().len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.waiters.borrow().is_empty()
    }

    /// Ends the wait of all who are in line by now.
    pub(super) fn wake_all(&self) {
        wait_list::wake_all(&self.waiters);
    }
}

show!([T] Queue<T>, |it| id: it.id, waiting: it.len());

/// The ticket of whoever needed none.
pub(super) const AT_ONCE: u64 = u64::MAX - 1;

/// The way of one wait from asking to being served.
#[derive(Debug)]
pub(super) struct Place {
    progress: Progress,
    at: Line,
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    New,
    /// Either in line, or, once the key is stale, served.
    Queued(WaitKey),
    Done,
}

/// What a wait that is given up had come to.
#[derive(Debug)]
pub(super) enum Left<T> {
    /// It never was in line, or had told of its end.
    Nothing,
    /// It stood in line, perhaps in front of others.
    Line(Waiter<T>),
    /// It was served, and its task had not noticed yet; with its ticket.
    Served(u64),
}

impl Place {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self { progress: Progress::New, at: Location::caller() }
    }

    /// Ready when the attempt succeeds at once, or, in line, when whoever keeps the queue took it out; with its ticket.
    ///
    /// No code but ours runs between a successful attempt and the return.
    #[inline]
    pub(super) fn poll(&mut self, queue: &Queue<()>, cx: &Context<'_>, attempt: impl Fn() -> bool) -> Poll<u64> {
        if self.is_served_at_once(&attempt) {
            return Poll::Ready(AT_ONCE);
        }
        self.wait(queue, (), cx, attempt)
    }

    /// Whether this is the first poll, and the attempt succeeds: then the wait is over.
    #[inline]
    pub(super) fn is_served_at_once(&mut self, attempt: impl FnOnce() -> bool) -> bool {
        let is_served = matches!(self.progress, Progress::New) && attempt();
        if is_served {
            self.progress = Progress::Done;
        }
        is_served
    }

    /// What [`poll`](Self::poll) does after that. Out of line, so that what succeeds at once saves no registers for it.
    #[inline(never)]
    pub(super) fn wait<T>(
        &mut self,
        queue: &Queue<T>,
        wants: T,
        cx: &Context<'_>,
        attempt: impl Fn() -> bool,
    ) -> Poll<u64> {
        let served = match self.progress {
            Progress::New => self.line_up(queue, wants, cx, attempt).then_some(AT_ONCE),
            Progress::Queued(key) => (!wait_list::still_waits(&queue.waiters, key, cx)).then_some(key.ticket()),
            Progress::Done => panic!("the wait that began at {} was polled after it had completed", self.at),
        };
        let Some(ticket) = served else {
            observe::waits(queue.on, queue.id, self.at);
            return Poll::Pending;
        };
        self.progress = Progress::Done;
        Poll::Ready(ticket)
    }

    /// Lines up, unless keeping the waker made the attempt succeed: true then.
    fn line_up<T>(&mut self, queue: &Queue<T>, wants: T, cx: &Context<'_>, attempt: impl Fn() -> bool) -> bool {
        let waker = waker::keep(cx.waker());
        if attempt() {
            return true;
        }
        self.progress = Progress::Queued(queue.waiters.borrow_mut().push_back(wants, waker));
        false
    }

    /// Whether it has told of its end.
    #[inline]
    pub(super) fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done)
    }

    /// Gives up what was not taken, to wait again from the end of the line.
    pub(super) fn begin_anew<T>(&mut self, queue: &Queue<T>) -> Left<T> {
        let left = self.leave(queue);
        self.progress = Progress::New;
        left
    }

    /// Gives up what was not taken.
    #[inline]
    pub(super) fn leave<T>(&mut self, queue: &Queue<T>) -> Left<T> {
        let Progress::Queued(key) = self.progress else { return Left::Nothing };
        let waiter = queue.waiters.borrow_mut().remove(key);
        waiter.map_or(Left::Served(key.ticket()), Left::Line)
    }
}
