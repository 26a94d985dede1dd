//! Turns keys into slots: who occupies each, who is queued, and in which order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::observe::{Place, Wait};
use crate::waker::{GENERATION_MASK, Key, MAX_SLOTS};

pub(super) const NO_RUNTIME: u16 = u16::MAX;
const NO_SLOT: u32 = u32::MAX;

// Who wakes, where that is no task: no task has these numbers, nor 0, which is code outside the loop.
/// An event of the kernel.
pub(crate) const KERNEL: u32 = u32::MAX;
/// A timer that is due.
pub(crate) const TIMER: u32 = u32::MAX - 1;
/// Another thread.
pub(crate) const THREAD: u32 = u32::MAX - 2;
/// No key has this generation, so no key finds a vacant slot.
const NO_GENERATION: u32 = u32::MAX;

/// A task as the loop sees it.
pub(crate) trait Run {
    /// Polls the future once. `Ready` when nothing of it is left, with whoever waits for its output.
    fn run(&self, cx: &mut Context<'_>, key: Key) -> Poll<Option<Waker>>;
    /// Drops the future unfinished; gives back whoever waits for its output.
    fn cancel(&self, key: Key) -> Option<Waker>;
    /// Tells of a panic that nobody has joined.
    fn tell_unread(&self);
}

/// The children of one `Group` that were woken, and whom to queue for them.
pub(crate) struct WokenList {
    pub(crate) parent: RefCell<Parent>,
    /// The seats of the woken children, in the order of their wakes.
    pub(crate) seats: RefCell<Vec<u32>>,
}

/// Whom the wake of a child wakes.
#[derive(Clone)]
pub(crate) enum Parent {
    Nobody,
    Key(Key),
    /// The group is polled through another library's combinator, or by another executor.
    Outside(Rc<Waker>),
}

pub(super) enum Occupant {
    /// The next vacant slot, or `NO_SLOT`.
    Vacant(u32),
    /// The future that `block_on` polls from its own stack.
    Root,
    Task(Rc<dyn Run>),
    /// A child future of a `Group`, and its seat there.
    Child(Rc<WokenList>, u32),
}

pub(crate) struct Slot {
    pub(super) occupant: Occupant,
    pub(super) generation: u32,
    pub(crate) id: u32,
    pub(crate) parent: u32,
    /// What the task waited for when it was last polled.
    pub(crate) wait: Wait,
    pub(crate) spawned_at: Place,
    /// How many polls there were; wraps.
    pub(crate) polls: u32,
    /// The task that last woke it, or who else did.
    pub(crate) woken_by: u32,
    /// For tasks and the root: an entry stands in `ready` or in the batch. For a child: its seat stands in its group's list.
    pub(crate) queued: bool,
    /// Code that is not ours kept a waker of this task.
    pub(crate) foreign: bool,
}

/// What the loop has to run next.
pub(crate) enum Next {
    Root(Key),
    Task(Key, Rc<dyn Run>),
}

pub(super) struct Table {
    /// The runtime installed here, or `NO_RUNTIME`.
    pub(super) runtime: u16,
    /// Which of the thread's successive runtimes that is.
    pub(super) instance: u32,
    /// The task that is being polled, or who else acts.
    pub(super) current_id: u32,
    pub(super) slots: Vec<Slot>,
    pub(super) vacant: u32,
    pub(super) live: usize,
    pub(super) generation: u32,
    pub(super) next_id: u32,
    /// Who runs in the next lap, first woken first.
    pub(super) ready: Vec<u32>,
    /// Who runs in this lap; entries before `at` are done with.
    pub(super) batch: Vec<u32>,
    pub(super) at: usize,
    /// How many laps were begun; wraps.
    pub(super) lap: u32,
    pub(super) names: BTreeMap<u32, Rc<str>>,
    /// Wakers of others, to be woken once the table is released.
    pub(super) outside: Vec<Rc<Waker>>,
    /// A wake leaves something to do: `outside` is not empty, or there is a recording.
    pub(super) has_news: bool,
    /// How many of `ready` were recorded.
    pub(super) recorded: usize,
    /// Tasks are taken in: a runtime is installed and is not ending.
    pub(super) is_open: bool,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            runtime: NO_RUNTIME,
            instance: 0,
            current_id: 0,
            slots: Vec::new(),
            vacant: NO_SLOT,
            live: 0,
            generation: 0,
            next_id: 1,
            ready: Vec::new(),
            batch: Vec::new(),
            at: 0,
            lap: 0,
            names: BTreeMap::new(),
            outside: Vec::new(),
            has_news: false,
            recorded: 0,
            is_open: false,
        }
    }

    #[inline(always)]
    pub(super) fn key(&self, index: u32) -> Key {
        Key::new(self.runtime, self.slots[index as usize].generation & GENERATION_MASK, index)
    }

    #[inline]
    pub(super) fn find(&mut self, key: Key) -> Option<&mut Slot> {
        self.slots.get_mut(key.slot() as usize).filter(|slot| slot.generation == key.generation())
    }

    #[inline]
    pub(super) fn wake(&mut self, key: Key) {
        let by = self.current_id;
        let Some(slot) = self.find(key) else { return };
        if mem::replace(&mut slot.queued, true) {
            return;
        }
        slot.note_waker(by);
        if let Occupant::Child(..) = slot.occupant {
            return self.wake_parent(key.slot());
        }
        self.ready.push(key.slot());
    }

    /// Puts a child on its group's list, and queues the group's task.
    fn wake_parent(&mut self, child: u32) {
        let Occupant::Child(list, seat) = &self.slots[child as usize].occupant else { return };
        list.seats.borrow_mut().push(*seat);
        let parent = match &*list.parent.borrow() {
            Parent::Nobody => return,
            Parent::Key(parent) => *parent,
            Parent::Outside(waker) => {
                self.has_news = true;
                return self.outside.push(Rc::clone(waker));
            }
        };
        self.wake(parent);
    }

    pub(super) fn wake_slot(&mut self, index: u32) {
        let slot = self.slots.get(index as usize).filter(|slot| slot.generation != NO_GENERATION);
        let Some(generation) = slot.map(|slot| slot.generation) else { return };
        self.wake(Key::new(0, generation, index));
    }

    #[inline]
    pub(super) fn queue(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        // A slot that was freed while its entry stood in a list keeps the entry.
        if !mem::replace(&mut slot.queued, true) {
            self.ready.push(index);
        }
    }

    // Always: an occupant that is passed by memory is copied in other pieces than it was stored in, and stalls.
    #[inline(always)]
    pub(super) fn occupy(&mut self, occupant: Occupant, spawned_at: Place) -> (Key, u32) {
        self.generation = self.generation.wrapping_add(1) & GENERATION_MASK;
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        self.live += 1;
        let index = self.vacant;
        if NO_SLOT == index {
            return (self.add_slot(occupant, spawned_at), id);
        }
        // Field by field: a slot that is put together first and then copied costs as much again.
        let slot = &mut self.slots[index as usize];
        let Occupant::Vacant(next) = slot.occupant else {
            unreachable!("only vacant slots are on the list of vacant slots")
        };
        self.vacant = next;
        slot.occupant = occupant;
        slot.generation = self.generation;
        slot.id = id;
        slot.parent = self.current_id;
        slot.wait = Wait::NONE;
        slot.spawned_at = spawned_at;
        slot.polls = 0;
        slot.woken_by = self.current_id;
        slot.foreign = false;
        (self.key(index), id)
    }

    #[cold]
    fn add_slot(&mut self, occupant: Occupant, spawned_at: Place) -> Key {
        let index = self.slots.len();
        assert!(index < MAX_SLOTS, "a runtime holds at most {MAX_SLOTS} tasks at once: start fewer at a time");
        self.slots.push(Slot {
            occupant,
            generation: self.generation,
            id: self.next_id.wrapping_sub(1),
            parent: self.current_id,
            wait: Wait::NONE,
            spawned_at,
            polls: 0,
            woken_by: self.current_id,
            queued: false,
            foreign: false,
        });
        self.key(index as u32)
    }

    /// Gives the occupant back, so that it is dropped when nothing is borrowed any more.
    #[inline(always)]
    pub(super) fn free(&mut self, index: u32) -> Occupant {
        let slot = &mut self.slots[index as usize];
        let occupant = mem::replace(&mut slot.occupant, Occupant::Vacant(self.vacant));
        slot.generation = NO_GENERATION;
        // A child has no entry in our lists; that of a task or of the root is skipped when it comes up.
        if matches!(occupant, Occupant::Child(..)) {
            slot.queued = false;
        }
        self.vacant = index;
        self.live -= 1;
        if !self.names.is_empty() {
            self.forget_name(index);
        }
        occupant
    }

    /// Out of line: few tasks have a name, and all are freed.
    #[cold]
    fn forget_name(&mut self, index: u32) {
        self.names.remove(&index);
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Next> {
        loop {
            let index = *self.batch.get(self.at)?;
            self.at += 1;
            let slot = &mut self.slots[index as usize];
            if !mem::replace(&mut slot.queued, false) {
                continue;
            }
            let key = Key::new(self.runtime, slot.generation & GENERATION_MASK, index);
            self.current_id = slot.id;
            slot.note_poll();
            if let Occupant::Task(task) = &slot.occupant {
                return Some(Next::Task(key, Rc::clone(task)));
            }
            if let Occupant::Root = slot.occupant {
                return Some(Next::Root(key));
            }
        }
    }

    /// Finds the first task whose slot is `from` or comes after it; it is the current one from now on.
    pub(super) fn find_task(&mut self, from: u32) -> Option<(Key, Rc<dyn Run>)> {
        let mut rest = (0..).zip(&self.slots).skip(from as usize);
        let (index, id, task) = rest.find_map(|(index, slot)| match &slot.occupant {
            Occupant::Task(task) => Some((index, slot.id, Rc::clone(task))),
            _ => None,
        })?;
        self.current_id = id;
        Some((self.key(index), task))
    }
}
