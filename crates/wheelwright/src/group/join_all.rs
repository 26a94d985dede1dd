//! Turns many futures into one of all their outputs, in the order of the futures.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Group;
use crate::observe::Line;
use crate::panics;
use crate::task::{JoinError, Seats};

/// Runs futures side by side: all their outputs, in the order of the futures.
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
    /// Gone once they were given.
    outputs: Option<Vec<Option<F::Output>>>,
}

// The futures are pinned in the group's own allocation; the outputs are never pinned.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> JoinAll<F> {
    fn new(futures: impl Iterator<Item = F>, at: Line) -> Self {
        let group = Group::with_seats(Seats::with_futures(futures), at);
        let outputs = Some((0..group.len()).map(|_| None).collect());
        Self { group, outputs }
    }
}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let outputs = this.outputs.as_mut().expect("a join_all was polled after it gave its outputs");
        ready!(this.group.poll_all(cx, |index, output| outputs[index] = Some(output)));
        let outputs = this.outputs.take().unwrap_or_default().into_iter();
        Poll::Ready(outputs.map(|output| output.expect("every future has ended")).collect())
    }
}

show!([F: Future] JoinAll<F>, |it| left: it.group.len());

/// Runs futures side by side, but no longer than until one of them fails.
///
/// In all else it is [`join_all`].
///
/// The others are then dropped in the middle of whatever they do, before the error comes out.
///
/// # Errors
/// The first error.
///
/// # Cancel safety
/// As [`join_all`].
///
/// # Panics
/// As [`join_all`].
///
/// ```
/// wheelwright::block_on(async {
///     let numbers = |texts: [&'static str; 3]| wheelwright::try_join_all(texts.map(async |text| text.parse::<u32>()));
///     assert_eq!(numbers(["1", "2", "3"]).await, Ok(vec![1, 2, 3]));
///     assert!(numbers(["1", "two", "3"]).await.is_err());
/// });
/// ```
#[doc(alias("gather", "all", "Promise.all"))]
#[track_caller]
pub fn try_join_all<T, E, I>(futures: I) -> TryJoinAll<I::Item>
where
    I: IntoIterator<Item: Future<Output = Result<T, E>>>,
{
    TryJoinAll { all: JoinAll::new(futures.into_iter(), Location::caller()) }
}

/// The future of [`try_join_all`].
#[must_use = "the futures do nothing until it is awaited"]
#[derive(Debug)]
pub struct TryJoinAll<F: Future> {
    all: JoinAll<F>,
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for TryJoinAll<F> {
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let JoinAll { group, outputs } = &mut self.all;
        let places = outputs.as_mut().expect("a try_join_all was polled after it gave its outputs");
        while let Some((index, output)) = ready!(group.poll_join_next(cx)) {
            if let Err(error) = output {
                *group = Group::new();
                *outputs = None;
                return Poll::Ready(Err(error));
            }
            places[index] = Some(output);
        }
        Poll::Ready(
            outputs.take().into_iter().flatten().map(|output| output.expect("every future has ended")).collect(),
        )
    }
}

/// Runs futures side by side: every outcome, in order, be it a panic.
///
/// In all else it is [`join_all`].
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
#[doc(alias("return_exceptions", "allSettled", "Promise.allSettled"))]
#[track_caller]
pub fn join_all_settled<I>(futures: I) -> JoinAllSettled<I::Item>
where
    I: IntoIterator<Item: Future>,
{
    let at = Location::caller();
    let settled = futures.into_iter().enumerate().map(|(index, future)| Settled { future: Some(future), index, at });
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
    /// A future whose panic is an outcome, be it in its poll or in its destructor.
    struct Settled<F> {
        // Gone once it has ended.
        #[pin]
        future: Option<F>,
        index: usize,
        at: Line,
    }
}

impl<F: Future> Future for Settled<F> {
    type Output = Result<F::Output, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let future = this.future.as_mut().as_pin_mut().expect("a child that has ended is not polled");
            let output = ready!(future.poll(cx));
            this.future.set(None);
            Poll::Ready(Ok(output))
        }));
        polled.unwrap_or_else(|payload| {
            // What is left of it is dropped here, where a further panic harms nobody.
            panics::contain(|| this.future.set(None));
            let who = format!("future {} of the join_all_settled at {}", this.index, this.at);
            Poll::Ready(Err(JoinError::panicked(who, payload)))
        })
    }
}
