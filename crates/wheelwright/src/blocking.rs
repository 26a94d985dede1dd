//! Turns code that blocks into a future, by running it on a thread of the pool.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::completion::{Promise, Receipt};
use crate::observe::crossings::Trip;
use crate::observe::{Line, WaitOn};
use crate::pool::{Job, JobKind, Refusal};
use crate::runtime;
use crate::task::{JoinError, in_words};

/// Runs code that blocks, or computes for long, on a thread of the pool.
///
/// It is sent at once, whether or not the handle is awaited. Threads start on demand, up to
/// [`max_blocking_threads`](crate::Builder::max_blocking_threads), and end after
/// [`blocking_keep_alive`](crate::Builder::blocking_keep_alive) without work. A job that has begun cannot be cancelled. To
/// start very many, bound them: with [`map_concurrent`](crate::map_concurrent) or a
/// [`Semaphore`](crate::sync::Semaphore).
///
/// The handle's error says that the job panicked, that the runtime ended before it began, or that it was refused because
/// [`max_blocking_queue`](crate::Builder::max_blocking_queue) jobs were waiting.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let sum = wheelwright::spawn_blocking(|| (1..=1000_u64).sum::<u64>()).await.unwrap();
///     assert_eq!(sum, 500_500);
/// });
/// ```
#[doc(alias("to_thread", "run_in_executor", "sync_to_async", "block_in_place", "run_sync"))]
#[track_caller]
pub fn spawn_blocking<T, W>(work: W) -> BlockingHandle<T>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    BlockingHandle { receipt: send(JobKind::Spawned, Location::caller(), work) }
}

/// Returns whether one more blocking job would be refused now.
///
/// [`spawn_blocking`] has no thread for it then, and no room in its queue. It is for turning work away before anything was
/// spent on it. A job may be refused all the same, if others come first.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use std::{thread, time::Duration};
/// use wheelwright::{Runtime, blocking_is_full, spawn_blocking};
///
/// # fn main() -> std::io::Result<()> {
/// let runtime = Runtime::builder().max_blocking_threads(1).max_blocking_queue(1).build()?;
/// runtime.block_on(async {
///     assert!(!blocking_is_full());
///     let sleepers = [1, 2].map(|_| spawn_blocking(|| thread::sleep(Duration::from_millis(50))));
///     assert!(blocking_is_full());
///     wheelwright::join_all(sleepers).await;
///     assert!(!blocking_is_full());
/// });
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn blocking_is_full() -> bool {
    runtime::current(|event_loop| event_loop.pool.is_full())
}

/// Sends a job for one of our own futures.
pub(crate) fn send<T, W>(kind: JobKind, at: Line, work: W) -> Receipt<T>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    let (promise, mut receipt) = Promise::new(WaitOn::Blocking, at, |at| in_words("a blocking job", None, Some(at)));
    let mut trip = Trip::new(kind.way(), at);
    let work = Box::new(move || {
        trip.begin();
        let output = catch_unwind(AssertUnwindSafe(work));
        // Before anybody hears of the end, so that it is counted by then.
        drop(trip);
        let output = output.map_err(|payload| JoinError::panicked(promise.who(), payload));
        promise.keep(output);
    });
    receipt.note_sent();
    let sent = runtime::current(|event_loop| event_loop.pool.send(Job { kind, work }));
    // A job that is not taken was dropped, and has told its waiter that it was cancelled.
    match sent {
        Ok(()) | Err(Refusal::Closed) => {}
        Err(Refusal::Full) => receipt.refuse("too many wait for a thread, start fewer at a time"),
        Err(Refusal::NoThread(error)) => receipt.refuse(&format!("no thread could be started: {error}")),
    }
    receipt
}

/// The handle of a blocking job: await it for what the job returns.
///
/// It is made by [`spawn_blocking`].
///
/// # Cancel safety
/// Dropping it detaches the job: it is run all the same, and a panic of it is told to stderr.
#[must_use = "the job runs, but a panic of it is only told to stderr unless its handle is awaited"]
pub struct BlockingHandle<T> {
    receipt: Receipt<T>,
}

impl<T> BlockingHandle<T> {
    /// Whether the job is done, and its output there.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.receipt.is_kept()
    }
}

impl<T> Future for BlockingHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receipt).poll(cx)
    }
}

show!([T] BlockingHandle<T>, |it| finished: it.is_finished());
