//! Turns the loop's own records into a list that a person can read: who is there, and what each waits for.

use std::fmt;
use std::panic::Location;

pub use crate::observe::crossings::Crossing;
use crate::observe::event::Cause;
use crate::observe::{self, Line, Wait};
use crate::ready::{self, Slot};
use crate::runtime;
use crate::task::TaskId;

mod deep;
mod dump;
mod peers;
mod triggers;
mod words;

pub use deep::{Call, DeepDump, DumpDeep, dump_deep};
pub use dump::{Dump, dump};
use words::Known;

/// A task, as it is when [`tasks`] is called.
#[doc(alias("print_call_graph", "capture_call_graph", "console_subscriber"))]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its number.
    pub id: TaskId,
    /// The name it was spawned with.
    pub name: Option<String>,
    /// The line that spawned it, or called `block_on`.
    pub spawned_at: Option<&'static Location<'static>>,
    /// The task that spawned it.
    pub parent: TaskId,
    /// The line that made the [`TaskGroup`](crate::TaskGroup) it belongs to, if it belongs to one.
    pub group: Option<&'static Location<'static>>,
    /// What it is doing.
    pub state: TaskState,
    /// How often it was polled; wraps after four billion.
    pub polls: u32,
    /// Who woke it last; `None` before anybody has, since its spawn.
    pub woken_by: Option<WokenBy>,
    /// Code of another library kept a waker of it, and may wake it at any time.
    pub has_foreign_waker: bool,
    /// What its state says in words.
    wait: Wait,
}

/// Who woke a task: its [`TaskInfo::woken_by`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WokenBy {
    /// What it was; the end of a blocking job is told by [another thread](Cause::Thread).
    pub cause: Cause,
    /// The task, if it was one.
    pub task: Option<TaskId>,
}

/// What a task is doing; found by [`tasks`].
///
/// ```
/// use wheelwright::inspect::{self, TaskState};
/// use wheelwright::time::sleep;
///
/// wheelwright::block_on(async {
///     let sleeper = wheelwright::spawn(sleep(std::time::Duration::MAX));
///     let state = || inspect::tasks().into_iter().find(|task| task.id == sleeper.id()).map(|task| task.state);
///     assert!(matches!(state(), Some(TaskState::Ready)));
///     wheelwright::yield_now().await;
///     assert!(matches!(state(), Some(TaskState::Parked { what, .. }) if what.starts_with("timer")));
/// });
/// ```
#[doc(alias = "current_task")]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// It is the one that asks.
    Running,
    /// It was woken, and waits for its turn.
    Ready,
    /// It waits.
    Parked {
        /// For what, in words, and how that stands: `readable fd 9 <- 10.0.0.7:51234`, `timer in 1.2 s`, `mutex 4 held by
        /// task 12`, `permit of semaphore 2 (0 of 20 free, 32 in line)`. Addresses are known
        /// on Linux, of at most 500 sockets.
        what: String,
        /// The line that awaits.
        at: Option<&'static Location<'static>>,
        /// The task that this wait is for, where it is one and known: it is joined, or has the lock.
        on: Option<TaskId>,
        /// How many other things it waits for besides.
        further: u8,
    },
}

/// How much of everything a loop holds.
///
/// After any mix of work and cancels it is as before. It is counted by [`live`].
#[doc(alias = "RuntimeMetrics")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Live {
    /// Tasks, the root of `block_on` included, and the slots that groups hold for children that wait, or waited.
    pub tasks: usize,
    /// Timers registered.
    pub timers: usize,
    /// Sockets registered with the kernel.
    pub sources: usize,
    /// Blocking jobs sent and not done.
    pub blocking_jobs: usize,
}

