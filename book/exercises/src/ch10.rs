//! Turns futures into tasks that have an owner, and all of their outcomes.

use wheelwright::{JoinError, spawn};

/// Runs each future as a task of its own: every outcome, in the order of the futures, when all have ended.
///
/// A child that panics has an outcome as well. Whichever way this ends, no child lives on: not if it is dropped in the middle,
/// either. This one lets a panic out, and its tasks run on when it is dropped.
pub async fn gather_settled<F>(futures: Vec<F>) -> Vec<Result<F::Output, JoinError>>
where
    F: Future<Output: 'static> + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(spawn).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(Ok(task.await.expect("nobody panics")));
    }
    outcomes
}
