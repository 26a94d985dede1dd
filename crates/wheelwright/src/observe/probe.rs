//! Turns the moment at which a waker is kept into the calls that led there: who awaits whom.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::recorder;

/// So many are taken at most: each holds some kilobytes, and takes some microseconds.
const MOST: usize = 1000;

/// The stacks of those who kept a task's waker in its last poll, by the task's number.
pub(crate) type Stacks = BTreeMap<u32, Vec<Rc<Backtrace>>>;

struct Probes {
    /// How many dumps are under way.
    dumps: usize,
    taken: usize,
    stacks: Stacks,
}

thread_local! {
    static PROBES: RefCell<Probes> = const { RefCell::new(Probes { dumps: 0, taken: 0, stacks: BTreeMap::new() }) };
}

/// From the next lap on the polls of this thread's loop are probed.
pub(crate) fn begin() {
    PROBES.with_borrow_mut(|probes| probes.dumps += 1);
    recorder::probe(true);
}

/// They are no longer, if this was the last dump.
pub(crate) fn end() {
    // At the thread's end there may be nothing left to end.
    let _ended = PROBES.try_with(|probes| {
        let mut probes = probes.borrow_mut();
        probes.dumps -= 1;
        if probes.dumps == 0 {
            (probes.taken, probes.stacks) = (0, BTreeMap::new());
            recorder::probe(false);
        }
    });
}

/// What was found so far.
pub(crate) fn stacks() -> Stacks {
    PROBES.with_borrow(|probes| probes.stacks.clone())
}

/// A task is polled: whether that is probed. What its last poll told is forgotten.
pub(crate) fn begins_poll(task: u32) -> bool {
    PROBES.with_borrow_mut(|probes| {
        let is_on = 0 < probes.dumps && probes.taken < MOST;
        if is_on {
            probes.stacks.insert(task, Vec::new());
        }
        is_on
    })
}

/// A task's waker is kept, by whoever called this.
pub(crate) fn note(task: u32) {
    let stack = Rc::new(Backtrace::force_capture());
    PROBES.with_borrow_mut(|probes| {
        probes.taken += 1;
        probes.stacks.entry(task).or_default().push(stack);
    });
}
