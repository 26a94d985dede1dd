//! Turns wakes into an order: the slots that keys point at, and the two lists of those that are ready.
//!
//! A slot is *queued* while an entry for it stands in `ready` or in the batch being run, so there is never more than one
//! entry for a slot. With what occupies it this gives a task's five states:
//!
//! ```text
//!            wake                 next()               wake
//!   idle ───────────▶ queued ───────────▶ running ───────────▶ running and woken
//!   (0,Task)          (1,Task)            (0,Task)             (1,Task)
//!     ▲                 ▲                   │    │               │         │
//!     └─────────────────┼── park() ─────────┘    └── free() ──┐  │ park()  │ free()
//!                       └─────────────────────────────────────┼──┘         │
//!                                                             ▼            ▼
//!                                                           vacant    vacant, its entry is skipped
//! ```

use std::cell::{Cell, RefCell};
use std::mem::{self, ManuallyDrop};
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::observe::recorder;
use crate::observe::{self, Line, Place, Wait};
use crate::schedule::{self, Step};
use crate::waker::{self, Key};

mod described;
mod recorded;
mod table;

pub(crate) use described::{describe, excuse, is_untouched, name};
pub(crate) use recorded::{begin_recording, cause, note_end, note_lap, note_park, state, task_or_nobody, wake_parked};

pub(crate) use table::{KERNEL, Next, Parent, Run, Slot, THREAD, TIMER, WokenList};
use table::{NO_RUNTIME, Occupant, Table};

/// How many operations that succeed at once a task may do before it must let the others run.
pub(crate) const BUDGET: u32 = 128;

struct Local {
    /// How many operations the current task may still do.
    budget: Cell<u32>,
    /// How many polls there were since the reactor's last turn.
    polls: Cell<u32>,
    table: RefCell<Table>,
}

thread_local! {
    // Never destroyed, so that wakes from other destructors at the thread's end always work.
    static LOCAL: ManuallyDrop<Local> = const {
        ManuallyDrop::new(Local {
            budget: Cell::new(BUDGET),
            polls: Cell::new(0),
            table: RefCell::new(Table::new()),
        })
    };
}

/// Queues the key's slot if its runtime is this thread's; false if it is not.
#[inline]
pub(crate) fn wake(key: Key) -> bool {
    LOCAL.with(|local| {
        let mut table = local.table.borrow_mut();
        if table.runtime != key.runtime() {
            return false;
        }
        table.wake(key);
        if table.has_news {
            drop(table);
            tell_news();
        }
        true
    })
}

/// Records who was woken, and wakes the tasks of other executors whose groups have children here, with nothing borrowed.
#[cold]
fn tell_news() {
    let news = with_table(|table| {
        recorded::note_wakes(table);
        table.has_news = recorder::is_recording();
        (!table.outside.is_empty()).then(|| mem::take(&mut table.outside))
    });
    let Some(outside) = news else { return };
    for waker in outside {
        waker::guarded(move || waker.wake_by_ref());
    }
}

/// Queues whatever occupies the slots: wakes that came from other threads.
pub(crate) fn wake_slots(slots: impl Iterator<Item = u32>) {
    with_table(|table| {
        table.current_id = THREAD;
        slots.for_each(|slot| table.wake_slot(slot));
    });
    tell_news();
    act_as(0);
}

/// Marks the key's task as woken by code that is not ours; false if its runtime is not this thread's.
pub(crate) fn mark_foreign(key: Key) -> bool {
    with_table(|table| {
        let is_ours = table.runtime == key.runtime();
        if let Some(slot) = table.find(key).filter(|_| is_ours) {
            slot.foreign = true;
        }
        is_ours
    })
}

/// Makes the runtime with this id the thread's own; `generation` goes on where the id's last user stopped.
pub(crate) fn install(runtime: u16, generation: u32) {
    with_table(|table| {
        assert!(table.runtime == NO_RUNTIME, "the caller looked that no runtime is installed on this thread");
        let instance = table.instance.wrapping_add(1);
        *table = Table { runtime, instance, generation, is_open: true, ..Table::new() };
    });
    rest();
}

