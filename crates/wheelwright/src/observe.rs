//! Turns "what is this task doing, and where" into plain data that every layer may write.
//!
//! A leaf future that returns `Pending` notes what it waits for and the source line that made it. The loop copies the note
//! into the task's slot, where a dump finds it. The first note of a poll stands: `timeout(read)` says `readable`, not
//! `timer`; the number of further ones is kept.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) mod crossings;
pub(crate) mod event;
pub(crate) mod facts;
pub(crate) mod probe;
pub(crate) mod recorder;
pub(crate) mod report;
pub(crate) mod slow;
pub(crate) mod state;
pub(crate) mod usage;

/// Whether each poll notes of its task that it was, who woke it and what it waits for: a build without tells what that costs.
pub(crate) const IS_NOTED: bool = !cfg!(wheelwright_no_identity);

/// A line of source.
pub(crate) type Line = &'static Location<'static>;

/// What a parked task waits for; the number beside it names the resource (a descriptor, a task, a semaphore).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum WaitOn {
    /// No leaf of ours noted anything: a future of another crate.
    Unknown,
    Readable,
    Writable,
    Accept,
    Timer,
    Join,
    Permit,
    Cancelled,
    Blocking,
    Children,
    Scoped,
    Yield,
    Rate,
    Mutex,
    RwLock,
    Event,
    Notify,
    Barrier,
    OnceCell,
    /// Of a channel: room, a value, another value, that its receivers are gone.
    Room,
    Value,
    Change,
    Gone,
    /// Another thread, at a channel between both.
    Remote,
}

/// The number of a timer that is not there: its moment never comes, or has come.
pub(crate) const NO_TIMER: u32 = u32::MAX;

impl WaitOn {
    pub(crate) const COUNT: u8 = Self::ALL.len() as u8;
    /// Every one, at the place of its number; `{}` stands for the resource's.
    const ALL: [(Self, &str); 24] = [
        (Self::Unknown, "a future of another crate"),
        (Self::Readable, "readable fd {}"),
        (Self::Writable, "writable fd {}"),
        (Self::Accept, "accept on fd {}"),
        (Self::Timer, "timer {}"),
        (Self::Join, "join of task {}"),
        (Self::Permit, "permit of semaphore {}"),
        (Self::Cancelled, "cancel of token {}"),
        (Self::Blocking, "a blocking job"),
        (Self::Children, "{} children of a group"),
        (Self::Scoped, "a child of its scope"),
        (Self::Yield, "its turn"),
        (Self::Rate, "a rate limiter"),
        (Self::Mutex, "mutex {}"),
        (Self::RwLock, "lock {}"),
        (Self::Event, "event {}"),
        (Self::Notify, "notification {}"),
        (Self::Barrier, "the others at barrier {}"),
        (Self::OnceCell, "the value of cell {}"),
        (Self::Room, "room in channel {}"),
        (Self::Value, "a value from channel {}"),
        (Self::Change, "a change in channel {}"),
        (Self::Gone, "the receivers of channel {} to go"),
        (Self::Remote, "another thread at channel {}"),
    ];

    /// Its words without a number: `readable`, `join of task`.
    pub(crate) fn kind(self) -> String {
        Self::words(self as u8).replace(" on fd", "").replace(" fd", "").replace(" {}", "").replace("{} ", "")
    }

    /// The words for the one with this number.
    pub(crate) fn words(number: u8) -> &'static str {
        Self::ALL.get(usize::from(number)).map_or("something unknown", |(_, words)| words)
    }
}

/// A task's wait as its slot keeps it: eight bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) resource: u32,
    pub(crate) at: Place,
    pub(crate) on: WaitOn,
    /// How many further waits the same poll noted; stays at 255.
    pub(crate) further: u8,
}

impl Wait {
    pub(crate) const NONE: Self = Self { resource: 0, at: Place::UNKNOWN, on: WaitOn::Unknown, further: 0 };

    /// `join of task 4`.
    pub(crate) fn in_words(self) -> String {
        let words = WaitOn::words(self.on as u8);
        match (self.on, self.resource) {
            (WaitOn::Timer, NO_TIMER) => words.replace("{}", "that never comes"),
            (WaitOn::Timer, _) => self.on.kind(),
            // A dump says it of ten thousand: it is not searched for more than one character.
            (_, number) => {
                words.split_once('{').map_or(words.into(), |(it, rest)| format!("{it}{number}{}", &rest[1..]))
            }
        }
    }
}

/// The note of the poll that is under way.
#[derive(Clone, Copy)]
struct Note {
    /// `None` until the first leaf of this poll notes its wait.
    at: Option<Line>,
    resource: u32,
    on: WaitOn,
    further: u8,
}

const NO_NOTE: Note = Note { at: None, resource: 0, on: WaitOn::Unknown, further: 0 };

thread_local! {
    static NOTE: Cell<Note> = const { Cell::new(NO_NOTE) };
    static UNPOLLED: Cell<u64> = const { Cell::new(0) };
    static NEXT_RESOURCE: Cell<u32> = const { Cell::new(1) };
    // Which number a line has, direct-mapped by its address, so that the common case costs one comparison.
    static RECENT: [Cell<(usize, u16)>; 64] = const { [const { Cell::new((0, 0)) }; 64] };
    // The same of the last pair of lines.
    static RECENT_PAIR: Cell<(usize, usize, u16)> = const { Cell::new((0, 0, 0)) };
}

