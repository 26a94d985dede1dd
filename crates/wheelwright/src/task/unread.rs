//! Turns what tasks left and nobody took into reports: outputs that nobody reads, and tasks that never ran.
//!
//! A panic is told of at once if no handle is left, else when the handle is dropped unread, and at the end of the runtime
//! if it is there still, or was leaked. Nothing is kept for that but what a panic, a name or the end itself leaves.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::{self, ManuallyDrop};
use std::rc::{Rc, Weak};

use super::in_words;
use crate::observe::Line;
use crate::ready::{self, Run};
use crate::report;
use crate::waker::Key;

/// So many tasks that never ran are named, the others counted.
const NAMED: usize = 10;

struct Left {
    /// Tasks that panicked; some of their handles are there.
    panicked: RefCell<Vec<Weak<dyn Run>>>,
    /// Before more than so many are kept, those whose handle is gone are forgotten.
    room: Cell<usize>,
    /// Of tasks that are done, have a handle and gave a `Result`: its report needs the name, and their slot is gone.
    names: RefCell<BTreeMap<Key, Rc<str>>>,
    /// Tasks that were never polled, in words. Who holds the handle of one still will learn it there.
    untouched: RefCell<Vec<(String, Weak<dyn Run>)>>,
    /// What waits until all tasks are gone.
    last: RefCell<Vec<Box<dyn FnOnce()>>>,
}

thread_local! {
    // Never destroyed, so that destructors at the thread's end may still leave something.
    static LEFT: ManuallyDrop<Left> = const {
        ManuallyDrop::new(Left {
            panicked: RefCell::new(Vec::new()),
            room: Cell::new(8),
            names: RefCell::new(BTreeMap::new()),
            untouched: RefCell::new(Vec::new()),
            last: RefCell::new(Vec::new()),
        })
    };
}

/// Whether outputs of this type are results. For each type it is a constant, once optimised.
#[inline]
pub(super) fn is_result<T>() -> bool {
    type_name::<T>().starts_with("core::result::Result<")
}

/// A task panics, and is in its slot still: the end looks whether somebody has joined it.
pub(super) fn note_panic(key: Key) {
    let Some((_, task)) = ready::find_task(key.slot()) else { return };
    LEFT.with(|left| {
        let mut panicked = left.panicked.borrow_mut();
        if left.room.get() <= panicked.len() {
            panicked.retain(|task| 0 < task.strong_count());
            left.room.set(2 * panicked.len().max(4));
        }
        panicked.push(Rc::downgrade(&task));
    });
}

/// A task is done, and its output waits for its handle: keeps the name, should that be a `Result` that nobody reads.
#[inline]
pub(super) fn note_done<T>(key: Key) {
    if is_result::<T>()
        && let Some(name) = ready::name(key)
    {
        LEFT.with(|left| left.names.borrow_mut().insert(key, name));
    }
}

/// A handle is dropped; `is_lost` if an output lay there that somebody might have wanted.
#[inline]
pub(super) fn note_dropped<T>(key: Key, id: u32, spawned_at: Line, is_lost: bool) {
    if !is_result::<T>() {
        return;
    }
    let name = LEFT.with(|left| left.names.borrow_mut().remove(&key));
    if is_lost {
        tell_of_result::<T>(in_words(&format!("task {id}"), name, Some(spawned_at)));
    }
}

/// A task without a handle gave an output.
#[inline]
pub(super) fn note_output<T>(key: Key) {
    if is_result::<T>() {
        tell_of_result::<T>(words(key));
    }
}

#[cold]
fn tell_of_result<T>(who: String) {
    let is_in_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let parts = type_name::<T>().split_inclusive(|letter| !is_in_path(letter));
    let output: String = parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect();
    report::fail(format!("{who} gave a {output} that nobody read: await its handle, or let go of it by detach_logged"));
}

/// The runtime ends before a task did.
pub(super) fn note_cut_short(key: Key) {
    if !ready::is_untouched(key) || std::thread::panicking() {
        return;
    }
    if let Some((_, task)) = ready::find_task(key.slot()) {
        LEFT.with(|left| left.untouched.borrow_mut().push((words(key), Rc::downgrade(&task))));
    }
}

/// Keeps something to be done until all tasks are gone.
pub(super) fn at_last(act: Box<dyn FnOnce()>) {
    LEFT.with(|left| left.last.borrow_mut().push(act));
}

/// All tasks are gone: what is left of them is told.
pub(crate) fn tell_of_the_rest() {
    loop {
        let last = LEFT.with(|left| mem::take(&mut *left.last.borrow_mut()));
        if last.is_empty() {
            break;
        }
        last.into_iter().for_each(|act| act());
    }
    let (panicked, untouched) = LEFT.with(|left| {
        left.names.borrow_mut().clear();
        (left.panicked.take(), left.untouched.take())
    });
    panicked.iter().filter_map(Weak::upgrade).for_each(|task| task.tell_unread());
    let lost = untouched.into_iter().filter(|(_, task)| task.strong_count() == 0);
    tell_of_untouched(&lost.map(|(words, _)| words).collect::<Vec<_>>());
}

fn tell_of_untouched(tasks: &[String]) {
    if tasks.is_empty() {
        return;
    }
    let (count, were) = (tasks.len(), if tasks.len() == 1 { "task was" } else { "tasks were" });
    let named = tasks.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    let more = count.checked_sub(NAMED + 1).map(|more| format!("; and {} more", more + 1)).unwrap_or_default();
    report::tell(format_args!("{count} {were} never polled before the runtime ended: {named}{more}"));
}

/// A task in words, while its slot is there.
pub(super) fn words(key: Key) -> String {
    let (id, line, name) = ready::describe(key);
    in_words(&format!("task {id}"), name, line)
}
