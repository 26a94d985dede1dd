//! Turns tasks into children of one owner: it hears of each that ends, in that order, and ends them with itself.
//!
//! Each child carries a last field that is dropped when nothing of its future is left, however it ended. That puts the
//! child's seat on the group's list and wakes the owner: no look at the others, and no allocation beside the task's own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use slab::Slab;

use crate::observe::{self, Line, WaitOn};
use crate::task::{self, JoinError, JoinHandle, TaskId, discard};
use crate::{ready, waker};

mod error;

pub use error::{GroupError, TaskError};

/// Tasks that belong to one owner.
///
/// It takes their outputs as they end, and dropping it aborts those that run.
///
/// They are tasks, so they run whatever the owner awaits meanwhile. A child may own a group in turn. Futures that need not
/// run on their own, or that borrow from their owner, are cheaper in a [`Group`](crate::Group) or a [`scope`](crate::scope()).
///
/// Aborting marks; the loop drops the aborted tasks in its next lap. To wait until they are gone, take their outputs to
/// the end, or call [`shutdown`](Self::shutdown). A group that a task owns is dropped with it, and its tasks go a lap
/// later: nobody waits for those.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{TaskGroup, time::sleep};
///
/// wheelwright::test(async || {
///     let mut group = TaskGroup::new();
///     for seconds in [3, 1, 2] {
///         group.spawn(async move {
///             sleep(Duration::from_secs(seconds)).await;
///             seconds
///         });
///     }
///     let mut order = Vec::new();
///     while let Some(outcome) = group.join_next().await {
///         order.push(outcome.expect("it does not panic"));
///     }
///     assert_eq!(order, [1, 2, 3]);
/// });
/// ```
///
/// A task outlives the call that spawned it, so it cannot borrow from there:
///
/// ```compile_fail
/// wheelwright::block_on(async {
///     let text = String::from("a parent's");
///     let mut group = wheelwright::TaskGroup::new();
///     group.spawn(async { text.len() });
///     group.join_next().await;
/// });
/// ```
///
/// ```
/// wheelwright::block_on(async {
///     let text = String::from("a parent's");
///     let mut group = wheelwright::TaskGroup::new();
///     group.spawn(async move { text.len() });
///     group.join_next().await;
/// });
/// ```
#[doc(alias("JoinSet", "nursery", "as_completed", "TaskTracker", "AbortOnDropHandle"))]
#[must_use = "dropping a group aborts its tasks"]
pub struct TaskGroup<T> {
    /// Those that run, and those that have ended and were not taken yet.
    tasks: Slab<JoinHandle<T>>,
    ended: Rc<Ended>,
    made_at: Line,
}

/// What the children tell their group.
struct Ended {
    /// The seats of those that have ended and were not taken yet, first ended first.
    seats: RefCell<VecDeque<usize>>,
    /// Whom the next end wakes.
    owner: Cell<Option<Waker>>,
}

impl<T> TaskGroup<T> {
    /// Makes a group without tasks.
    #[track_caller]
    pub fn new() -> Self {
        let ended = Ended { seats: RefCell::new(VecDeque::new()), owner: Cell::new(None) };
        Self { tasks: Slab::new(), ended: Rc::new(ended), made_at: Location::caller() }
    }

