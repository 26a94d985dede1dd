//! Turns deadlines into wakers to wake: a hierarchical wheel of timers, one tick to the millisecond.
//!
//! A clock has hands because nobody wants to look at every second of the year to learn which comes next. The wheel has
//! six levels of 64 slots: a slot of level 0 is one tick wide, a slot of level 1 is 64 ticks wide, and so on up to two
//! years; what lies beyond waits in an overflow list. The level of a timer is the highest group of six bits in which
//! its tick differs from the current one, so that
//!
//! - every occupied slot lies ahead of the current position of its level: the next one is the lowest set bit of the
//!   first occupancy word that is not zero;
//! - everything in a lower level is due before everything in a higher one;
//! - timers of the same tick are always in the same list, and so stay in the order in which they were inserted.
//!
//! When time enters a slot of a higher level, its timers move down ("cascade"), at most five times in a timer's life;
//! most timers are cancelled long before. Inserting and cancelling touch a list and one bit.
//!
//! The wheel knows no clock: a time is the number of nanoseconds since the wheel's own beginning. A deadline is
//! rounded up to the next tick, so a timer is never early, and less than one tick late. The wheel wakes and drops no
//! waker: it hands them out, so that its owner can do both after releasing its borrow.

use std::task::Waker;

/// Nanoseconds in a tick.
const TICK: u64 = 1_000_000;
const LEVELS: usize = 6;
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// The list of timers whose tick lies beyond the last level.
const OVERFLOW: usize = LEVELS * SLOTS;
/// The list of timers whose deadline had passed before they were inserted.
const DUE: usize = OVERFLOW + 1;
const LISTS: usize = DUE + 1;
/// Up to this many timers in the next list, `next_expiry` looks at each of them to be exact.
const FEW: usize = 8;
/// The end of the list of vacant slots.
const NONE: u32 = u32::MAX;

/// Names one timer of one wheel; it goes stale when the timer fires or is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    pub(crate) slot: u32,
    generation: u32,
}

/// Timers ordered by deadline: constant time to insert and to cancel.
pub(crate) struct TimerWheel {
    /// The current tick: everything due at it or before has fired, but for the list `DUE`.
    elapsed: u64,
    /// A bit for each list that is not empty: a word for each level, and one for `OVERFLOW` and `DUE`.
    occupancy: [u64; LEVELS + 1],
    /// Two-way rings: first the head of each list, then a link for each entry.
    links: Vec<Link>,
    entries: Vec<Entry>,
    /// The first vacant entry; the others follow by `next`.
    vacant: u32,
    len: usize,
    /// What one `advance` has found, before it is brought into order; empty in between.
    fired: Vec<(u64, Waker)>,
}

#[derive(Clone, Copy)]
struct Link {
    previous: u32,
    next: u32,
}

struct Entry {
    /// Nanoseconds, as given.
    deadline: u64,
    /// `None` while the entry is vacant.
    waker: Option<Waker>,
    /// Goes up whenever the entry becomes vacant, so that its old keys find another number.
    generation: u32,
}

impl TimerWheel {
    /// Makes an empty wheel at time zero.
    pub(crate) fn new() -> Self {
        Self {
            elapsed: 0,
            occupancy: [0; LEVELS + 1],
            links: (0..LISTS as u32).map(|head| Link { previous: head, next: head }).collect(),
            entries: Vec::new(),
            vacant: NONE,
            len: 0,
            fired: Vec::new(),
        }
    }

    /// The number of timers that have neither fired nor been cancelled.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether no timer is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The numbers of the timers and their deadlines, in nanoseconds.
    pub(crate) fn deadlines(&self) -> impl Iterator<Item = (u32, u64)> {
        let entries = (0..).zip(&self.entries);
        entries.filter(|(_, entry)| entry.waker.is_some()).map(|(slot, entry)| (slot, entry.deadline))
    }

