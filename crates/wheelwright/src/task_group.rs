//! Turns tasks into children of one owner: it hears of each that ends, in that order, and ends them with itself.
//!
//! Each child carries a last field that is dropped when nothing of its future is left, however it ended. That puts the
//! child's seat on the group's list and wakes the owner: no look at the others, and no allocation beside the task's own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use slab::Slab;

use crate::observe::{self, Line, WaitOn};
use crate::ready;
use crate::task::{self, JoinError, JoinHandle, TaskId, discard};

mod ended;
mod error;

use ended::{Child, Ended};
pub use error::{GroupError, TaskError};

/// Tasks that belong to one owner.
///
/// It takes their outputs as they end, and dropping it aborts those that run.
///
/// They are tasks, so they run whatever the owner awaits meanwhile. A child may own a group in turn. Futures that need not
/// run on their own, or that borrow from their owner, are cheaper in a [`Group`](crate::Group) or a [`scope`](crate::scope()).
///
/// Aborting marks; the loop drops the aborted tasks in its next lap. To wait until they are gone, take their outputs to
/// the end, or call [`shutdown`](Self::shutdown). A group that a child drops, or that is dropped with it, is part of the
/// child: that one's outcome comes when the tasks of both are gone. [`run`](Self::run) puts the owner under the same rule.
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
    /// Those that run, and those that have ended and were not taken yet. `None` while one is started or polled.
    tasks: RefCell<Slab<Option<JoinHandle<T>>>>,
    ended: Rc<Ended>,
    made_at: Line,
}

impl<T> TaskGroup<T> {
    /// Makes a group without tasks.
    #[track_caller]
    pub fn new() -> Self {
        Self { tasks: RefCell::new(Slab::new()), ended: Rc::default(), made_at: Location::caller() }
    }