    /// Starts a task in this group, as [`spawn`](crate::spawn) does.
    ///
    /// # Panics
    /// Outside a runtime.
    #[doc(alias("create_task", "start_soon"))]
    #[track_caller]
    pub fn spawn<F: Future<Output = T> + 'static>(&mut self, future: F) -> TaskId {
        self.start(future, None, Location::caller())
    }

    /// Starts a task in this group, with a name that reports about it will carry.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn_named<F: Future<Output = T> + 'static>(&mut self, name: &str, future: F) -> TaskId {
        self.start(future, Some(name), Location::caller())
    }

    #[inline]
    fn start<F: Future<Output = T> + 'static>(&mut self, future: F, name: Option<&str>, at: Line) -> TaskId {
        // Before a seat is given to a child that would tell of its end.
        assert!(
            ready::is_installed(),
            "TaskGroup::spawn needs a runtime on this thread: call it inside wheelwright::block_on"
        );
        let place = self.tasks.vacant_entry();
        let leaving = Leaving { seat: place.key(), group: Rc::clone(&self.ended) };
        place.insert(task::start(Child { future, leaving }, name, at)).id()
    }

    /// How many tasks there are whose outputs were not taken yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is no task whose output was not taken yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Aborts all tasks that run; their outcomes are errors that say `is_cancelled`.
    #[doc(alias = "cancel_all")]
    pub fn abort_all(&self) {
        self.tasks.iter().for_each(|(_, task)| task.abort());
    }

    /// Waits for the next task to end: its outcome, or `None` when none is left.
    ///
    /// # Cancel safety
    /// Dropping it loses no outcome: the group keeps them.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_next(cx)).await.map(|(_, outcome)| outcome)
    }

    /// Aborts all tasks and waits until nothing of them is left.
    ///
    /// A panic of one is told to stderr.
    ///
    /// # Cancel safety
    /// Dropping it gives up the wait; the tasks are aborted all the same.
    pub async fn shutdown(mut self) {
        self.abort_all();
        while let Some(outcome) = self.join_next().await {
            discard(outcome);
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(TaskId, Result<T, JoinError>)>> {
        if self.tasks.is_empty() {
            return Poll::Ready(None);
        }
        let Some(seat) = self.first_ended(cx) else {
            observe::waits(WaitOn::Children, self.tasks.len() as u32, self.made_at);
            return Poll::Pending;
        };
        match Pin::new(&mut self.tasks[seat]).poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(Some((self.tasks.remove(seat).id(), outcome))),
            // Another executor polls this from within the wake: the output is stored a moment later, and wakes again.
            Poll::Pending => {
                self.ended.seats.borrow_mut().push_front(seat);
                Poll::Pending
            }
        }
    }

    /// Takes the first that has ended off the list; the next end wakes the context's task if there is none.
    fn first_ended(&self, cx: &Context<'_>) -> Option<usize> {
        let first = self.ended.seats.borrow_mut().pop_front();
        if first.is_some() {
            return first;
        }
        let old = self.ended.owner.replace(Some(waker::keep(cx.waker())));
        drop(old);
        None
    }
}

impl<T, E> TaskGroup<Result<T, E>> {
    /// Waits for all tasks: their values, or the first failure.
    ///
    /// The values come in the order in which the tasks were spawned.
    ///
    /// Fail-fast: the first task that returns an error or panics aborts the others. Then it waits until nothing of them is
    /// left; what fails meanwhile stands in [`GroupError::others`].
    ///
    /// # Errors
    /// [`GroupError`] if a task failed, panicked, or was cancelled by somebody else.
    ///
    /// # Cancel safety
    /// Dropping it aborts the tasks, and drops the values that it has.
    ///
    /// ```
    /// use wheelwright::{TaskError, TaskGroup, block_on};
    ///
    /// block_on(async {
    ///     let mut group = TaskGroup::new();
    ///     for text in ["1", "two", "3"] {
    ///         group.spawn(async move { text.parse::<u32>() });
    ///     }
    ///     let error = group.join_all().await.unwrap_err();
    ///     assert!(matches!(error.first, TaskError::Failed(_)));
    ///     assert_eq!(error.to_string(), "invalid digit found in string");
    /// });
    /// ```
    #[doc(alias = "gather")]
    pub async fn join_all(mut self) -> Result<Vec<T>, GroupError<E>> {
        let mut values = Vec::with_capacity(self.len());
        let mut failures = Vec::new();
        while let Some((id, outcome)) = poll_fn(|cx| self.poll_next(cx)).await {
            match outcome {
                Ok(Ok(value)) => {
                    values.push((id.0, value));
                    continue;
                }
                // We aborted it.
                Err(error) if error.is_cancelled() && !failures.is_empty() => continue,
                Ok(Err(error)) => failures.push(TaskError::Failed(error)),
                Err(error) => failures.push(TaskError::Ended(error)),
            }
            if failures.len() == 1 {
                self.abort_all();
            }
        }
        let mut failures = failures.into_iter();
        if let Some(first) = failures.next() {
            return Err(GroupError { first, others: failures.collect() });
        }
        values.sort_unstable_by_key(|(id, _)| *id);
        Ok(values.into_iter().map(|(_, value)| value).collect())
    }
}

impl<T> Drop for TaskGroup<T> {
    fn drop(&mut self) {
        self.abort_all();
        drop(self.ended.owner.take());
    }
}

impl<T> Default for TaskGroup<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TaskGroup<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").field("len", &self.len()).finish_non_exhaustive()
    }
}

pin_project! {
    struct Child<F> {
        #[pin]
        future: F,
        // Behind the future, so dropped after it.
        leaving: Leaving,
    }
}

impl<F: Future> Future for Child<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
    }
}

/// Tells the group that nothing of the child is left.
struct Leaving {
    seat: usize,
    group: Rc<Ended>,
}

impl Drop for Leaving {
    #[inline]
    fn drop(&mut self) {
        self.group.seats.borrow_mut().push_back(self.seat);
        if let Some(owner) = self.group.owner.take() {
            waker::wake(owner);
        }
    }
}
