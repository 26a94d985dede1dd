//! Turns futures into tasks that have an owner, and all of their outcomes.

use wheelwright::{JoinError, JoinHandle, spawn};

/// Tasks that end with whoever has this.
struct Children<T>(Vec<JoinHandle<T>>);

impl<T> Drop for Children<T> {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Runs each future as a task of its own: every outcome, in the order of the futures, when all have ended.
///
/// A child that panics has an outcome as well. Whichever way this ends, no child lives on: not if it is dropped in the middle,
/// either.
///
/// # Cancel safety
/// Dropping it aborts the children, and drops the outcomes so far.
pub async fn gather_settled<F>(futures: Vec<F>) -> Vec<Result<F::Output, JoinError>>
where
    F: Future<Output: 'static> + 'static,
{
    let mut children = Children(futures.into_iter().map(spawn).collect());
    let mut outcomes = Vec::new();
    for child in &mut children.0 {
        outcomes.push(child.await);
    }
    outcomes
}
