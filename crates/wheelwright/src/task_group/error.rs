//! Turns what went wrong in a group of tasks into one error that loses none of it.

use std::error::Error;
use std::fmt;

use crate::task::JoinError;

/// The error of [`TaskGroup::join_all`](crate::TaskGroup::join_all).
///
/// It has the first failure, and those that came before the siblings were gone.
#[doc(alias = "ExceptionGroup")]
#[derive(Debug)]
pub struct GroupError<E> {
    /// The failure that ended the group.
    pub first: TaskError<E>,
    /// Further failures, in the order in which they came. Tasks that the group aborted are none.
    pub others: Vec<TaskError<E>>,
}

/// Why a task of a group gave no value.
///
/// ```
/// use wheelwright::{TaskError, TaskGroup};
///
/// wheelwright::block_on(async {
///     let mut group = TaskGroup::<Result<(), String>>::new();
///     group.spawn(async { panic!("it broke") });
///     match group.join_all().await.unwrap_err().first {
///         TaskError::Failed(error) => unreachable!("it returned {error}"),
///         TaskError::Ended(error) => assert!(error.is_panic()),
///     }
/// });
/// ```
#[derive(Debug)]
pub enum TaskError<E> {
    /// It returned this error.
    Failed(E),
    /// It panicked, or was cancelled, but not by its group.
    Ended(JoinError),
}

impl<E: fmt::Display> fmt::Display for TaskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        self.others.iter().try_for_each(|other| write!(f, "; and then: {other}"))
    }
}

impl<E: Error + 'static> Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.first {
            TaskError::Failed(error) => error.source(),
            TaskError::Ended(error) => error.source(),
        }
    }
}
