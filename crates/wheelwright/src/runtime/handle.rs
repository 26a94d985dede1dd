//! Turns a future that another thread wants to run into a task of this loop.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::completion::{Promise, Receipt};
use crate::mailbox::Mailbox;
use crate::observe::crossings::Trip;
use crate::observe::{Line, WaitOn};
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
    #[doc(alias("get_running_loop", "get_event_loop"))]
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        super::current(|event_loop| Self::new(&event_loop.inbox))
    }

    /// Starts a task on the loop from any thread.
    ///
    /// The factory is called on the loop, so its future need not be `Send`.
    ///
    /// # Errors
    /// Gives the factory back if the runtime has ended, or if as many as its inbox takes are waiting for the loop.
    #[doc(alias("run_coroutine_threadsafe", "call_soon_threadsafe", "run_sync_soon"))]
    #[track_caller]
    pub fn spawn<M, F>(&self, factory: M) -> Result<RemoteJoinHandle<F::Output>, HandleError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        self.send("Handle::spawn", Location::caller(), factory)
    }

    fn send<M, F>(&self, way: &'static str, at: Line, factory: M) -> Result<RemoteJoinHandle<F::Output>, HandleError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        let mut letters = self.inbox.lock();
        if !letters.is_open {
            return Err(HandleError { factory, is_full: false });
        }
        if self.inbox.capacity <= letters.waiting.len() {
            return Err(HandleError { factory, is_full: true });
        }
        let (promise, receipt) =
            Promise::new(WaitOn::Join, at, |at| in_words("a task sent from another thread", None, Some(at)));
        let mut trip = Trip::new(way, at);
        letters.waiting.push(Box::new(move || {
            trip.begin();
            drop(task::start(run(factory, promise, trip), None, at));
        }));
        drop(letters);
        self.inbox.mailbox.ring();
        Ok(RemoteJoinHandle { receipt })
    }

    /// Runs a future on the loop and blocks this thread until it ends.
    ///
    /// It is for threads that are not the loop's.
    ///
    /// The loop must be running, or be run later: what waits for a loop that never runs waits until that is dropped.
    ///
    /// # Errors
    /// Gives the factory back as [`spawn`](Self::spawn) does. Within, [`JoinError`] if the factory or its future panicked, or if
    /// the runtime ended first.
    ///
    /// # Panics
    /// On a thread that has a runtime, which it would block.
    ///
    /// ```
    /// use wheelwright::{Handle, block_on, spawn_blocking};
    ///
    /// block_on(async {
    ///     let handle = Handle::current();
    ///     let job = spawn_blocking(move || handle.block_on(async || 40 + 2).unwrap().unwrap());
    ///     assert_eq!(job.await.unwrap(), 42);
    /// });
    /// ```
    #[doc(alias("from_thread", "async_to_sync"))]
    #[track_caller]
    pub fn block_on<M, F>(&self, factory: M) -> Result<Result<F::Output, JoinError>, HandleError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        assert!(
            !crate::ready::is_installed(),
            "Handle::block_on would block this thread's own loop: await the future instead"
        );
        self.send("Handle::block_on", Location::caller(), factory).map(RemoteJoinHandle::wait)
    }
}

/// The task of what was sent. It hears when it is called off, and what it panics with goes to whoever sent it.
async fn run<F: Future>(factory: impl FnOnce() -> F, promise: Promise<F::Output>, trip: Trip) {
    let outcome = {
        let mut work = pin!(async move { factory().await });
        let polled = poll_fn(|cx| {
            if promise.is_called_off(cx) {
                return Poll::Ready(None);
            }
            match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
                Ok(polled) => polled.map(|output| Some(Ok(output))),
                Err(payload) => Poll::Ready(Some(Err(JoinError::panicked(promise.who(), payload)))),
            }
        });
        polled.await
    };
    drop(trip);
    if let Some(outcome) = outcome {
        promise.keep(outcome);
    }
}

show!([] Handle, |_|);

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
    ///
    /// ```
    /// let runtime = wheelwright::Runtime::builder().build()?;
    /// let handle = runtime.handle();
    /// drop(runtime);
    /// let error = handle.spawn(|| async { 42 }).unwrap_err();
    /// assert!(!error.is_full());
    /// let factory = error.into_factory();
    /// assert_eq!(wheelwright::block_on(factory()), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
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

/// The handle of a task that was sent from another thread.
///
/// Await it, on any executor, or wait for it.
///
/// It neither borrows nor keeps anything of the loop, and may go to another thread. The loop's own handles may not:
///
/// ```compile_fail
/// let runtime = wheelwright::Runtime::builder().build().unwrap();
/// let task = runtime.spawn(async { 1 });
/// std::thread::spawn(move || drop(task));
/// ```
///
/// ```compile_fail
/// let runtime = wheelwright::Runtime::builder().build().unwrap();
/// let task = runtime.handle().spawn(async || 1).unwrap();
/// std::thread::spawn(move || drop(runtime));
/// ```
///
/// ```
/// let runtime = wheelwright::Runtime::builder().build().unwrap();
/// let task = runtime.handle().spawn(async || 1).unwrap();
/// std::thread::spawn(move || drop(task));
/// ```
///
/// # Cancel safety
/// Dropping it detaches the task.
#[doc(alias("Future", "ConcurrentFuture"))]
#[must_use = "dropping it detaches the task: await it, or wait for it"]
pub struct RemoteJoinHandle<T> {
    receipt: Receipt<T>,
}

impl<T> RemoteJoinHandle<T> {
    /// Cancels the task, from any thread.
    ///
    /// It is dropped where it is parked, or never started, when its loop comes round.
    ///
    /// The handle then gives an error that `is_cancelled`. A task that is done already is not affected.
    ///
    /// ```
    /// let runtime = wheelwright::Runtime::builder().build()?;
    /// let task = runtime.handle().spawn(std::future::pending::<()>).expect("it has just begun");
    /// let thread = std::thread::spawn(move || {
    ///     task.abort();
    ///     task.wait().unwrap_err().is_cancelled()
    /// });
    /// let was_cancelled = runtime.block_on(wheelwright::spawn_blocking(|| thread.join().unwrap()));
    /// assert!(was_cancelled.unwrap());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "cancel")]
    pub fn abort(&self) {
        self.receipt.call_off();
    }

    /// Whether the task is done, and its output there.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.receipt.is_kept()
    }

    /// Blocks this thread until the task is done.
    ///
    /// # Errors
    /// [`JoinError`] if the task panicked, or its runtime ended first.
    ///
    /// # Panics
    /// On a loop's own thread, which it would block.
    #[doc(alias = "result")]
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

show!([T] RemoteJoinHandle<T>, |_|);
