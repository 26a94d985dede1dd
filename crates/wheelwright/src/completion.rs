//! Turns the end of work on one thread into a future's output on another.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::observe::event::Kind;
use crate::observe::recorder::{self, record, record_at};
use crate::observe::{self, Line, Place, WaitOn};
use crate::task::JoinError;
use crate::waker;

/// The end that is kept by whoever does the work. Dropped before it is kept, it tells of a cancelled job.
pub(crate) struct Promise<T> {
    /// `None` once it was kept.
    completion: Option<Arc<Completion<T>>>,
    who: fn(Line) -> String,
    at: Line,
}

/// The end that waits.
pub(crate) struct Receipt<T> {
    completion: Arc<Completion<T>>,
    on: WaitOn,
    at: Line,
    /// The number of the blocking job in a recording, until its end is recorded; 0 if it is none.
    job: u32,
}

struct Completion<T> {
    state: Mutex<State<T>>,
    kept: Condvar,
}

struct State<T> {
    output: Option<Result<T, JoinError>>,
    /// The output was handed on.
    is_taken: bool,
    waker: Option<Waker>,
    /// Nobody waits any more.
    is_abandoned: bool,
    /// Who waits asks for the work to end.
    is_called_off: bool,
    /// Whom that wakes.
    worker: Option<Waker>,
}

impl<T> State<T> {
    /// The output, once it is there.
    fn take(&mut self) -> Option<Result<T, JoinError>> {
        assert!(!self.is_taken, "a handle was polled after it gave its output");
        self.is_taken = self.output.is_some();
        self.output.take()
    }
}

impl<T> Completion<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Promise<T> {
    /// Makes both ends. `who` puts the work into words, should it come to nothing.
    pub(crate) fn new(on: WaitOn, at: Line, who: fn(Line) -> String) -> (Self, Receipt<T>) {
        let state = State {
            output: None,
            is_taken: false,
            waker: None,
            is_abandoned: false,
            is_called_off: false,
            worker: None,
        };
        let completion = Arc::new(Completion { state: Mutex::new(state), kept: Condvar::new() });
        (Self { completion: Some(Arc::clone(&completion)), who, at }, Receipt { completion, on, at, job: 0 })
    }

    /// The work in words.
    pub(crate) fn who(&self) -> String {
        (self.who)(self.at)
    }

    /// Whether the work was called off; if not, that will wake the context's task.
    pub(crate) fn is_called_off(&self, cx: &Context<'_>) -> bool {
        let Some(completion) = &self.completion else { return false };
        let waker = waker::keep(cx.waker());
        let mut state = completion.lock();
        let (is_called_off, old) = (state.is_called_off, state.worker.replace(waker));
        drop(state);
        drop(old);
        is_called_off
    }

    /// Hands the output over, or gets rid of it on this thread if nobody waits for it.
    pub(crate) fn keep(mut self, output: Result<T, JoinError>) {
        self.deliver(output);
    }

    fn deliver(&mut self, output: Result<T, JoinError>) {
        let Some(completion) = self.completion.take() else { return };
        let mut state = completion.lock();
        if state.is_abandoned {
            drop(state);
            return crate::task::discard(output);
        }
        state.output = Some(output);
        let waker = state.waker.take();
        drop(state);
        completion.kept.notify_one();
        if let Some(waker) = waker {
            waker::wake(waker);
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if self.completion.is_some() {
            let error = JoinError::cancelled(self.who());
            self.deliver(Err(error));
        }
    }
}

impl<T> Receipt<T> {
    /// The work is a blocking job, and was sent.
    pub(crate) fn note_sent(&mut self) {
        if recorder::is_recording() {
            self.job = observe::resource_id();
            record_at(Kind::JobSent, 0, Place::of(self.at), 0, self.job.into(), 0);
        }
    }

    fn note_done(&mut self) {
        if self.job != 0 {
            record(Kind::JobDone, 0, mem::take(&mut self.job).into(), 0);
        }
    }

    /// Whether the output is there.
    pub(crate) fn is_kept(&self) -> bool {
        let state = self.completion.lock();
        state.is_taken || state.output.is_some()
    }

    /// Asks for the work to end.
    pub(crate) fn call_off(&self) {
        let mut state = self.completion.lock();
        state.is_called_off = true;
        let worker = state.worker.take();
        drop(state);
        worker.into_iter().for_each(waker::wake);
    }

    /// The work was never taken on, and its promise dropped: says why.
    pub(crate) fn refuse(&self, why: &str) {
        let mut state = self.completion.lock();
        if let Some(Err(error)) = &mut state.output {
            error.refuse(why);
        }
    }

    /// Blocks this thread until the output is there.
    pub(crate) fn wait(&self) -> Result<T, JoinError> {
        let mut state = self.completion.lock();
        loop {
            if let Some(output) = state.take() {
                return output;
            }
            state = self.completion.kept.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Future for Receipt<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = waker::keep(cx.waker());
        let mut state = self.completion.lock();
        if let Some(output) = state.take() {
            drop(state);
            self.note_done();
            return Poll::Ready(output);
        }
        let old = state.waker.replace(waker);
        drop(state);
        drop(old);
        observe::waits(self.on, 0, self.at);
        Poll::Pending
    }
}

impl<T> Drop for Receipt<T> {
    fn drop(&mut self) {
        let mut state = self.completion.lock();
        state.is_abandoned = true;
        let (output, waker) = (state.output.take(), state.waker.take());
        drop(state);
        self.note_done();
        drop(waker);
        if let Some(output) = output {
            crate::task::discard(output);
        }
    }
}

show!([T] Receipt<T>, |it| kept: it.is_kept());

#[cfg(test)]
mod tests;
