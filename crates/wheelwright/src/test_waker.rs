//! Turns wakes into what a test can see: a count, or any action at all.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

/// Counts the wakes of its waker.
#[derive(Debug, Default)]
pub(crate) struct CountingWaker {
    wakes: AtomicUsize,
}

impl CountingWaker {
    /// Makes a waker, and the counter behind it.
    pub(crate) fn new() -> (Waker, Arc<Self>) {
        let counter = Arc::new(Self::default());
        (Waker::from(Arc::clone(&counter)), counter)
    }

    /// How often the waker was woken so far.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does one thing when its waker is woken and another when that waker's last copy is dropped.
///
/// The actions are plain functions, because a waker is `Send`; what they act upon stands in a `thread_local!`.
pub(crate) struct HostileWaker {
    on_wake: fn(),
    on_drop: fn(),
}

impl HostileWaker {
    /// Makes a waker with these habits.
    pub(crate) fn waker(on_wake: fn(), on_drop: fn()) -> Waker {
        Waker::from(Arc::new(Self { on_wake, on_drop }))
    }
}

impl Wake for HostileWaker {
    fn wake(self: Arc<Self>) {
        (self.on_wake)();
    }
}

impl Drop for HostileWaker {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

impl fmt::Debug for HostileWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileWaker").finish_non_exhaustive()
    }
}

thread_local! {
    static ON_CLONE: Cell<fn()> = const { Cell::new(|| {}) };
}

static CLONE_WATCHER: RawWakerVTable = RawWakerVTable::new(run_on_clone, |_| {}, |_| {}, |_| {});

fn run_on_clone(data: *const ()) -> RawWaker {
    // Once: what it does may well keep a waker.
    ON_CLONE.replace(|| {})();
    RawWaker::new(data, &CLONE_WATCHER)
}

/// Makes a waker that does this when it is first cloned; waking it does nothing. One at a time on each thread.
pub(crate) fn waker_that_clones_with(on_clone: fn()) -> Waker {
    ON_CLONE.set(on_clone);
    crate::waker::with_vtable(&CLONE_WATCHER)
}

/// Polls a future once with this waker.
pub(crate) fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Polls a future once with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

thread_local! {
    static ACT: Cell<fn()> = const { Cell::new(|| {}) };
}

static HOSTILE: [RawWakerVTable; 2] =
    [RawWakerVTable::new(clone_first, act, act, act), RawWakerVTable::new(clone_second, act, act, act)];

fn clone_first(data: *const ()) -> RawWaker {
    act(data);
    RawWaker::new(data, &HOSTILE[0])
}

fn clone_second(data: *const ()) -> RawWaker {
    act(data);
    RawWaker::new(data, &HOSTILE[1])
}

fn act(_: *const ()) {
    ACT.get()();
}

/// Sets what hostile wakers do on this thread.
pub(crate) fn set_act(act: fn()) {
    ACT.set(act);
}

/// Makes one of two wakers that do the thread's act whenever they are cloned, woken and dropped.
pub(crate) fn hostile(which: usize) -> Waker {
    crate::waker::with_vtable(&HOSTILE[which])
}