/// Notes what the current task waits for; a leaf calls it each time it returns `Pending`.
#[inline]
pub(crate) fn waits(on: WaitOn, resource: u32, at: Line) {
    if !IS_NOTED {
        return;
    }
    let mut note = NOTE.get();
    if note.at.is_some() {
        note.further = note.further.saturating_add(1);
        return NOTE.set(note);
    }
    NOTE.set(Note { at: Some(at), resource, on, further: 0 });
}

/// Forgets the note: a poll begins.
#[inline]
pub(crate) fn clear_note() {
    if IS_NOTED {
        NOTE.set(NO_NOTE);
    }
}

/// The note of the poll that just returned `Pending`; `None` if no leaf of ours made one.
// Always: it is called where a poll ends, of tasks, of the root and of those that are recorded.
#[inline(always)]
pub(crate) fn note() -> Option<Wait> {
    let note = if IS_NOTED { NOTE.get() } else { NO_NOTE };
    let at = note.at?;
    Some(Wait { resource: note.resource, at: Place::of(at), on: note.on, further: note.further })
}

/// A leaf is dropped that was never polled.
#[inline]
pub(crate) fn note_unpolled() {
    UNPOLLED.set(UNPOLLED.get() + 1);
}

/// How many leaves of this thread were.
pub(crate) fn unpolled() -> u64 {
    UNPOLLED.get()
}

/// A duration in nanoseconds; 584 years if it is longer.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A number for a semaphore, a token or whatever else tasks wait for; wraps after four billion.
pub(crate) fn resource_id() -> u32 {
    let id = NEXT_RESOURCE.get();
    NEXT_RESOURCE.set(id.wrapping_add(1));
    id
}

/// A source line, interned to 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(u16);

impl Place {
    /// No line is known, or more than 65,535 different ones were.
    pub(crate) const UNKNOWN: Self = Self(0);

    #[inline]
    pub(crate) fn of(line: Line) -> Self {
        let address = std::ptr::from_ref(line).addr();
        RECENT.with(|recent| {
            let cell = &recent[address >> 3 & 63];
            let (known, number) = cell.get();
            if known == address {
                return Self(number);
            }
            let place = Places::lock().intern(line, None);
            cell.set((address, place.0));
            place
        })
    }

    /// A line that starts a task of a group, which was made at the other line.
    #[inline]
    pub(crate) fn in_group(line: Line, group: Line) -> Self {
        let pair = (std::ptr::from_ref(line).addr(), std::ptr::from_ref(group).addr());
        let recent = RECENT_PAIR.get();
        if (recent.0, recent.1) == pair {
            return Self(recent.2);
        }
        let place = Places::lock().intern(line, Some(group));
        RECENT_PAIR.set((pair.0, pair.1, place.0));
        place
    }

    pub(crate) fn number(self) -> u16 {
        self.0
    }

    pub(crate) fn line(self) -> Option<Line> {
        Places::lock().lines.get(usize::from(self.0).checked_sub(1)?).map(|lines| lines.0)
    }

    /// The line that made the group, if it is that of a group's task.
    pub(crate) fn group(self) -> Option<Line> {
        Places::lock().lines.get(usize::from(self.0).checked_sub(1)?)?.1
    }
}

/// Every line that any thread has seen, once for each group that it is used in: no more of them than the program has.
struct Places {
    /// In the order of their numbers, which start at 1.
    lines: Vec<(Line, Option<Line>)>,
    numbers: BTreeMap<(usize, usize), u16>,
}

impl Places {
    #[cold]
    fn lock() -> MutexGuard<'static, Self> {
        static PLACES: Mutex<Places> = Mutex::new(Places { lines: Vec::new(), numbers: BTreeMap::new() });
        // Nothing of anybody else's runs under the lock.
        PLACES.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn intern(&mut self, line: Line, group: Option<Line>) -> Place {
        let address = |line: Line| std::ptr::from_ref(line).addr();
        let pair = (address(line), group.map_or(0, address));
        if let Some(number) = self.numbers.get(&pair) {
            return Place(*number);
        }
        let Ok(number) = u16::try_from(self.lines.len() + 1) else { return Place::UNKNOWN };
        self.lines.push((line, group));
        self.numbers.insert(pair, number);
        Place(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_has_its_words_at_its_number() {
        for (number, (on, words)) in (0..).zip(WaitOn::ALL) {
            assert_eq!((on as u8, WaitOn::words(number)), (number, words));
        }
        assert_eq!(WaitOn::words(WaitOn::ALL.len() as u8), "something unknown");
    }

    #[test]
    fn a_place_gives_back_its_line() {
        let here = Location::caller();
        assert_eq!(Place::of(here), Place::of(here));
        assert_eq!(Place::of(here).line().map(Location::line), Some(here.line()));
        assert_eq!(Place::of(here).group(), None);
        let (first, second) = (Place::in_group(here, Location::caller()), Place::in_group(here, Location::caller()));
        assert_eq!((first.line(), second.line()), (Some(here), Some(here)));
        assert!(first != second && first.group() < second.group() && first.group().is_some());
        assert_eq!(Place::UNKNOWN.line(), None);
    }

    #[test]
    fn the_first_note_of_a_poll_stands_and_further_ones_are_counted() {
        clear_note();
        waits(WaitOn::Readable, 9, Location::caller());
        waits(WaitOn::Timer, 1, Location::caller());
        let wait = note().expect("a leaf made a note");
        assert_eq!((wait.on, wait.resource, wait.further), (WaitOn::Readable, 9, 1));
        clear_note();
        assert!(note().is_none());
    }
}