    /// Starts a task in this group, as [`spawn`](crate::spawn) does.
    ///
    /// # Panics
    /// Outside a runtime.
    #[doc(alias("create_task", "start_soon"))]
    #[track_caller]
    pub fn spawn<F: Future<Output = T> + 'static>(&self, future: F) -> TaskId {
        self.start(future, None, Location::caller())
    }

    /// Starts a task in this group, with a name that reports about it will carry.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn_named<F: Future<Output = T> + 'static>(&self, name: &str, future: F) -> TaskId {
        self.start(future, Some(name), Location::caller())
    }

    #[inline]
    fn start<F: Future<Output = T> + 'static>(&self, future: F, name: Option<&str>, at: Line) -> TaskId {
        // Before a seat is given to a child that would tell of its end.
        assert!(
            ready::is_installed(),
            "TaskGroup::spawn needs a runtime on this thread: call it inside wheelwright::block_on"
        );
        let seat = self.tasks.borrow_mut().insert(None);
        let child = Child::new(future, seat, &self.ended);
        // Nothing is borrowed: a runtime that is ending drops the future at once.
        let task = task::start_in(Some(self.made_at), child, name, at);
        let id = task.id();
        self.tasks.borrow_mut()[seat] = Some(task);
        id
    }

    /// How many tasks there are whose outputs were not taken yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.borrow().len()
    }

    /// Whether there is no task whose output was not taken yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Aborts all tasks that run; their outcomes are errors that say `is_cancelled`.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let mut group = wheelwright::TaskGroup::new();
    ///     group.spawn(std::future::pending::<()>());
    ///     group.abort_all();
    ///     assert!(group.join_next().await.unwrap().unwrap_err().is_cancelled());
    ///     assert!(group.join_next().await.is_none());
    /// });
    /// ```
    #[doc(alias = "cancel_all")]
    pub fn abort_all(&self) {
        self.tasks.borrow().iter().filter_map(|(_, task)| task.as_ref()).for_each(JoinHandle::abort);
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
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// wheelwright::block_on(async {
    ///     let held = Rc::new(());
    ///     let group = wheelwright::TaskGroup::new();
    ///     let theirs = Rc::clone(&held);
    ///     group.spawn(async move {
    ///         let _theirs = theirs;
    ///         std::future::pending::<()>().await
    ///     });
    ///     wheelwright::yield_now().await;
    ///     group.shutdown().await;
    ///     assert_eq!(Rc::strong_count(&held), 1);
    /// });
    /// ```
    pub async fn shutdown(self) {
        self.abort_all();
        while let Some((_, outcome)) = poll_fn(|cx| self.poll_next(cx)).await {
            discard(outcome);
        }
    }

    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<(TaskId, Result<T, JoinError>)>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        let Some(seat) = self.ended.first(cx) else {
            observe::waits(WaitOn::Children, self.len() as u32, self.made_at);
            return Poll::Pending;
        };
        let mut task = self.tasks.borrow_mut()[seat].take().expect("nobody else polls it");
        if let Poll::Ready(outcome) = Pin::new(&mut task).poll(cx) {
            self.tasks.borrow_mut().remove(seat);
            return Poll::Ready(Some((task.id(), outcome)));
        }
        // Another executor polls this from within the wake: the output is stored a moment later, and wakes again.
        self.tasks.borrow_mut()[seat] = Some(task);
        self.ended.put_back(seat);
        Poll::Pending
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
    ///     let group = TaskGroup::new();
    ///     for text in ["1", "two", "3"] {
    ///         group.spawn(async move { text.parse::<u32>() });
    ///     }
    ///     let error = group.join_all().await.unwrap_err();
    ///     assert!(matches!(error.first, TaskError::Failed(_)));
    ///     assert_eq!(error.to_string(), "invalid digit found in string");
    /// });
    /// ```
    #[doc(alias = "gather")]
    pub async fn join_all(self) -> Result<Vec<T>, GroupError<E>> {
        let values = Vec::with_capacity(self.len());
        self.collect(Outcomes { values, failures: Vec::new() }).await
    }

    /// Runs a body that may start tasks, and waits for them.
    ///
    /// It gives the body's value, or the first failure of body or tasks.
    ///
    /// The body is under the same rule as the tasks: if it fails, they are aborted; if one of them fails or panics, the body is
    /// dropped where it waits. Either way the error comes out when nothing of them is left. The values of the tasks are dropped.
    ///
    /// # Errors
    /// As [`join_all`](Self::join_all); an error of the body is [`TaskError::Failed`].
    ///
    /// # Cancel safety
    /// Dropping it drops the body and aborts the tasks.
    ///
    /// # Panics
    /// A panic of the body comes out at once, and aborts the tasks.
    ///
    /// ```
    /// use std::future::pending;
    /// use wheelwright::{TaskGroup, block_on, yield_now};
    ///
    /// let outcome = block_on(TaskGroup::run(async |group| {
    ///     group.spawn(async {
    ///         yield_now().await;
    ///         Err("the connection is lost")
    ///     });
    ///     group.spawn(pending::<Result<(), _>>());
    ///     pending().await // not for ever
    /// }));
    /// let outcome: Result<(), _> = outcome;
    /// assert_eq!(outcome.unwrap_err().to_string(), "the connection is lost");
    /// ```
    #[doc(alias("nursery", "async with"))]
    #[track_caller]
    pub fn run<R>(body: impl AsyncFnOnce(&Self) -> Result<R, E>) -> impl Future<Output = Result<R, GroupError<E>>> {
        let group = Self::new();
        async move {
            let mut outcomes = Outcomes { values: Vec::new(), failures: Vec::new() };
            let output = {
                let mut body = pin!(body(&group));
                poll_fn(|cx| {
                    if let Poll::Ready(output) = body.as_mut().poll(cx) {
                        return Poll::Ready(Some(output));
                    }
                    while let Poll::Ready(Some((id, outcome))) = group.poll_next(cx) {
                        outcomes.add(id, outcome);
                        outcomes.values.clear();
                    }
                    if outcomes.failures.is_empty() { Poll::Pending } else { Poll::Ready(None) }
                })
                .await
            };
            let value =
                output.and_then(|output| output.map_err(|error| outcomes.failures.push(TaskError::Failed(error))).ok());
            let joined = group.collect(outcomes).await;
            joined.map(|_| value.expect("a body without a value is a failure"))
        }
    }

    /// Waits for the tasks that are left, and aborts them if one has failed or fails.
    async fn collect(self, mut outcomes: Outcomes<T, E>) -> Result<Vec<T>, GroupError<E>> {
        if !outcomes.failures.is_empty() {
            self.abort_all();
        }
        while let Some((id, outcome)) = poll_fn(|cx| self.poll_next(cx)).await {
            if outcomes.add(id, outcome) {
                self.abort_all();
            }
        }
        let mut failures = outcomes.failures.into_iter();
        if let Some(first) = failures.next() {
            return Err(GroupError { first, others: failures.collect() });
        }
        outcomes.values.sort_unstable_by_key(|(id, _)| id.0);
        Ok(outcomes.values.into_iter().map(|(_, value)| value).collect())
    }
}

/// What has come out of a group so far.
struct Outcomes<T, E> {
    values: Vec<(TaskId, T)>,
    failures: Vec<TaskError<E>>,
}

impl<T, E> Outcomes<T, E> {
    /// Whether this one is the first failure.
    fn add(&mut self, id: TaskId, outcome: Result<Result<T, E>, JoinError>) -> bool {
        let failure = match outcome {
            Ok(Ok(value)) => {
                self.values.push((id, value));
                return false;
            }
            // We aborted it.
            Err(error) if error.is_cancelled() && !self.failures.is_empty() => return false,
            Ok(Err(error)) => TaskError::Failed(error),
            Err(error) => TaskError::Ended(error),
        };
        self.failures.push(failure);
        self.failures.len() == 1
    }
}

impl<T> Drop for TaskGroup<T> {
    fn drop(&mut self) {
        self.abort_all();
        if !self.is_empty() {
            ended::drop_within(&self.ended, ready::current_id());
        }
    }
}

impl<T> Default for TaskGroup<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

show!([T] TaskGroup<T>, |it| len: it.len());
