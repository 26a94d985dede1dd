//! Turns waits for several into the wait for the slowest, or for the first good answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use wheelwright::Group;

/// A future, later its output in the same place.
pub enum Side<F: Future> {
    /// It goes on.
    Running(Pin<Box<F>>),
    /// It is done.
    Finished(F::Output),
    /// Its output was given away.
    Taken,
}

impl<F: Future> Side<F> {
    fn new(future: F) -> Self {
        Self::Running(Box::pin(future))
    }

    /// Polls the future unless it is done; whether it is by now.
    fn is_finished(&mut self, cx: &mut Context<'_>) -> bool {
        let Self::Running(future) = self else { return true };
        let Poll::Ready(output) = future.as_mut().poll(cx) else { return false };
        *self = Self::Finished(output);
        true
    }

    fn take(&mut self) -> Option<F::Output> {
        match std::mem::replace(self, Self::Taken) {
            Self::Finished(output) => Some(output),
            Self::Running(_) | Self::Taken => None,
        }
    }
}

/// Two futures side by side: a `join` by hand.
pub struct Both<A: Future, B: Future> {
    left: Side<A>,
    right: Side<B>,
}

/// Waits for both futures.
pub fn both<A: Future, B: Future>(left: A, right: B) -> Both<A, B> {
    Both { left: Side::new(left), right: Side::new(right) }
}

// The futures are pinned in their boxes.
impl<A: Future, B: Future> Unpin for Both<A, B> {}

impl<A: Future, B: Future> Future for Both<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let is_left_finished = self.left.is_finished(cx);
        let is_right_finished = self.right.is_finished(cx);
        if is_left_finished && is_right_finished {
            let outputs = self.left.take().zip(self.right.take());
            return Poll::Ready(outputs.expect("nobody polls it after it was ready"));
        }
        Poll::Pending
    }
}

/// Asks the same of several mirrors: the first good answer, or all errors if none answers well.
///
/// The errors come in the order in which the mirrors failed.
///
/// # Errors
/// All of theirs.
pub async fn first_answer<T, E>(mirrors: Vec<impl Future<Output = Result<T, E>>>) -> Result<T, Vec<E>> {
    let mut group = Group::new();
    for mirror in mirrors {
        group.insert(mirror);
    }
    let mut errors = Vec::new();
    while let Some(answer) = group.join_next().await {
        match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