    /// Adds a timer; one whose deadline has passed fires at the next `advance`, whatever time that one is given.
    #[inline]
    pub(crate) fn insert(&mut self, deadline: u64, waker: Waker) -> TimerKey {
        let key = self.occupy(deadline, waker);
        self.append(self.list_for(deadline), key.slot);
        self.len += 1;
        key
    }

    /// Removes a timer and returns its waker; `None` if the key is stale.
    #[inline]
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<Waker> {
        let entry = self.entries.get_mut(key.slot as usize).filter(|entry| entry.generation == key.generation)?;
        let waker = entry.vacate()?;
        self.unlink(key.slot);
        self.add_to_vacant(key.slot);
        Some(waker)
    }

    /// Gives a timer another waker and returns the one not needed any more: the old one, or, if the key is stale, the
    /// new one.
    #[inline]
    pub(crate) fn set_waker(&mut self, key: TimerKey, waker: Waker) -> Option<Waker> {
        if self.has_fired(key) {
            return Some(waker);
        }
        self.entries[key.slot as usize].waker.replace(waker)
    }

    /// The waker of a timer; `None` if the key is stale.
    #[inline]
    pub(crate) fn waker(&self, key: TimerKey) -> Option<&Waker> {
        self.entries.get(key.slot as usize).filter(|entry| entry.generation == key.generation)?.waker.as_ref()
    }

    /// Whether the key is stale: its timer has fired (or was cancelled, which its owner knows).
    #[inline]
    pub(crate) fn has_fired(&self, key: TimerKey) -> bool {
        self.waker(key).is_none()
    }

    /// Moves time forward and hands out the wakers of all timers now due, in order of deadline, then of insertion.
    ///
    /// Times may be any distance apart; a time before an earlier one is taken as that one.
    pub(crate) fn advance(&mut self, now: u64, expired: &mut Vec<Waker>) {
        let target = self.elapsed.max(now / TICK);
        while let Some((list, start)) = self.next_list() {
            if target < start {
                break;
            }
            self.elapsed = start;
            self.empty_list(list);
        }
        self.elapsed = target;
        // Ticks come in order already; within a tick it is the deadlines, in nanoseconds, that decide.
        if !self.fired.is_sorted_by_key(|(deadline, _)| *deadline) {
            self.fired.sort_by_key(|(deadline, _)| *deadline);
        }
        expired.extend(self.fired.drain(..).map(|(_, waker)| waker));
    }

    /// The time, in nanoseconds, at which `advance` is next of use; `None` if no timer is left.
    ///
    /// That is the tick of the first timer, or, when many timers wait in one slot of a higher level, the earlier
    /// moment at which they move down: advancing to it brings the answer closer, so a loop over both comes to an end.
    pub(crate) fn next_expiry(&self) -> Option<u64> {
        let (list, start) = self.next_list()?;
        let tick = if list < SLOTS { start } else { self.first_of_few(list).unwrap_or(start) };
        Some(tick.saturating_mul(TICK))
    }

    /// The list that comes next, and the tick at which it does.
    #[inline]
    fn next_list(&self) -> Option<(usize, u64)> {
        if self.is_occupied(DUE) {
            return Some((DUE, self.elapsed));
        }
        for (level, word) in self.occupancy[..LEVELS].iter().enumerate() {
            if *word != 0 {
                let slot = word.trailing_zeros();
                let shift = BITS * level as u32;
                let block = self.elapsed >> (shift + BITS) << BITS;
                return Some((level * SLOTS + slot as usize, (block | u64::from(slot)) << shift));
            }
        }
        let range = BITS * LEVELS as u32;
        self.is_occupied(OVERFLOW).then_some((OVERFLOW, ((self.elapsed >> range) + 1) << range))
    }

    fn is_occupied(&self, list: usize) -> bool {
        self.occupancy[list / SLOTS] & 1 << (list % SLOTS) != 0
    }

    /// The first tick in a list, if the list is short enough to look through.
    fn first_of_few(&self, list: usize) -> Option<u64> {
        let mut first = u64::MAX;
        let mut at = self.links[list].next as usize;
        for _ in 0..FEW {
            if at == list {
                return Some(first);
            }
            first = first.min(tick_of(self.entries[at - LISTS].deadline));
            at = self.links[at].next as usize;
        }
        (at == list).then_some(first)
    }

