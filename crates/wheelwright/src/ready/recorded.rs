//! Turns what happens to the lists into events of a recording.

use super::table::{KERNEL, Next, Occupant, Slot, THREAD, TIMER, Table};
use super::with_table;
use crate::observe::event::{Cause, Kind};
use crate::observe::recorder::{self, record_at};
use crate::observe::slow::{self, Polled};
use crate::observe::state::{IS_QUEUED, IS_ROOT, RecordedTask, RecordedWait, State};
use crate::observe::{Place, Wait, WaitOn};
use crate::waker::Key;

/// The lists are recorded from now on.
pub(crate) fn begin_recording() {
    with_table(|table| {
        table.has_news = true;
        table.recorded = table.ready.len();
        for (slot, name) in &table.names {
            recorder::name(table.slots[*slot as usize].id, name);
        }
    });
}

/// The lists as a recording shows them.
pub(crate) fn state() -> State {
    with_table(|table| state_of(table))
}

/// Queues everybody who is parked, to be polled in the next lap.
pub(crate) fn wake_parked() {
    with_table(|table| {
        for index in 0..table.slots.len() as u32 {
            if let Occupant::Task(_) | Occupant::Root = table.slots[index as usize].occupant {
                table.wake(table.key(index));
            }
        }
        note_wakes(table);
    });
}

/// A lap has begun, if the recording does not know it yet; whether there is a lap at all.
pub(crate) fn note_lap() -> bool {
    with_table(|table| {
        note_lap_of(table);
        !table.batch.is_empty()
    })
}

pub(super) fn note_lap_of(table: &mut Table) {
    let polls = table.batch.len();
    if recorder::is_recording() && polls != 0 && recorder::begins_lap(table.lap, polls) {
        table.recorded = 0;
    }
}

/// A poll is about to begin, and its task's wait to be forgotten.
pub(super) fn note_next(table: &Table) {
    if slow::is_on() {
        let mut left = table.batch[table.at..].iter().map(|slot| &table.slots[*slot as usize]);
        left.find(|slot| slot.queued).into_iter().for_each(|slot| slow::will_poll(slot.wait));
    }
}

/// A poll begins.
pub(super) fn note_poll(table: &Table, next: &Next) {
    let (Next::Task(key, _) | Next::Root(key)) = next;
    if recorder::is_recording() {
        recorder::begin_poll(table.current_id, key.slot());
    }
    if slow::is_on() {
        let Slot { id: task, spawned_at, polls, .. } = table.slots[key.slot() as usize];
        let name = table.names.get(&key.slot()).cloned();
        let polled = |before| Polled { task, slot: key.slot(), name, spawned_at, before, polls };
        slow::begin_poll(polled, table.lap);
    }
}

/// The poll that was under way, if one was, was the task's last.
pub(crate) fn note_end() {
    slow::end_poll(None);
    recorder::end_poll();
}

/// The poll that was under way, if one was, has given `Pending`, and its task waits for this.
pub(super) fn note_wait(wait: Wait) {
    slow::end_poll(Some(wait));
    recorder::park(wait);
}

/// The poll that was under way, if one was, has given `Pending`: what its task waits for.
pub(crate) fn note_park() {
    if let Some(slot) = recorder::polled().or_else(slow::polled) {
        note_wait(with_table(|table| table.slots[slot as usize].wait));
    }
}

/// A task was taken in.
#[inline]
pub(super) fn note_spawn(table: &mut Table, key: Key) {
    if recorder::is_recording() {
        note_new(table, key);
    }
}

#[cold]
fn note_new(table: &mut Table, key: Key) {
    let slot = &table.slots[key.slot() as usize];
    let root = if matches!(slot.occupant, Occupant::Root) { IS_ROOT } else { 0 };
    let queued = if table.recorded < table.ready.len() { IS_QUEUED } else { 0 };
    table.recorded = table.ready.len();
    if let Some(name) = table.names.get(&key.slot()) {
        recorder::name(slot.id, name);
    }
    let slot_and_kind = u64::from(key.slot()) | root | queued;
    record_at(Kind::Spawn, 0, slot.spawned_at, slot.id, task_or_nobody(slot.parent).into(), slot_and_kind);
}

/// Tasks were put on the ready list.
pub(super) fn note_wakes(table: &mut Table) {
    if !recorder::is_recording() {
        return;
    }
    recorder::with(|recorder| {
        for index in table.ready.iter().skip(table.recorded) {
            let slot = &table.slots[*index as usize];
            let (cause, by) = (cause(slot.woken_by, slot.id, slot.wait), task_or_nobody(slot.woken_by));
            recorder.push(Kind::Wake, cause as u8, Place::UNKNOWN, slot.id, by.into(), 0);
        }
    });
    table.recorded = table.ready.len();
}

/// Who woke a task.
pub(crate) fn cause(by: u32, task: u32, wait: Wait) -> Cause {
    match by {
        0 => Cause::Outside,
        KERNEL => Cause::Kernel,
        TIMER => Cause::Timer,
        THREAD if wait.on == WaitOn::Blocking => Cause::Job,
        THREAD => Cause::Thread,
        _ if by == task => Cause::Itself,
        _ => Cause::Task,
    }
}

/// The number of a task, or 0.
pub(crate) fn task_or_nobody(who: u32) -> u32 {
    if THREAD <= who { 0 } else { who }
}

fn state_of(table: &Table) -> State {
    let running = (1..THREAD).contains(&table.current_id).then_some(table.current_id);
    let is_task = |(_, slot): &(u32, &Slot)| matches!(slot.occupant, Occupant::Task(_) | Occupant::Root);
    let tasks = (0..).zip(&table.slots).filter(is_task);
    let mut state = State { lap: table.lap.into(), running, ready: table.ready.clone(), ..State::default() };
    state.batch.extend(&table.batch[table.at..]);
    // Collected, since it takes twice as long to insert them one by one.
    state.slots = tasks.clone().map(|(index, slot)| (index, slot.id)).collect();
    state.tasks = tasks.map(|(index, slot)| (slot.id, task_state(index, slot, running))).collect();
    state
}

fn task_state(index: u32, slot: &Slot, running: Option<u32>) -> RecordedTask {
    let Wait { resource, at, on, further } = slot.wait;
    RecordedTask {
        slot: index,
        parent: task_or_nobody(slot.parent),
        is_root: matches!(slot.occupant, Occupant::Root),
        spawned_at: slot.spawned_at,
        wait: (slot.polls != 0 && running != Some(slot.id)).then_some(RecordedWait {
            on: on as u8,
            resource: resource.into(),
            further: further.into(),
            at,
        }),
    }
}
