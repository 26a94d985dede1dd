//! Turns a lap of a loop that is recorded, or watched for slow polls, into events and reports.

use std::rc::Rc;
use std::task::Waker;

use super::EventLoop;
use super::trouble::{self, Trouble};
use crate::observe::event::{Kind, Outcome};
use crate::observe::recorder::{self, Recorder, record};
use crate::observe::slow;
use crate::observe::state::State;
use crate::waker::probe;
use crate::{panics, ready};

impl EventLoop {
    /// Records from now on, the last `capacity` events. No task is being polled.
    pub(crate) fn begin_recording(&self, capacity: usize) {
        let base = self.state();
        let (timers, is_paused) = (Rc::clone(&self.timers), self.timers.paused_at().is_some());
        recorder::begin(Recorder::new(capacity, base, is_paused, Box::new(move || timers.nanos_now())));
        ready::begin_recording();
    }

    /// What the loop holds, as a recording shows it.
    pub(crate) fn state(&self) -> State {
        State { timers: self.timers.deadlines(), sources: self.reactor.states(), ..ready::state() }
    }

    /// As the plain lap. Comes back when the root is next, or when the batch is done with.
    #[cold]
    pub(super) fn run_watched(&self) -> Option<Waker> {
        // The root's poll has ended, if it is that which comes back here; nobody is being polled.
        ready::note_park();
        ready::act_as(0);
        if let Some(capacity) = recorder::wanted() {
            self.begin_recording(capacity);
        }
        if !ready::note_lap() {
            return None;
        }
        if recorder::is_recording() && recorder::wants_base() {
            recorder::set_base(self.state());
        }
        let root = self.run_batch::<true>();
        if root.is_none() {
            slow::end_lap();
            record(Kind::LapEnd, 0, 0, 0);
            tell();
        }
        root.map(probe::for_poll)
    }

    /// The runtime ends, and with it what is recorded.
    pub(super) fn end_recording(&self) {
        tell();
        recorder::pause();
        slow::watch(None);
        trouble::listen(None);
        trouble::hook(None);
        drop(recorder::listen(None));
    }

    /// The root is done with.
    pub(super) fn end_root(&self) {
        if std::thread::panicking() {
            recorder::will_end(Outcome::Panicked);
        }
        ready::note_end();
        ready::rest();
        // What was slow in this lap is told before the panic.
        trouble::tell();
        if std::thread::panicking() {
            trouble::call(Trouble::Panic);
        }
    }
}

/// Tells the observer, if there is one, with nothing borrowed. One that panics is told no more.
fn tell() {
    trouble::tell();
    let Some((mut observer, events)) = recorder::news() else { return };
    if panics::contain(|| observer.events(&events)) {
        let newer = recorder::listen(None);
        let old = recorder::listen(newer.or(Some(observer)));
        drop(old);
    }
}
