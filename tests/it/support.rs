//! Turns what several topics need into one copy: wakers let out, messages of panics, destructors with a purpose.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use wheelwright::inspect::{self, Live, TaskInfo, TaskState};
use wheelwright::yield_now;

/// A future that hands its task's waker out once and completes when it is polled again.
pub(crate) fn waker_out(out: mpsc::Sender<Waker>) -> impl Future<Output = ()> {
    let mut was_polled = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        out.send(cx.waker().clone()).expect("the test listens");
        Poll::Pending
    })
}

/// The tasks, once all but the asking one are parked. Wakers left over from another test's runtime, whose number this
/// one has taken, may wake a task for nothing at any time.
pub(crate) async fn parked() -> Vec<TaskInfo> {
    loop {
        yield_now().await;
        let tasks = inspect::tasks();
        if !tasks.iter().any(|task| matches!(task.state, TaskState::Ready)) {
            return tasks;
        }
    }
}

/// Cancels a future at each of its await points, once each: makes it, polls it so often as it was woken, at most 0, 1, 2, …
/// times, and drops it, until it completes. Each time the loop must hold as much as before. How many polls it took.
///
/// What ends its waits is up to `make`: timers, threads, or tasks that end by themselves. A test asserts that there was more
/// than one poll, else nothing was cancelled in the middle.
pub(crate) async fn dropped_at_every_step<F: Future>(mut make: impl FnMut() -> F) -> usize {
    for polls in 0.. {
        let before = inspect::live();
        let mut future = Box::pin(make());
        let mut done = 0;
        let is_complete = poll_fn(|cx| {
            if done == polls {
                return Poll::Ready(false);
            }
            done += 1;
            future.as_mut().poll(cx).map(|_| true)
        });
        let is_complete = is_complete.await;
        drop(future);
        eprintln!("dropped after {polls} polls");
        back_to(before).await;
        if is_complete {
            return done;
        }
    }
    unreachable!("the numbers do not end")
}

/// Waits until the loop holds no more than before: aborted tasks go in the next lap, blocking jobs by themselves.
pub(crate) async fn back_to(before: Live) {
    let begin = Instant::now();
    while inspect::live() != before {
        let live = inspect::live();
        assert!(begin.elapsed() < Duration::from_secs(20), "{live:?}, not {before:?}");
        yield_now().await;
    }
}

/// The message that a panic carries.
pub(crate) fn message_of(panicking: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(panicking)).expect_err("it panics");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("the message is text")
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
