//! Turns tasks that wait for another thread into a line, and that thread's look at it into a load while it is empty.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, Thread};

use super::protocol::Waiting;
use crate::observe::{Line, WaitOn, waits};
use crate::wait_list::{WaitKey, WaitList};
use crate::{ready, waker};

/// Those who wait for room, or for a value.
pub(super) struct WaitLine {
    waiting: Waiting,
    line: Mutex<WaitList<()>>,
}

impl WaitLine {
    pub(super) fn new() -> Self {
        Self { waiting: Waiting::new(), line: Mutex::new(WaitList::new()) }
    }

    /// Ready with what the question finds, at the price of one unit of the budget; until then the context's task is in line.
    pub(super) fn poll<T>(
        &self,
        key: &mut Option<WaitKey>,
        cx: &Context<'_>,
        (id, at): (u32, Line),
        mut ask: impl FnMut() -> Option<T>,
    ) -> Poll<T> {
        ready!(ready::poll_budget(cx));
        let mut found = ask();
        if found.is_none() {
            self.line_up(key, cx);
            found = ask();
        }
        if let Some(found) = found {
            self.remove(key);
            return Poll::Ready(found);
        }
        ready::refund_budget();
        waits(WaitOn::Remote, id, at);
        Poll::Pending
    }

    /// Sees to it that the context's task is in line before the queue is looked at again.
    fn line_up(&self, key: &mut Option<WaitKey>, cx: &Context<'_>) {
        let waker = waker::keep(cx.waker());
        let mut line = self.lock();
        let unneeded = match *key {
            Some(key) if line.is_waiting(key) => Some(line.replace_waker(key, waker)),
            _ => {
                *key = Some(line.push_back((), waker));
                None
            }
        };
        self.waiting.tell(line.len());
        drop(line);
        drop(unneeded);
        self.waiting.announce();
    }

    /// Wakes the first in line; false if nobody waits. To be called after the queue was changed.
    #[inline]
    pub(super) fn wake_one(&self) -> bool {
        self.waiting.is_any() && self.wake_first()
    }

    #[cold]
    fn wake_first(&self) -> bool {
        let mut line = self.lock();
        let first = line.pop_front();
        self.waiting.tell(line.len());
        drop(line);
        let is_any = first.is_some();
        if let Some(first) = first {
            waker::wake(first.waker);
        }
        is_any
    }

    /// Gives up a wait that came to nothing. If it was woken already, the wake is another's to use.
    pub(super) fn leave(&self, key: &mut Option<WaitKey>) {
        if key.is_some() && !self.remove(key) {
            self.wake_one();
        }
    }

    /// Takes a wait out of the line; false if it is not there.
    fn remove(&self, key: &mut Option<WaitKey>) -> bool {
        let Some(key) = key.take() else { return false };
        let mut line = self.lock();
        let removed = line.remove(key);
        self.waiting.tell(line.len());
        drop(line);
        removed.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, WaitList<()>> {
        // Nothing of anybody else's runs under the lock.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits by parking this thread.
pub(super) fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
