//! Turns waits for several into the wait for the slowest, or for the first good answer.

use std::pin::Pin;
use std::task::{Context, Poll};

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
///
/// It gives the right outputs, and takes the sum of both times. Mend its `poll`.
pub fn both<A: Future, B: Future>(left: A, right: B) -> Both<A, B> {
    Both { left: Side::new(left), right: Side::new(right) }
}

// The futures are pinned in their boxes.
impl<A: Future, B: Future> Unpin for Both<A, B> {}

impl<A: Future, B: Future> Future for Both<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left.is_finished(cx) && self.right.is_finished(cx) {
            let outputs = self.left.take().zip(self.right.take());
            return Poll::Ready(outputs.expect("nobody polls it after it was ready"));
        }
        Poll::Pending
    }
}

/// Asks the same of several mirrors: the first good answer, or all errors if none answers well.
///
/// It asks one after another. Ask all at once, and leave none of them under way when the answer is there. The errors
/// come in the order in which the mirrors failed.
///
/// # Errors
/// All of theirs.
pub async fn first_answer<T, E>(mirrors: Vec<impl Future<Output = Result<T, E>>>) -> Result<T, Vec<E>> {
    let mut errors = Vec::new();
    for mirror in mirrors {
        match mirror.await {
            Ok(answer) => return Ok(answer),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
