//! Turns work that must not be cut short into futures that may be dropped at any time.

use std::fmt::Display;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::observe::Line;
use crate::task::{self, JoinHandle};
use crate::time::timeout;
use crate::{ready, report};

/// Runs a future as a task of its own, which goes on when nobody waits any more.
///
/// It is [`spawn`](crate::spawn), but the output comes as it is, and a panic of the future comes out of the wait.
///
/// # Cancel safety
/// Dropping it detaches the task: it runs on, to its end or that of the runtime.
///
/// # Panics
/// Outside a runtime. The wait panics if the future did, or if the runtime ended first.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use wheelwright::{shield, time};
///
/// wheelwright::test(async || {
///     let is_saved = Rc::new(Cell::new(false));
///     let note = Rc::clone(&is_saved);
///     let save = shield(async move {
///         time::sleep(Duration::from_secs(2)).await;
///         note.set(true);
///     });
///     assert!(time::timeout(Duration::from_secs(1), save).await.is_err());
///     time::sleep(Duration::from_secs(3)).await;
///     assert!(is_saved.get());
/// });
/// ```
#[track_caller]
pub fn shield<F: Future + 'static>(future: F) -> Shield<F::Output> {
    Shield { task: task::start(future, None, Location::caller()) }
}

/// The future of [`shield`].
#[derive(Debug)]
#[must_use = "dropping it detaches the task: await it, or `spawn` the future"]
pub struct Shield<T> {
    task: JoinHandle<T>,
}

impl<T> Future for Shield<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(Pin::new(&mut self.task).poll(cx)) {
            Ok(output) => Poll::Ready(output),
            Err(error) => match error.into_panic() {
                Ok(payload) => resume_unwind(payload),
                Err(error) => panic!("what was shielded has no output: {error}, for its runtime ended"),
            },
        }
    }
}

/// Opens a resource, lends it to a body, and closes it on every path.
///
/// It is for what can be closed only by waiting.
///
/// When the body ends, be it well, with an error or by a panic, the resource is closed before the outcome comes out. When
/// this future is dropped instead, the rest of the way is a task of its own: the close begins, or goes on from where it was,
/// and is given up if it takes longer than `limit` from then on.
///
/// What nobody is left to hear is told to stderr: an error of the close after the body failed or after a cancel, a close
/// that was given up, and one that the end of the runtime cut short. A runtime that ends waits for no task, so what must be
/// closed must be awaited before `block_on` returns; dropped later than that, or outside a runtime, the resource is dropped
/// without being closed.
///
/// # Errors
/// The first of: the error of `open`, that of the body, that of `close`.
///
/// # Cancel safety
/// Dropping it while it opens drops `open`. From then on the resource is closed as said above.
///
/// # Panics
/// A panic of the body comes out of here after the close, one of the close at once.
///
/// ```
/// use std::{io, time::Duration};
/// use wheelwright::{with_resource, yield_now};
///
/// struct Session(Vec<&'static str>);
///
/// let outcome = wheelwright::block_on(with_resource(
///     async { io::Result::Ok(Session(vec!["hello"])) },
///     async |session| {
///         session.0.push("work");
///         Ok(session.0.len())
///     },
///     async |mut session| {
///         yield_now().await;
///         session.0.push("good-bye");
///         Ok(())
///     },
///     Duration::from_secs(5),
/// ));
/// assert_eq!(outcome.unwrap(), 2);
/// ```
#[doc(alias("async with", "AsyncDrop", "bracket", "AsyncExitStack", "aclosing"))]
#[track_caller]
pub fn with_resource<R: 'static, T, E: Display + 'static>(
    open: impl Future<Output = Result<R, E>>,
    body: impl AsyncFnOnce(&mut R) -> Result<T, E>,
    close: impl AsyncFnOnce(R) -> Result<(), E> + 'static,
    limit: Duration,
) -> impl Future<Output = Result<T, E>> {
    let at = Location::caller();
    async move {
        // Called when it is polled: a destructor that calls it may run in a panic, and must not panic too.
        let close = move |resource| -> Close<E> { Box::pin(async move { close(resource).await }) };
        let mut closing = Closing { open: Some((open.await?, close)), under_way: None, limit, at };
        let outcome = {
            let (resource, _) = closing.open.as_mut().expect("nobody has closed it");
            let mut body = pin!(body(resource));
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            })
            .await
        };
        let closed = poll_fn(|cx| closing.poll_close(cx)).await;
        if let Ok(Ok(value)) = outcome {
            return closed.map(|()| value);
        }
        drop(Report { at, why: closed.err().map(|error| error.to_string()) });
        outcome.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

type Close<E> = Pin<Box<dyn Future<Output = Result<(), E>>>>;

/// A resource on its way to be closed. Dropped before it is, it leaves the rest to a task.
struct Closing<R, C: FnOnce(R) -> Close<E>, E: Display + 'static> {
    /// Until the close begins.
    open: Option<(R, C)>,
    /// From then on, until it is done; not while it is polled, so that a close that panics is over.
    under_way: Option<Close<E>>,
    limit: Duration,
    at: Line,
}

impl<R, C: FnOnce(R) -> Close<E>, E: Display + 'static> Closing<R, C, E> {
    /// The close, begun if it was not; `None` if it is done.
    fn take(&mut self) -> Option<Close<E>> {
        self.open.take().map(|(resource, close)| close(resource)).or_else(|| self.under_way.take())
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        let mut close = self.take().expect("a close that is done is not polled");
        let polled = close.as_mut().poll(cx);
        if polled.is_pending() {
            self.under_way = Some(close);
        }
        polled
    }
}

impl<R, C: FnOnce(R) -> Close<E>, E: Display + 'static> Drop for Closing<R, C, E> {
    fn drop(&mut self) {
        let Some(close) = self.take() else { return };
        let (at, limit) = (self.at, self.limit);
        let report = Report { at, why: Some("its runtime ended, or the close panicked".into()) };
        let rest = async move {
            let mut report = report;
            report.why = match timeout(limit, close).await {
                Ok(closed) => closed.err().map(|error| error.to_string()),
                Err(_) => Some(format!("it took longer than {limit:?}")),
            };
        };
        // Elsewhere it is dropped, and says so.
        if ready::is_installed() {
            task::start(rest, Some("close"), at).let_go();
        }
    }
}

/// Tells stderr why a resource was not closed, if it was not and nobody else hears of it.
struct Report {
    at: Line,
    why: Option<String>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(why) = &self.why {
            report::tell(format_args!("the resource opened at {} was not closed: {why}", self.at));
        }
    }
}
