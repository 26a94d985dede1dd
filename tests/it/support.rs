//! Turns what several topics need into one copy: wakers let out, messages of panics, destructors with a purpose.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::task::{Poll, Waker};

use wheelwright::inspect::{self, TaskInfo, TaskState};
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