/// Lists the tasks of this thread's loop, the one that asks included.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let sleeper = wheelwright::spawn_named("sleeper", wheelwright::time::sleep(std::time::Duration::MAX));
///     wheelwright::yield_now().await;
///     let tasks = wheelwright::inspect::tasks();
///     let sleeper = tasks.iter().find(|task| task.id == sleeper.id()).unwrap();
///     assert!(sleeper.to_string().contains("'sleeper'") && sleeper.to_string().contains("timer"));
/// });
/// ```
#[doc(alias("all_tasks", "dump", "print_stack", "get_stack"))]
#[must_use]
pub fn tasks() -> Vec<TaskInfo> {
    let mut tasks = Vec::with_capacity(live().tasks);
    let mut known = runtime::current(Known::new);
    let current = ready::current_id();
    ready::for_each_task(|slot, name| {
        let state = match slot.queued {
            _ if slot.id == current => TaskState::Running,
            true => TaskState::Ready,
            false => TaskState::Parked {
                what: known.words(slot.wait),
                at: slot.wait.at.line(),
                on: known.task(slot.wait),
                further: slot.wait.further,
            },
        };
        tasks.push(TaskInfo {
            id: TaskId(slot.id),
            name: name.map(|name| name.to_string()),
            spawned_at: slot.spawned_at.line(),
            parent: TaskId(ready::task_or_nobody(slot.parent)),
            group: slot.spawned_at.group(),
            state,
            polls: slot.polls,
            woken_by: woken_by(slot),
            has_foreign_waker: slot.foreign,
            wait: slot.wait,
        });
    });
    tasks
}

fn woken_by(slot: &Slot) -> Option<WokenBy> {
    let task = Some(ready::task_or_nobody(slot.woken_by)).filter(|task| *task != 0).map(TaskId);
    // What it waited for then is known no more.
    let cause = ready::cause(slot.woken_by, slot.id, Wait::NONE);
    // What stands there from its spawn on is who spawned it.
    (1 < slot.polls || slot.polls == 1 && slot.queued).then_some(WokenBy { cause, task })
}

/// Counts what this thread's loop holds.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let before = wheelwright::inspect::live();
///     drop(wheelwright::time::sleep(std::time::Duration::from_secs(1)));
///     assert_eq!(wheelwright::inspect::live(), before);
/// });
/// ```
#[doc(alias = "metrics")]
#[must_use]
pub fn live() -> Live {
    runtime::current(|event_loop| Live {
        tasks: ready::live(),
        timers: event_loop.timers.len(),
        sources: event_loop.reactor.len(),
        blocking_jobs: event_loop.pool.unfinished(),
    })
}

/// Counts the waits that were dropped before anybody polled them.
///
/// Those are the sleeps of this thread, and its waits for permits and locks, so far. The
/// compiler warns of one that is a statement by itself; one that is bound to a name and forgotten is only counted. So is the arm
/// of a [`race`](crate::race()) or a [`select`](crate::select()) that was over before its turn, which is no mistake: a number that
/// grows where nothing is raced is one.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{inspect, time::sleep};
///
/// wheelwright::test(async || {
///     let before = inspect::unpolled();
///     let pause = sleep(Duration::from_secs(1)); // and no await
///     drop(pause);
///     sleep(Duration::from_secs(1)).await;
///     assert_eq!(inspect::unpolled() - before, 1);
/// });
/// ```
#[doc(alias("was never awaited", "RuntimeWarning"))]
#[must_use]
pub fn unpolled() -> u64 {
    observe::unpolled()
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " '{name}'")?;
        }
        write_spawned(f, " spawned at ", self)?;
        let (words, at, further) = self.state.words();
        let what = if let TaskState::Parked { .. } = self.state { "waits for " } else { "" };
        write!(f, ": {what}{words}")?;
        write_at(f, " at ", at)?;
        if further == 0 { Ok(()) } else { write!(f, " and {further} more") }
    }
}

impl TaskState {
    /// In words, at which line, and how many further waits there are.
    fn words(&self) -> (&str, Option<Line>, u8) {
        match self {
            Self::Running => ("running", None, 0),
            Self::Ready => ("ready", None, 0),
            Self::Parked { what, at, further, .. } => (what, *at, *further),
        }
    }
}

fn write_spawned(f: &mut fmt::Formatter<'_>, word: &str, task: &TaskInfo) -> fmt::Result {
    write_at(f, word, task.spawned_at)?;
    write_at(f, " in the group of ", task.group)
}

fn write_at(f: &mut fmt::Formatter<'_>, word: &str, line: Option<Line>) -> fmt::Result {
    line.map_or(Ok(()), |line| write!(f, "{word}{line}"))
}
