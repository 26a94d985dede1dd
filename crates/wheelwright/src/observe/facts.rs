//! Turns what the primitives know of those who wait into facts that a dump states: how much is free, and who has it.
//!
//! They are written where a task parks, is served or leaves, and not shown when nobody waits; so they are true whenever they are
//! read. Who never waits pays nothing but, for a lock, the store of its owner; the first who waits for a primitive makes its fact.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::rc::{Rc, Weak};

/// What is known of a primitive for which somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) free: usize,
    pub(crate) total: usize,
    pub(crate) in_line: usize,
    /// The task that has a lock alone; 0 if nobody has, or several, or one who was granted it and has not run since.
    pub(crate) holder: u32,
}

/// The fact of a primitive for which somebody has waited.
#[derive(Debug)]
struct Shown {
    /// The primitive's number.
    id: u32,
    fact: Cell<Fact>,
}

struct Facts {
    /// Those of primitives that are gone are forgotten before there would be more than `room`.
    shown: Vec<Weak<Shown>>,
    room: usize,
    /// How many senders a channel has, where that is not one.
    senders: BTreeMap<u32, usize>,
}

thread_local! {
    // Never destroyed, since primitives may be dropped by other destructors at the thread's end.
    static FACTS: ManuallyDrop<RefCell<Facts>> = const {
        ManuallyDrop::new(RefCell::new(Facts { shown: Vec::new(), room: 8, senders: BTreeMap::new() }))
    };
}

/// What a primitive keeps of its own facts.
#[derive(Debug)]
pub(crate) struct Holding {
    total: Cell<usize>,
    holder: Cell<u32>,
    /// Since somebody waited for the first time.
    shown: OnceCell<Rc<Shown>>,
}

impl Holding {
    pub(crate) fn new(total: usize) -> Self {
        Self { total: Cell::new(total), holder: Cell::new(0), shown: OnceCell::new() }
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

    /// Notes how the primitive with this number stands.
    #[inline]
    pub(crate) fn note(&self, id: u32, free: usize, in_line: usize) {
        let fact = Fact { free, total: self.total.get(), in_line, holder: self.holder.get() };
        match self.shown.get() {
            Some(shown) => shown.fact.set(fact),
            None if in_line == 0 => {}
            None => self.show(id, fact),
        }
    }

    /// Somebody waits for the first time.
    #[cold]
    fn show(&self, id: u32, fact: Fact) {
        let shown = self.shown.get_or_init(|| Rc::new(Shown { id, fact: Cell::new(fact) }));
        with(|facts| {
            if facts.room <= facts.shown.len() {
                facts.shown.retain(|shown| 0 < shown.strong_count());
                facts.room = 2 * facts.shown.len().max(4);
            }
            facts.shown.push(Rc::downgrade(shown));
        });
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

/// All facts of primitives for which somebody waits, by their numbers.
pub(crate) fn all() -> BTreeMap<u32, Fact> {
    let shown = |facts: &mut Facts| facts.shown.iter().filter_map(Weak::upgrade).collect::<Vec<_>>();
    with(shown).iter().map(|shown| (shown.id, shown.fact.get())).filter(|(_, fact)| fact.in_line != 0).collect()
}

/// How many senders channels have, but for those that have one.
pub(crate) fn senders() -> BTreeMap<u32, usize> {
    with(|facts| facts.senders.clone())
}

fn with<T>(act: impl FnOnce(&mut Facts) -> T) -> T {
    FACTS.with(|facts| act(&mut facts.borrow_mut()))
}
