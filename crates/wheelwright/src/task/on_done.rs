//! Turns a handle that nobody will await into what becomes of its output: nothing, a line on stderr, a call.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use super::{JoinError, JoinHandle, discard, in_words, start, unread};
use crate::observe::Line;
use crate::{ready, report};

impl JoinHandle<()> {
    /// Lets the task run on by itself.
    ///
    /// It is what dropping the handle does, written down. A panic of the task is told to stderr. There is nothing of it for
    /// a task whose output somebody should see: see [`detach_logged`](JoinHandle::detach_logged) and
    /// [`on_done`](Self::on_done).
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     wheelwright::spawn(async { println!("in the background") }).detach();
    ///     wheelwright::yield_now().await;
    /// });
    /// ```
    ///
    /// ```compile_fail
    /// wheelwright::block_on(async {
    ///     wheelwright::spawn(async { std::fs::remove_file("lock") }).detach(); // and if it fails?
    /// });
    /// ```
    #[doc(alias = "background_tasks")]
    pub fn detach(self) {
        drop(self);
    }
}

impl<T: 'static, E: Display + 'static> JoinHandle<Result<T, E>> {
    /// Lets the task run on by itself, and logs the error if it gives one.
    ///
    /// The error's text goes to stderr, with the number and the name of the task and the line that spawned it. A panic is
    /// told as always, and so is an error that came before the runtime ended.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     wheelwright::spawn_named("tidy", async { std::fs::remove_file("/no/such/file") }).detach_logged();
    ///     wheelwright::yield_now().await;
    /// }); // wheelwright: task 2 'tidy' spawned at src/main.rs:2:5 failed: No such file or directory (os error 2)
    /// ```
    #[doc(alias = "call_exception_handler")]
    #[track_caller]
    pub fn detach_logged(self) {
        let who = self.who();
        self.on_done(move |outcome| match outcome {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => report::tell(format_args!("{who} failed: {error}")),
            Err(error) => discard::<()>(Err(error)),
        });
    }
}

impl<T: 'static> JoinHandle<T> {
    /// Calls a function with the outcome when the task is done, in a lap soon after.
    ///
    /// The call is made by the loop, as if by a task of its own, and is made once in any case: if the runtime ends first, when
    /// all its tasks are gone and before it is, with an error that `is_cancelled` if the task was cut short, and with the output
    /// if it was not. Where the task's runtime has ended already it is made at once.
    ///
    /// It consumes the handle, for an output has one reader. Who wants to abort the task as well tells it by a
    /// [`CancellationToken`](crate::sync::CancellationToken). A panic of the callback is told to stderr.
    ///
    /// ```
    /// use wheelwright::{spawn, yield_now};
    ///
    /// wheelwright::block_on(async {
    ///     spawn(async { 40 + 2 }).on_done(|outcome| assert_eq!(outcome.unwrap(), 42));
    ///     spawn(std::future::pending::<()>()).on_done(|outcome| assert!(outcome.unwrap_err().is_cancelled()));
    ///     yield_now().await;
    /// });
    /// ```
    #[doc(alias("add_done_callback", "then", "finally"))]
    #[track_caller]
    pub fn on_done(self, callback: impl FnOnce(Result<T, JoinError>) + 'static) {
        let waiting = Some((self, callback));
        let call = OnDone { waiting, at: Location::caller() };
        if ready::is_installed() {
            start(call, Some("on_done"), Location::caller()).let_go();
        }
    }

    /// Detaches a task of ours, whose end before it ran is told elsewhere.
    pub(crate) fn let_go(self) {
        ready::excuse(self.key);
    }

    fn who(&self) -> Who {
        Who { id: self.id as u32, name: ready::name(self.key), spawned_at: self.spawned_at }
    }
}

/// A task, to be told of when its slot is gone.
struct Who {
    id: u32,
    name: Option<Rc<str>>,
    spawned_at: Line,
}

impl Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_words(&format!("task {}", self.id), self.name.clone(), Some(self.spawned_at)))
    }
}

/// The future of a callback. Dropped before its call, by a runtime that ends, it makes it all the same.
struct OnDone<T: 'static, C: FnOnce(Result<T, JoinError>) + 'static> {
    /// Until the call.
    waiting: Option<(JoinHandle<T>, C)>,
    at: Line,
}

// The callback is called, and never pinned.
impl<T, C: FnOnce(Result<T, JoinError>)> Unpin for OnDone<T, C> {}

impl<T, C: FnOnce(Result<T, JoinError>)> Future for OnDone<T, C> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (task, _) = self.waiting.as_mut().expect("it is polled until its call, and no more");
        let outcome = ready!(Pin::new(task).poll(cx));
        let at = self.at;
        if let Some((_, callback)) = self.waiting.take() {
            call(callback, outcome, at);
        }
        Poll::Ready(())
    }
}

impl<T, C: FnOnce(Result<T, JoinError>)> Drop for OnDone<T, C> {
    fn drop(&mut self) {
        let Some((mut task, callback)) = self.waiting.take() else { return };
        let at = self.at;
        let last = move || {
            let polled = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
            if let Poll::Ready(outcome) = polled {
                call(callback, outcome, at);
            }
        };
        if !ready::is_installed() {
            return last();
        }
        unread::at_last(Box::new(last));
    }
}

/// A panic of the callback is nobody's but its own.
fn call<T>(callback: impl FnOnce(Result<T, JoinError>), outcome: Result<T, JoinError>, at: Line) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || callback(outcome))) {
        JoinError::panicked(format!("the callback attached at {at}"), payload).report_unread();
    }
}
