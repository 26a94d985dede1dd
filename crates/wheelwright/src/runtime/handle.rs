//! Turns a future that another thread wants to run into a task of this loop.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::completion::{Promise, Receipt};
use crate::mailbox::Mailbox;
use crate::observe::WaitOn;
use crate::panics;
use crate::task::{self, JoinError, in_words};

/// What other threads sent to one runtime: it belongs to the runtime and not to its id, so nothing ever reaches a later one.
pub(crate) struct Inbox {
    mailbox: &'static Mailbox,
    capacity: usize,
    letters: Mutex<Letters>,
}

type Letter = Box<dyn FnOnce() + Send>;

struct Letters {
    waiting: Vec<Letter>,
    is_open: bool,
}

impl Inbox {
    pub(super) fn new(mailbox: &'static Mailbox, capacity: usize) -> Arc<Self> {
        let letters = Mutex::new(Letters { waiting: Vec::new(), is_open: true });
        Arc::new(Self { mailbox, capacity, letters })
    }

    /// On the loop: starts what was sent.
    pub(super) fn open(&self) {
        let waiting = std::mem::take(&mut self.lock().waiting);
        for start in waiting {
            start();
        }
    }

    /// The runtime ends: what was sent and not started is dropped, and its senders find it cancelled.
    pub(super) fn close(&self) {
        let mut letters = self.lock();
        letters.is_open = false;
        let waiting = std::mem::take(&mut letters.waiting);
        drop(letters);
        waiting.into_iter().for_each(panics::drop_contained);
    }

    fn lock(&self) -> MutexGuard<'_, Letters> {
        // Nothing of anybody else's runs under the lock.
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A way into a runtime from other threads.
///
/// It stays harmless when its runtime has ended: what it sends comes back as an error.
///
/// ```
/// use wheelwright::{Handle, block_on};
///
/// block_on(async {
///     let handle = Handle::current();
///     let thread = std::thread::spawn(move || {
///         let task = handle.spawn(|| async { 40 + 2 }).unwrap();
///         task.wait().unwrap()
///     });
///     let sum = wheelwright::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
///     assert_eq!(sum, 42);
/// });
/// ```
#[derive(Clone)]
pub struct Handle {
    inbox: Arc<Inbox>,
}

impl Handle {
    pub(super) fn new(inbox: &Arc<Inbox>) -> Self {
        Self { inbox: Arc::clone(inbox) }
    }

    /// The handle of this thread's runtime.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        super::current(|event_loop| Self::new(&event_loop.inbox))
    }

    /// Starts a task on the loop from any thread: the factory is called there, so its future need not be `Send`.
    ///
    /// # Errors
    /// Gives the factory back if the runtime has ended, or if as many as its inbox takes are waiting for the loop.
    #[doc(alias = "run_coroutine_threadsafe")]
    #[doc(alias = "call_soon_threadsafe")]
    #[track_caller]
    pub fn spawn<M, F>(&self, factory: M) -> Result<RemoteJoinHandle<F::Output>, HandleError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        let at = Location::caller();
        let mut letters = self.inbox.lock();
        if !letters.is_open {
            return Err(HandleError { factory, is_full: false });
        }
        if self.inbox.capacity <= letters.waiting.len() {
            return Err(HandleError { factory, is_full: true });
        }
        let (promise, receipt) =
            Promise::new(WaitOn::Join, at, |at| in_words("a task sent from another thread", None, Some(at)));
        letters.waiting.push(Box::new(move || {
            // The factory runs inside the task, so that a panic of it is the task's.
            let work = task::start(async move { factory().await }, None, at);
            let deliver = async move { promise.keep(work.await) };
            drop(task::start(deliver, None, at));
        }));
        drop(letters);
        self.inbox.mailbox.ring();
        Ok(RemoteJoinHandle { receipt })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// The error of [`Handle::spawn`], with the factory that was not called.
pub struct HandleError<M> {
    factory: M,
    is_full: bool,
}

impl<M> HandleError<M> {
    /// Whether the loop has too much waiting for it already; otherwise it has ended.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The factory, to be tried again or used elsewhere.
    pub fn into_factory(self) -> M {
        self.factory
    }
}

impl<M> fmt::Display for HandleError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full {
            "the runtime's inbox is full: try again when the loop has caught up"
        } else {
            "the runtime of this handle has ended"
        })
    }
}

impl<M> fmt::Debug for HandleError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandleError({self})")
    }
}

impl<M> std::error::Error for HandleError<M> {}

/// The handle of a task that was sent from another thread: await it, on any executor, or wait for it.
///
/// # Cancel safety
/// Dropping it detaches the task.
#[must_use = "dropping it detaches the task: await it, or wait for it"]
pub struct RemoteJoinHandle<T> {
    receipt: Receipt<T>,
}

impl<T> RemoteJoinHandle<T> {
    /// Blocks this thread until the task is done.
    ///
    /// # Errors
    /// [`JoinError`] if the task panicked, or its runtime ended first.
    ///
    /// # Panics
    /// On a loop's own thread, which it would block.
    pub fn wait(self) -> Result<T, JoinError> {
        assert!(!crate::ready::is_installed(), "wait would block the loop: await the handle instead");
        self.receipt.wait()
    }
}

impl<T> Future for RemoteJoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receipt).poll(cx)
    }
}

impl<T> fmt::Debug for RemoteJoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJoinHandle").finish_non_exhaustive()
    }
}
