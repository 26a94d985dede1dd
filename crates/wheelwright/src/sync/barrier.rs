//! Turns a number of tasks into a company: nobody goes on before all have come.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::queue::{AT_ONCE, Place, Queue};
use crate::observe::WaitOn;

/// Lets tasks go on together once so many have come, again and again.
///
/// Take it where the same tasks go through phases. To wait until tasks have *ended* take
/// [`join_all`](crate::join_all) or their handles; for something that one task starts for all others an
/// [`Event`](super::Event).
///
/// # Examples
///
/// ```
/// use wheelwright::sync::Barrier;
///
/// wheelwright::block_on(async {
///     let all_ready = Barrier::new(3);
///     let results = wheelwright::join_all((0..3).map(|_| all_ready.wait())).await;
///     assert_eq!(results.iter().filter(|result| result.is_leader()).count(), 1);
/// });
/// ```
#[derive(Debug)]
pub struct Barrier {
    size: usize,
    /// Those who have come; fewer than `size`.
    queue: Queue<()>,
}

impl Barrier {
    /// Makes a barrier that opens when this many tasks wait.
    ///
    /// For none, or one, it is always open.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size, queue: Queue::new(WaitOn::Barrier) }
    }

    /// Waits until as many have come as the barrier needs.
    ///
    /// The last to come does not wait and is the leader.
    ///
    /// Then the barrier is shut again, for the next so many.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the barrier opens, the future no longer counts as one who has come. Dropped afterwards it has
    /// taken part: the others went on.
    ///
    /// # Panics
    ///
    /// If it is polled after it has completed.
    #[track_caller]
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait { barrier: self, place: Place::new() }
    }
}

/// Waits at a barrier; made by [`Barrier::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct BarrierWait<'a> {
    barrier: &'a Barrier,
    place: Place,
}

impl Future for BarrierWait<'_> {
    type Output = BarrierWaitResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<BarrierWaitResult> {
        let Self { barrier: Barrier { size, queue }, place } = self.get_mut();
        place.poll(queue, cx, || *size <= queue.len() + 1).map(|ticket| {
            let is_leader = ticket == AT_ONCE;
            if is_leader {
                queue.wake_all();
            }
            BarrierWaitResult { is_leader }
        })
    }
}

impl Drop for BarrierWait<'_> {
    fn drop(&mut self) {
        drop(self.place.leave(&self.barrier.queue));
    }
}

/// What a task at a [`Barrier`] is told when it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult {
    is_leader: bool,
}

impl BarrierWaitResult {
    /// Whether it was the last to come.
    ///
    /// That is the one, of each company, that does what has to be done once.
    ///
    /// ```
    /// use wheelwright::sync::Barrier;
    ///
    /// wheelwright::block_on(async {
    ///     let barrier = Barrier::new(3);
    ///     let all = wheelwright::join_all((0..3).map(|_| barrier.wait())).await;
    ///     assert_eq!(all.iter().filter(|one| one.is_leader()).count(), 1);
    /// });
    /// ```
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.is_leader
    }
}

#[cfg(test)]
mod tests;
