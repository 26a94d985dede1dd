//! Turns a failure that nobody takes into words on stderr, and into the end that the builder asked for.

use std::cell::RefCell;
use std::fmt::Display;
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

/// What a runtime does about a failure that nobody takes.
///
/// Such a failure is a panic that nobody joins, or an output that is a `Result` and that nobody reads. In any case it is
/// told to stderr, with the task's number and name, and the line that spawned it. See
/// [`Builder::unhandled`](crate::Builder::unhandled).
///
/// An error that [`detach_logged`](crate::JoinHandle::detach_logged) logs is taken, and so is an outcome that
/// [`on_done`](crate::JoinHandle::on_done) hands to its callback.
#[doc(alias("UnhandledPanic", "excepthook"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unhandled {
    /// It goes on: the loop and the other tasks know nothing of it.
    #[default]
    Report,
    /// `block_on` panics with the report, at the next lap.
    ShutDown,
    /// The process is aborted.
    Abort,
}

/// What else than words a runtime has for a failure; its loop has it, and so have the threads of its pool.
pub(crate) struct Consequence {
    unhandled: Unhandled,
    /// The first report, until `block_on` panics with it.
    due: Mutex<Option<String>>,
    /// Makes the loop look what is due.
    ring: Box<dyn Fn() + Send + Sync>,
}

thread_local! {
    // Never destroyed, so that destructors at the thread's end may still fail.
    static HERE: ManuallyDrop<RefCell<Option<Arc<Consequence>>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Says what becomes of failures on this thread.
pub(crate) fn install(consequence: Option<Arc<Consequence>>) {
    let old = HERE.with(|here| here.replace(consequence));
    drop(old);
}

/// What becomes of failures on this thread: for another one.
pub(crate) fn consequence() -> Option<Arc<Consequence>> {
    HERE.with(|here| here.borrow().clone())
}

impl Consequence {
    /// None where words are enough.
    pub(crate) fn of(unhandled: Unhandled, ring: impl Fn() + Send + Sync + 'static) -> Option<Arc<Self>> {
        let consequence = Self { unhandled, due: Mutex::new(None), ring: Box::new(ring) };
        (unhandled != Unhandled::Report).then(|| Arc::new(consequence))
    }

    fn take(&self) -> Option<String> {
        // Nothing of anybody else's runs under the lock.
        self.due.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Tells stderr. In one write, so that what another thread says does not come in between.
///
/// Who has closed stderr wants to hear nothing: `eprint!` would panic then, in whatever destructor this is. It is asked all
/// the same, since it is what a test's output is taken from.
pub(crate) fn tell(what: impl Display) {
    let line = format!("wheelwright: {what}\n");
    drop(catch_unwind(move || eprint!("{line}")));
}

/// Tells of a failure that nobody takes. With `Abort` it does not come back.
#[cold]
pub(crate) fn fail(what: String) {
    tell(&what);
    let Some(consequence) = consequence() else { return };
    if consequence.unhandled == Unhandled::Abort {
        process::abort();
    }
    consequence.due.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    (consequence.ring)();
}

/// Panics with the failure that has to end the run, if there is one.
#[track_caller]
pub(crate) fn raise() {
    if let Some(what) = consequence().and_then(|consequence| consequence.take()) {
        panic!("the run ends, as Unhandled::ShutDown asks for: {what}");
    }
}