    /// Fires the timers of a list that are due, and moves the others to where they belong now.
    fn empty_list(&mut self, list: usize) {
        let mut at = self.links[list].next as usize;
        self.links[list] = Link { previous: list as u32, next: list as u32 };
        self.occupancy[list / SLOTS] &= !(1 << (list % SLOTS));
        while at != list {
            // Read first: both moving and vacating an entry change its link.
            let next = self.links[at].next as usize;
            let slot = (at - LISTS) as u32;
            let deadline = self.entries[slot as usize].deadline;
            match self.list_for(deadline) {
                DUE => {
                    let waker = self.entries[slot as usize].vacate().expect("an entry in a list is occupied");
                    self.fired.push((deadline, waker));
                    self.add_to_vacant(slot);
                }
                list => self.append(list, slot),
            }
            at = next;
        }
    }

    /// The list in which a timer belongs at the current tick.
    #[inline]
    fn list_for(&self, deadline: u64) -> usize {
        let tick = tick_of(deadline);
        if tick <= self.elapsed {
            return DUE;
        }
        let level = (tick ^ self.elapsed).ilog2() / BITS;
        if LEVELS as u32 <= level {
            return OVERFLOW;
        }
        level as usize * SLOTS + (tick >> (level * BITS)) as usize % SLOTS
    }

    /// Puts an entry at the end of a list.
    #[inline]
    fn append(&mut self, list: usize, slot: u32) {
        let at = LISTS as u32 + slot;
        let last = self.links[list].previous;
        self.links[at as usize] = Link { previous: last, next: list as u32 };
        self.links[last as usize].next = at;
        self.links[list].previous = at;
        self.occupancy[list / SLOTS] |= 1 << (list % SLOTS);
    }

    /// Takes an entry out of its list. Only the last entry of a list has its head on both sides, and so tells which.
    #[inline]
    fn unlink(&mut self, slot: u32) {
        let Link { previous, next } = self.links[LISTS + slot as usize];
        self.links[previous as usize].next = next;
        self.links[next as usize].previous = previous;
        if previous == next {
            let list = next as usize;
            self.occupancy[list / SLOTS] &= !(1 << (list % SLOTS));
        }
    }

    /// Fills a vacant entry, or a new one; the caller puts it into a list.
    #[inline]
    fn occupy(&mut self, deadline: u64, waker: Waker) -> TimerKey {
        let slot = self.vacant;
        if slot == NONE {
            return self.grow(deadline, waker);
        }
        self.vacant = self.links[LISTS + slot as usize].next;
        let entry = &mut self.entries[slot as usize];
        entry.deadline = deadline;
        // The old value is `None`: nothing is dropped here.
        entry.waker = Some(waker);
        TimerKey { slot, generation: entry.generation }
    }

    #[cold]
    fn grow(&mut self, deadline: u64, waker: Waker) -> TimerKey {
        let slot = u32::try_from(self.entries.len()).expect("there are fewer than four billion timers");
        self.links.push(Link { previous: NONE, next: NONE });
        self.entries.push(Entry { deadline, waker: Some(waker), generation: 0 });
        TimerKey { slot, generation: 0 }
    }

    /// Remembers a vacant entry, which stands in no list any more.
    #[inline]
    fn add_to_vacant(&mut self, slot: u32) {
        self.links[LISTS + slot as usize].next = self.vacant;
        self.vacant = slot;
        self.len -= 1;
    }
}

impl Entry {
    /// Takes the waker out and makes the keys of this timer stale.
    #[inline]
    fn vacate(&mut self) -> Option<Waker> {
        self.generation = self.generation.wrapping_add(1);
        self.waker.take()
    }
}

/// The tick at which a deadline has passed for certain.
#[inline]
fn tick_of(deadline: u64) -> u64 {
    deadline.div_ceil(TICK)
}

#[cfg(test)]
mod tests;
