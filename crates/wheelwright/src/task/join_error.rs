//! Turns the end of a task that gave no output into an error that says which task, where it was spawned, and why; and what
//! nobody takes into a clean end.

use std::any::Any;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use super::unread;
use crate::observe::Line;
use crate::observe::event::Outcome;
use crate::observe::recorder;
use crate::waker::Key;
use crate::{panics, report};

/// The number of a task, unique within its runtime.
///
/// After four billion tasks the numbers begin again. See [`JoinHandle::id`](crate::JoinHandle::id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(pub(crate) u32);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error of a task or blocking job that gave no output.
///
/// It was cancelled, or it panicked.
///
/// ```
/// wheelwright::block_on(async {
///     let task = wheelwright::spawn(std::future::pending::<()>());
///     task.abort();
///     assert!(task.await.unwrap_err().is_cancelled());
/// });
/// ```
#[doc(alias = "CancelledError")]
// One pointer, so that a task's output is not made larger by the error it seldom is.
pub struct JoinError(Box<Failure>);

struct Failure {
    who: String,
    cause: Cause,
    /// Stderr has it.
    is_told: bool,
}

enum Cause {
    Cancelled,
    Refused(String),
    /// In a lock, so that the error can be shared between threads as other errors are.
    Panicked(Mutex<Box<dyn Any + Send>>),
}

impl JoinError {
    pub(crate) fn cancelled(who: String) -> Self {
        Self(Box::new(Failure { who, cause: Cause::Cancelled, is_told: false }))
    }

    /// What looks cancelled was never taken on.
    pub(crate) fn refuse(&mut self, why: &str) {
        self.0.cause = Cause::Refused(why.into());
    }

    pub(crate) fn panicked(who: String, payload: Box<dyn Any + Send>) -> Self {
        Self(Box::new(Failure { who, cause: Cause::Panicked(Mutex::new(payload)), is_told: false }))
    }

    /// Whether it was aborted, or its runtime ended before it did.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.cause, Cause::Cancelled)
    }

    /// Whether it panicked: in its body, or in a destructor of what it held.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panicked(_))
    }

    /// Whether it was never started, because no thread could be had for it.
    ///
    /// ```
    /// use wheelwright::{Runtime, spawn_blocking};
    ///
    /// let runtime = Runtime::builder().max_blocking_threads(1).max_blocking_queue(0).build()?;
    /// runtime.block_on(async {
    ///     let (go, signal) = std::sync::mpsc::channel::<()>();
    ///     let busy = spawn_blocking(move || signal.recv().is_err());
    ///     let refused = spawn_blocking(|| ()).await.unwrap_err();
    ///     assert!(refused.is_refused() && !refused.is_panic());
    ///     drop(go);
    ///     assert!(busy.await.unwrap());
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.0.cause, Cause::Refused(_))
    }

    /// The payload of the panic, to look into or to [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// # Errors
    /// Gives the error back if it is not a panic.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let error = wheelwright::spawn(async { panic!("it broke") }).await.unwrap_err();
    ///     assert!(error.is_panic());
    ///     let payload = error.into_panic().expect("it panicked");
    ///     assert_eq!(payload.downcast_ref(), Some(&"it broke"));
    /// });
    /// ```
    #[doc(alias = "exception")]
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        let Failure { who, cause, is_told } = *self.0;
        match cause {
            Cause::Panicked(payload) => Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner)),
            cause => Err(Self(Box::new(Failure { who, cause, is_told }))),
        }
    }

    /// Tells of a panic, once, and that nobody joined the task. A cancelled one was meant to end.
    pub(super) fn tell(&mut self, nobody: &str) {
        if self.is_panic() && !mem::replace(&mut self.0.is_told, true) {
            report::fail(format!("{self}; {nobody}"));
        }
    }

    /// Ends an error that nobody reads.
    pub(super) fn report_unread(mut self) {
        self.tell("nobody joined it");
        if let Ok(payload) = self.into_panic() {
            panics::drop_contained(payload);
        }
    }
}

/// A task in words, while its slot is there; it ends like that.
pub(super) fn task_at(key: Key, end: Outcome) -> String {
    recorder::will_end(end);
    if end == Outcome::Panicked {
        unread::note_panic(key);
    }
    unread::words(key)
}

/// A task or job in words.
pub(crate) fn in_words(what: &str, name: Option<Rc<str>>, spawned_at: Option<Line>) -> String {
    let name = name.map(|name| format!(" '{name}'")).unwrap_or_default();
    let place = spawned_at.map(|line| format!(" spawned at {line}")).unwrap_or_default();
    format!("{what}{name}{place}")
}

/// The message of a panic.
pub(crate) fn text(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a payload that is not text")
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = &self.0.who;
        match &self.0.cause {
            Cause::Cancelled => write!(f, "{who} was cancelled"),
            Cause::Refused(why) => write!(f, "{who} was refused: {why}"),
            Cause::Panicked(payload) => {
                let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
                write!(f, "{who} panicked: {}", text(&**payload))
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(error)
    }
}

/// Drops an output that nobody takes. A panic nobody joins is told to stderr, and so is one of the output's destructor.
pub(crate) fn discard<T>(output: Result<T, JoinError>) {
    match output {
        Ok(value) => {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(value))) {
                report::fail(format!("the output of a task panicked when it was dropped: {}", text(&*payload)));
                panics::drop_contained(payload);
            }
        }
        Err(error) => error.report_unread(),
    }
}