/// Ends what `install` began and tells the generation to go on from.
pub(crate) fn uninstall() -> u32 {
    let instance = instance();
    with_table(|table| mem::replace(table, Table { instance, ..Table::new() })).generation
}

/// Whether a runtime is installed on this thread.
#[inline]
pub(crate) fn is_installed() -> bool {
    with_table(|table| table.runtime != NO_RUNTIME)
}

/// From now on no task is taken in.
pub(crate) fn close() {
    with_table(|table| table.is_open = false);
}

/// Takes a task in and queues it; `None` if there is no runtime here or it is closing.
#[inline]
pub(crate) fn add_task<T: Run + 'static>(
    task: &Rc<T>,
    (at, group): (Line, Option<Line>),
    name: Option<&str>,
) -> Option<(Key, u32)> {
    let place = group.map_or_else(|| Place::of(at), |group| Place::in_group(at, group));
    with_table(|table| {
        if !table.is_open {
            return None;
        }
        let (key, id) = table.occupy(Occupant::Task(Rc::<T>::clone(task)), place);
        table.queue(key.slot());
        if let Some(name) = name {
            table.names.insert(key.slot(), name.into());
        }
        recorded::note_spawn(table, key);
        Some((key, id))
    })
}

/// The loop stands still: what another executor polls meanwhile is charged nothing, and what is spawned has no parent.
pub(crate) fn rest() {
    set_budget(u32::MAX);
    act_as(0);
}

/// Says who wakes from now on, until the next poll.
pub(crate) fn act_as(who: u32) {
    with_table(|table| table.current_id = who);
}

/// Gives `block_on`'s own future a slot and queues it.
pub(crate) fn add_root(at: Line) -> Key {
    let place = Place::of(at);
    with_table(|table| {
        let (key, _) = table.occupy(Occupant::Root, place);
        table.queue(key.slot());
        recorded::note_spawn(table, key);
        key
    })
}

/// Gives a child of a `Group` a slot, idle.
#[inline]
pub(crate) fn add_child(list: &Rc<WokenList>, seat: u32) -> Key {
    with_table(|table| table.occupy(Occupant::Child(Rc::clone(list), seat), Place::UNKNOWN).0)
}

/// Begins a child's poll: its slot names the seat, its next wake counts again, and it has a budget of its own.
#[inline]
pub(crate) fn begin_child(key: Key, new_seat: u32) {
    LOCAL.with(|local| {
        local.budget.set(BUDGET);
        local.polls.set(local.polls.get() + 1);
        if let Some(slot) = local.table.borrow_mut().find(key)
            && let Occupant::Child(_, seat) = &mut slot.occupant
        {
            *seat = new_seat;
            slot.queued = false;
        }
    });
}

/// Which of the thread's successive runtimes is installed; slots of another are gone.
#[inline]
pub(crate) fn instance() -> u32 {
    with_table(|table| table.instance)
}

/// Frees the slot of a task that is done, or of the root.
#[inline]
pub(crate) fn free(key: Key) {
    LOCAL.with(|local| {
        let occupant = local.table.borrow_mut().free(key.slot());
        drop(occupant);
    });
}

/// Makes those who are ready the batch of a new lap, the last one being over; false if nobody is.
#[inline]
pub(crate) fn begin_lap() -> bool {
    with_table(|table| {
        table.lap = table.lap.wrapping_add(1);
        table.at = 0;
        table.batch.clear();
        mem::swap(&mut table.ready, &mut table.batch);
        if schedule::is_on() {
            permute(table);
        }
        !table.batch.is_empty()
    })
}

