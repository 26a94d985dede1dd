//! Turns events, one after another, into what the loop holds: the same at each event as the loop's own lists.
//!
//! A pure function: nothing is asked, nothing is guessed. A viewer that does as [`State::apply`] does can show any moment of a
//! recording.

use std::collections::{BTreeMap, VecDeque};

use super::Place;
use super::event::{Event, Kind, Outcome};

/// A timer is due when the tick at which its deadline has passed for certain is there: a millisecond, in nanoseconds.
const TICK: u64 = 1_000_000;
/// Of a `Spawn`'s second number: the slot, and whether it is the root, and whether it was put on the ready list.
const SLOT: u64 = (1 << 32) - 1;
pub(crate) const IS_ROOT: u64 = 1 << 32;
pub(crate) const IS_QUEUED: u64 = 1 << 33;

/// What the loop holds at one moment of a recording.
///
/// It is made by [`Recording::state_after`](crate::record::Recording::state_after) and [`state`](crate::record::state).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// How many laps were begun.
    pub lap: u64,
    /// The task that is being polled.
    pub running: Option<u32>,
    /// The slots of those that run in the next lap, first woken first; the entry of a slot that nobody has is skipped.
    pub ready: Vec<u32>,
    /// The slots of those that still run in this lap.
    pub batch: VecDeque<u32>,
    /// The tasks by their numbers.
    pub tasks: BTreeMap<u32, RecordedTask>,
    /// Which task has a slot.
    pub slots: BTreeMap<u32, u32>,
    /// The deadlines of the timers by their numbers.
    pub timers: BTreeMap<u32, u64>,
    /// The registered descriptors by the numbers of their sources.
    pub sources: BTreeMap<u32, RecordedSource>,
    /// The blocking jobs whose end the loop has not heard of.
    pub jobs: Vec<u64>,
    /// The loop waits for the kernel.
    pub is_parked: bool,
}

/// A task at one moment of a recording: one of [`State::tasks`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedTask {
    /// Its place in the loop's table.
    pub slot: u32,
    /// Who spawned it; 0 if no task did.
    pub parent: u32,
    /// It is the future that `block_on` polls.
    pub is_root: bool,
    /// Where it was spawned: the number of a line.
    pub(crate) spawned_at: Place,
    /// What it waits for, since its last poll.
    pub wait: Option<RecordedWait>,
}

/// What a task waits for: its [`RecordedTask::wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedWait {
    /// For what: the flags of its [`Kind::Wait`].
    pub on: u8,
    /// The number of the resource.
    pub resource: u64,
    /// How many further waits the same poll noted.
    pub further: u64,
    pub(crate) at: Place,
}

/// A registered descriptor: one of [`State::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedSource {
    /// The descriptor.
    pub fd: u64,
    /// What it is believed to be ready for: 1 to be read, 2 to be written, 4 closed by its peer, 8 urgent.
    pub ready: u8,
}

impl State {
    /// The state after the event.
    pub fn apply(&mut self, event: &Event) {
        let task = event.task;
        match event.kind {
            Kind::LapStart => {
                self.lap = event.a;
                self.batch = std::mem::take(&mut self.ready).into();
            }
            Kind::LapEnd => self.batch.clear(),
            Kind::Choice => self.choose(event),
            Kind::PollStart => self.begin_poll(task),
            Kind::PollEnd => {
                self.running = None;
                if event.flags != Outcome::Pending as u8 {
                    self.end(task);
                }
            }
            Kind::Wake => self.ready.extend(self.tasks.get(&task).map(|task| task.slot)),
            Kind::Wait => {
                let wait = RecordedWait { on: event.flags, resource: event.a, further: event.b, at: event.place };
                self.tasks.entry(task).and_modify(|task| task.wait = Some(wait));
            }
            Kind::Spawn => self.spawn(event),
            Kind::Drop => self.end(task),
            Kind::KernelEnter => self.is_parked = true,
            Kind::KernelExit => self.is_parked = false,
            Kind::JobSent => self.jobs.push(event.a),
            Kind::JobDone => self.jobs.retain(|job| *job != event.a),
            Kind::Cancel | Kind::Mark | Kind::Slow => {}
            Kind::TimerArmed | Kind::TimerCancelled | Kind::TimersFired => self.apply_to_timers(event),
            _ => self.apply_to_sources(event),
        }
    }

    /// Applies what concerns timers.
    fn apply_to_timers(&mut self, event: &Event) {
        match event.kind {
            Kind::TimerArmed => drop(self.timers.insert(event.a as u32, event.b)),
            Kind::TimerCancelled => drop(self.timers.remove(&(event.a as u32))),
            _ => self.timers.retain(|_, deadline| event.b / TICK < deadline.div_ceil(TICK)),
        }
    }

    /// Applies what concerns registered descriptors.
    fn apply_to_sources(&mut self, event: &Event) {
        let source = self.sources.entry(event.a as u32);
        match event.kind {
            Kind::SourceRegistered => drop(source.insert_entry(RecordedSource { fd: event.b, ready: 3 })),
            Kind::SourceReady => drop(source.and_modify(|source| source.ready |= event.flags)),
            Kind::SourceBlocked => drop(source.and_modify(|source| source.ready &= !event.flags)),
            Kind::SourceDropped => drop(self.sources.remove(&(event.a as u32))),
            _ => {}
        }
    }

    /// The tasks of a list of slots, each once.
    #[must_use]
    pub fn tasks_of<'a>(&'a self, slots: impl IntoIterator<Item = &'a u32>) -> Vec<u32> {
        let mut tasks: Vec<u32> = Vec::new();
        for task in slots.into_iter().filter_map(|slot| self.slots.get(slot)) {
            if !tasks.contains(task) {
                tasks.push(*task);
            }
        }
        tasks
    }

    fn choose(&mut self, event: &Event) {
        // Among the children of a group, which are not on these lists.
        if event.flags != 0 {
            return;
        }
        if let Some(first) = self.batch.len().checked_sub(event.b as usize) {
            self.batch.swap(first, first + event.a as usize);
        }
    }

    /// Entries before the task's own are skipped: what they stood for is gone.
    fn begin_poll(&mut self, id: u32) {
        self.running = Some(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.wait = None;
        while let Some(slot) = self.batch.pop_front() {
            if slot == task.slot {
                return;
            }
        }
    }

    fn spawn(&mut self, event: &Event) {
        let slot = (event.b & SLOT) as u32;
        let task = RecordedTask {
            slot,
            parent: event.a as u32,
            is_root: event.b & IS_ROOT != 0,
            spawned_at: event.place,
            wait: None,
        };
        self.tasks.insert(event.task, task);
        self.slots.insert(slot, event.task);
        if event.b & IS_QUEUED != 0 {
            self.ready.push(slot);
        }
    }

    fn end(&mut self, id: u32) {
        if let Some(task) = self.tasks.remove(&id) {
            self.slots.remove(&task.slot);
        }
    }
}
