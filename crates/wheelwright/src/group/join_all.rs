//! Turns many futures into one of all their outputs, in the order of the futures.

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Group;
use crate::observe::Line;
use crate::task::{JoinError, Seats};

/// Runs futures side by side and waits for all: their outputs, in the order of the futures.
///
/// They run in the task that awaits it, and only those that were woken are polled. To start thousands a few at a time,
/// see [`map_concurrent`](crate::map_concurrent).
///
/// # Cancel safety
/// Dropping it drops the futures that are under way, and the outputs of those that are done.
///
/// # Panics
/// When it is polled outside a runtime, or after it gave its outputs. A panic of a future comes out of here, and the others are
/// dropped; [`join_all_settled`] makes it an outcome like others.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{join_all, time::sleep};
///
/// wheelwright::test(async || {
///     let squares = (0..4_u64).map(async |n| {
///         sleep(Duration::from_secs(10 - n)).await;
///         n * n
///     });
///     assert_eq!(join_all(squares).await, [0, 1, 4, 9]);
/// });
/// ```
#[doc(alias = "gather")]
#[track_caller]
pub fn join_all<I>(futures: I) -> JoinAll<I::Item>
where
    I: IntoIterator<Item: Future>,
{
    JoinAll::new(futures.into_iter(), Location::caller())
}

/// The future of [`join_all`].
#[must_use = "the futures do nothing until it is awaited"]
pub struct JoinAll<F: Future> {
    group: Group<F>,
    outputs: Vec<Option<F::Output>>,
}

// The futures are pinned in the group's own allocation; the outputs are never pinned.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> JoinAll<F> {
    fn new(futures: impl Iterator<Item = F>, at: Line) -> Self {
        let group = Group::with_seats(Seats::with_futures(futures), at);
        let outputs = (0..group.len()).map(|_| None).collect();
        Self { group, outputs }
    }
}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some((index, output)) = std::task::ready!(this.group.poll_join_next(cx)) {
            this.outputs[index] = Some(output);
        }
        let outputs = std::mem::take(&mut this.outputs);
        Poll::Ready(
            outputs
                .into_iter()
                .map(|output| output.expect("a join_all was polled after it gave its outputs"))
                .collect(),
        )
    }
}

impl<F: Future> fmt::Debug for JoinAll<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll").field("left", &self.group.len()).finish_non_exhaustive()
    }
}

/// Runs futures side by side as [`join_all`] does, and makes a panic an outcome: every outcome, in order.
///
/// So forty-seven results and three failures come out as fifty outcomes. Errors that the futures return are outputs like
/// others: `Ok(Err(error))`.
///
/// # Cancel safety
/// As [`join_all`].
///
/// # Panics
/// When it is polled outside a runtime, or after it gave its outcomes.
///
/// ```
/// wheelwright::block_on(async {
///     let outcomes = wheelwright::join_all_settled([1, 0].map(async |n| 10 / n)).await;
///     assert_eq!(*outcomes[0].as_ref().unwrap(), 10);
///     assert!(outcomes[1].as_ref().unwrap_err().to_string().contains("divide by zero"));
/// });
/// ```
#[doc(alias = "return_exceptions")]
#[doc(alias = "allSettled")]
#[track_caller]
pub fn join_all_settled<I>(futures: I) -> JoinAllSettled<I::Item>
where
    I: IntoIterator<Item: Future>,
{
    let at = Location::caller();
    let settled = futures.into_iter().enumerate().map(|(index, future)| Settled { future, index, at });
    JoinAllSettled { all: JoinAll::new(settled, at) }
}

/// The future of [`join_all_settled`].
#[must_use = "the futures do nothing until it is awaited"]
#[derive(Debug)]
pub struct JoinAllSettled<F: Future> {
    all: JoinAll<Settled<F>>,
}

impl<F: Future> Future for JoinAllSettled<F> {
    type Output = Vec<Result<F::Output, JoinError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.all).poll(cx)
    }
}

pin_project! {
    /// A future whose panic is an outcome.
    struct Settled<F> {
        #[pin]
        future: F,
        index: usize,
        at: Line,
    }
}

impl<F: Future> Future for Settled<F> {
    type Output = Result<F::Output, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        catch_unwind(AssertUnwindSafe(|| this.future.poll(cx).map(Ok))).unwrap_or_else(|payload| {
            let who = format!("future {} of the join_all_settled at {}", this.index, this.at);
            Poll::Ready(Err(JoinError::panicked(who, payload)))
        })
    }
}