#[cold]
fn permute(table: &mut Table) {
    recorded::note_lap_of(table);
    let slot = |index: u32| &table.slots[index as usize];
    schedule::permute(&mut table.batch, |index| Step::Task(slot(index).id, slot(index).spawned_at));
}

/// The number of the lap, which a `Group` compares: a child that was woken in this lap runs in the next.
#[inline]
pub(crate) fn lap() -> u32 {
    with_table(|table| table.lap)
}

/// Whether somebody waits for the next lap.
pub(crate) fn is_any_ready() -> bool {
    with_table(|table| !table.ready.is_empty())
}

/// Takes the next entry of the lap and begins its poll; `None` when the lap is over.
#[inline]
pub(crate) fn next<const WATCHED: bool>() -> Option<Next> {
    LOCAL.with(|local| {
        let mut table = local.table.borrow_mut();
        if WATCHED {
            recorded::note_next(&table);
        }
        let next = table.next()?;
        local.budget.set(BUDGET);
        observe::clear_note();
        if WATCHED {
            recorded::note_poll(&table, &next);
        }
        Some(next)
    })
}

/// A poll gave `Pending`: keeps what the task waits for. It is idle or queued, as its wakes left it.
#[inline]
pub(crate) fn park<const WATCHED: bool>(key: Key) {
    let wait = observe::note().inspect(|wait| with_table(|table| table.slots[key.slot() as usize].wait = *wait));
    if WATCHED {
        recorded::note_wait(wait.unwrap_or(Wait::NONE));
    }
}

/// Finds the first task whose slot is `from` or comes after it, to be cancelled at the end.
pub(crate) fn find_task(from: u32) -> Option<(Key, Rc<dyn Run>)> {
    with_table(|table| table.find_task(from))
}

/// Counts a poll; how many there were since the count was reset.
#[inline]
pub(crate) fn count_poll() -> u32 {
    LOCAL.with(|local| local.polls.replace(local.polls.get() + 1) + 1)
}

/// Begins the count of polls anew: the reactor has had its turn.
pub(crate) fn reset_polls() {
    LOCAL.with(|local| local.polls.set(0));
}

/// Spends one unit of the budget; when nothing is left the task is queued again and must return `Pending`.
#[inline]
pub(crate) fn poll_budget(cx: &Context<'_>) -> Poll<()> {
    LOCAL.with(|local| {
        let budget = local.budget.get();
        // Outside a runtime nobody refills it, and another executor has its own ways.
        if budget == 0 && local.table.borrow().runtime != NO_RUNTIME {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        local.budget.set(budget.saturating_sub(1));
        Poll::Ready(())
    })
}

/// Gives back what `poll_budget` took: the operation did not succeed at once after all.
#[inline]
pub(crate) fn refund_budget() {
    LOCAL.with(|local| local.budget.set(local.budget.get() + 1));
}

/// What is left of the budget.
#[inline]
pub(crate) fn budget() -> u32 {
    LOCAL.with(|local| local.budget.get())
}

/// Gives a task its own budget back, after those of its children.
#[inline]
pub(crate) fn set_budget(budget: u32) {
    LOCAL.with(|local| local.budget.set(budget));
}

/// The id of the task that is being polled.
pub(crate) fn current_id() -> u32 {
    with_table(|table| table.current_id)
}

/// How many slots are occupied.
pub(crate) fn live() -> usize {
    with_table(|table| table.live)
}

/// Shows each occupied slot that is a task or the root, with its number and its name.
pub(crate) fn for_each_task(mut show: impl FnMut(&Slot, Option<&Rc<str>>)) {
    with_table(|table| {
        for (index, slot) in (0..).zip(&table.slots) {
            if matches!(slot.occupant, Occupant::Task(_) | Occupant::Root) {
                show(slot, table.names.get(&index));
            }
        }
    });
}

#[inline]
fn with_table<T>(f: impl FnOnce(&mut Table) -> T) -> T {
    LOCAL.with(|local| f(&mut local.table.borrow_mut()))
}
