//! Turns what the primitives know of those who wait into facts that a dump states: how much is free, and who has it.
//!
//! They are written where a task parks, is served or leaves, and are gone when nobody waits; so they are true whenever
//! they are read, and who never waits pays nothing but, for a lock, the store of its owner.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;

/// What is known of a primitive for which somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) free: usize,
    pub(crate) total: usize,
    pub(crate) in_line: usize,
    /// The task that has a lock alone; 0 if nobody has, or several, or one who was granted it and has not run since.
    pub(crate) holder: u32,
}

struct Facts {
    /// Each with the number of its primitive, 0 where nobody waits any more.
    entries: Vec<(u32, Fact)>,
    vacant: Vec<u32>,
    /// How many senders a channel has, where that is not one.
    senders: BTreeMap<u32, usize>,
}

thread_local! {
    // Never destroyed, since primitives may be dropped by other destructors at the thread's end.
    static FACTS: ManuallyDrop<RefCell<Facts>> = const {
        ManuallyDrop::new(RefCell::new(Facts { entries: Vec::new(), vacant: Vec::new(), senders: BTreeMap::new() }))
    };
}

/// What a primitive keeps of its own facts.
#[derive(Debug)]
pub(crate) struct Holding {
    /// Where its fact stood last.
    at: Cell<u32>,
    total: Cell<usize>,
    holder: Cell<u32>,
}

impl Holding {
    pub(crate) fn new(total: usize) -> Self {
        Self { at: Cell::new(0), total: Cell::new(total), holder: Cell::new(0) }
    }

    /// There are more permits in all, or fewer.
    pub(crate) fn add(&self, permits: isize) {
        self.total.set(self.total.get().saturating_add_signed(permits));
    }

    /// A task has taken so many permits of a lock, and so many are left; who shares it with others is not known by name.
    #[inline]
    pub(crate) fn take(&self, task: u32, permits: usize, left: usize) {
        let is_alone = left + permits == self.total.get();
        self.holder.set(if is_alone { task } else { 0 });
    }

    /// Somebody was served who has not run since.
    #[inline]
    pub(crate) fn grant(&self) {
        self.holder.set(0);
    }

    /// Notes how the primitive with this number stands, or forgets it when nobody waits.
    pub(crate) fn note(&self, id: u32, free: usize, in_line: usize) {
        let fact = Fact { free, total: self.total.get(), in_line, holder: self.holder.get() };
        with(|facts| {
            let is_known = facts.entries.get(self.at.get() as usize).is_some_and(|(known, _)| *known == id);
            match (is_known, in_line) {
                (false, 0) => {}
                (true, 0) => {
                    facts.entries[self.at.get() as usize].0 = 0;
                    facts.vacant.push(self.at.get());
                }
                (true, _) => facts.entries[self.at.get() as usize].1 = fact,
                (false, _) => self.at.set(facts.add(id, fact)),
            }
        });
    }
}

impl Facts {
    fn add(&mut self, id: u32, fact: Fact) -> u32 {
        if let Some(vacant) = self.vacant.pop() {
            self.entries[vacant as usize] = (id, fact);
            return vacant;
        }
        self.entries.push((id, fact));
        self.entries.len() as u32 - 1
    }
}

/// A channel has so many senders.
#[cold]
pub(crate) fn note_senders(id: u32, senders: usize) {
    with(|facts| match senders {
        0 | 1 => drop(facts.senders.remove(&id)),
        _ => drop(facts.senders.insert(id, senders)),
    });
}

/// All facts, by the numbers of what they are about.
pub(crate) fn all() -> BTreeMap<u32, Fact> {
    with(|facts| facts.entries.iter().filter(|(id, _)| *id != 0).copied().collect())
}

/// How many senders channels have, but for those that have one.
pub(crate) fn senders() -> BTreeMap<u32, usize> {
    with(|facts| facts.senders.clone())
}

fn with<T>(act: impl FnOnce(&mut Facts) -> T) -> T {
    FACTS.with(|facts| act(&mut facts.borrow_mut()))
}
