//! Turns events into a recording that holds the last of them: a ring, and the state of the loop before its first event.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::event::{Event, Kind, Outcome};
use super::state::State;
use super::{Place, Wait};

/// Every event is kept.
const RECORDING: u8 = 1;
/// Every poll is timed.
pub(crate) const WATCHING: u8 = 2;
/// Every poll is probed, for a deep dump.
pub(crate) const PROBING: u8 = 4;
/// Somebody listens to what is recorded.
const OBSERVED: u8 = 8;

thread_local! {
    /// What is asked for, of these four. Asked at every event, so it stands apart.
    static IS_ON: Cell<u8> = const { Cell::new(0) };
    /// A recording is to begin with the next lap.
    static WANTED: Cell<Option<usize>> = const { Cell::new(None) };
    /// Who listens; not there while it does.
    static OBSERVER: RefCell<Option<Box<dyn Observer>>> = const { RefCell::new(None) };
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

/// Listens to what this thread's loop does.
///
/// Every closure that takes a slice of events is one. See [`observe`](crate::record::observe).
pub trait Observer {
    /// The loop did this since the last call; it is between two laps now.
    fn events(&mut self, events: &[Event]);
}

impl<F: FnMut(&[Event])> Observer for F {
    fn events(&mut self, events: &[Event]) {
        self(events);
    }
}

/// What this thread's loop has recorded.
pub(crate) struct Recorder {
    pub(crate) events: VecDeque<Event>,
    capacity: usize,
    /// Before the first of the events.
    pub(crate) base: State,
    /// Before a later one, and how many come before that: it becomes the base when those are forgotten.
    next_base: Option<(usize, State)>,
    /// How many events came before them.
    pub(crate) dropped: u64,
    pub(crate) is_paused: bool,
    pub(crate) marks: Vec<&'static str>,
    /// Of the tasks in the state and in the events.
    pub(crate) names: BTreeMap<u32, Rc<str>>,
    /// By the loop's clock, as it was last read.
    now: u64,
    clock: Box<dyn Fn() -> u64>,
    /// How many events the observer was told of, forgotten ones included.
    told: u64,
    /// The lap that the last `LapStart` told of.
    lap: Option<u32>,
    /// The task whose poll has no end yet, its slot, and how that end will be called.
    polled: Option<(u32, u32, Outcome)>,
}

impl Recorder {
    /// A recording of the last `capacity` events of a loop that is as `base` says, and has this clock.
    pub(crate) fn new(capacity: usize, base: State, is_paused: bool, clock: Box<dyn Fn() -> u64>) -> Self {
        let capacity = capacity.max(2);
        Self {
            events: VecDeque::with_capacity(capacity),
            capacity,
            // The batch of a lap that is under way is in the base already.
            lap: Some(base.lap as u32),
            base,
            next_base: None,
            dropped: 0,
            is_paused,
            marks: Vec::new(),
            names: BTreeMap::new(),
            now: clock(),
            clock,
            told: 0,
            polled: None,
        }
    }

    /// What the observer was not told of; it counts as told.
    fn untold(&mut self) -> Vec<Event> {
        let known = self.told.saturating_sub(self.dropped) as usize;
        self.told = self.dropped + self.events.len() as u64;
        self.events.range(known..).copied().collect()
    }

    #[inline]
    pub(crate) fn push(&mut self, kind: Kind, flags: u8, place: Place, task: u32, a: u64, b: u64) {
        if self.capacity <= self.events.len() {
            self.forget();
        }
        self.events.push_back(Event { at: self.now, kind, flags, place, task, a, b });
    }

    /// Forgets those before the next base; where one lap is longer than the ring there is none, and the state has to be worked out.
    #[cold]
    fn forget(&mut self) {
        let (count, next) = match self.next_base.take() {
            Some((count, state)) => (count, Some(state)),
            None => (self.capacity.div_ceil(2), None),
        };
        for event in self.events.range(..count) {
            // The loop does not know its jobs by their numbers.
            if next.is_none() || matches!(event.kind, Kind::JobSent | Kind::JobDone) {
                self.base.apply(event);
            }
            if ends(event) {
                self.names.remove(&event.task);
            }
        }
        self.events.drain(..count);
        if let Some(state) = next {
            self.base = State { jobs: std::mem::take(&mut self.base.jobs), ..state };
        }
        self.dropped += count as u64;
    }

    /// The poll that is under way, if one is, ends so, or as was foretold; gives its task.
    fn end_poll(&mut self, outcome: Option<Outcome>) -> Option<u32> {
        let (task, _, foretold) = self.polled.take()?;
        self.now = (self.clock)();
        self.push(Kind::PollEnd, outcome.unwrap_or(foretold) as u8, Place::UNKNOWN, task, 0, 0);
        Some(task)
    }
}

/// Whether a task is no more.
fn ends(event: &Event) -> bool {
    event.kind == Kind::Drop || event.kind == Kind::PollEnd && event.flags != Outcome::Pending as u8
}

/// Begins to record; what was recorded before is gone.
pub(crate) fn begin(recorder: Recorder) {
    WANTED.set(None);
    turn(RECORDING, true);
    let old = RECORDER.replace(Some(recorder));
    drop(old);
}

/// The loop begins to record, so many events at most, with its next lap; what was recorded before is gone.
pub(crate) fn want(capacity: usize) {
    drop(take());
    WANTED.set(Some(capacity));
    turn(RECORDING, true);
}

/// How many events to record from this lap on, if that is wanted.
pub(crate) fn wanted() -> Option<usize> {
    WANTED.get()
}

/// Records no longer. What was recorded stays.
pub(crate) fn pause() {
    turn(RECORDING, false);
}

/// The laps are watched for slow polls, or no longer.
pub(crate) fn watch(is_on: bool) {
    turn(WATCHING, is_on);
}

/// Polls are probed, for a deep dump, or no longer.
pub(crate) fn probe(is_on: bool) {
    turn(PROBING, is_on);
}

fn turn(what: u8, is_on: bool) {
    let rest = IS_ON.get() & !what;
    IS_ON.set(if is_on { rest | what } else { rest });
}

/// Takes what was recorded.
pub(crate) fn take() -> Option<Recorder> {
    pause();
    RECORDER.try_with(RefCell::take).ok()?
}

/// Looks at what was recorded.
pub(crate) fn look<T>(look: impl FnOnce(&Recorder) -> T) -> Option<T> {
    look_mut(|recorder| look(recorder))
}

/// Whether this thread's loop is recorded.
#[inline]
pub(crate) fn is_recording() -> bool {
    !cfg!(wheelwright_no_recorder) && is_on(RECORDING)
}

/// Whether this thread's laps are watched: to be recorded, for slow polls or for a deep dump.
#[inline]
pub(crate) fn is_watched() -> bool {
    !cfg!(wheelwright_no_recorder) && is_on(RECORDING | WATCHING | PROBING)
}

/// Whether this is asked for.
#[inline]
pub(crate) fn is_on(what: u8) -> bool {
    IS_ON.get() & what != 0
}

/// Records an event, if this thread's loop is recorded.
#[inline]
pub(crate) fn record(kind: Kind, task: u32, a: u64, b: u64) {
    record_at(kind, 0, Place::UNKNOWN, task, a, b);
}

/// Records an event with all that it has.
#[inline]
pub(crate) fn record_at(kind: Kind, flags: u8, place: Place, task: u32, a: u64, b: u64) {
    if is_recording() {
        push(kind, flags, place, task, a, b);
    }
}

#[cold]
fn push(kind: Kind, flags: u8, place: Place, task: u32, a: u64, b: u64) {
    with(|recorder| recorder.push(kind, flags, place, task, a, b));
}

/// Reads the clock.
#[inline]
pub(crate) fn tick() {
    if is_recording() {
        with(|recorder| recorder.now = (recorder.clock)());
    }
}

/// A lap begins, if it is new to the recording; whether it is.
pub(crate) fn begins_lap(lap: u32, polls: usize) -> bool {
    let begin = |recorder: &mut Recorder| {
        let is_new = recorder.lap.replace(lap) != Some(lap);
        is_new.then(|| recorder.push(Kind::LapStart, 0, Place::UNKNOWN, 0, lap.into(), polls as u64))
    };
    look_mut(begin).flatten().is_some()
}

/// Remembers the name of a task.
pub(crate) fn name(task: u32, name: &Rc<str>) {
    with(|recorder| drop(recorder.names.insert(task, Rc::clone(name))));
}

/// A mark of a task's own.
pub(crate) fn mark(task: u32, text: &'static str, value: u64) {
    let number = look_mut(|recorder| {
        let known = recorder.marks.iter().position(|mark| *mark == text);
        known.unwrap_or_else(|| {
            recorder.marks.push(text);
            recorder.marks.len() - 1
        })
    });
    record(Kind::Mark, task, number.unwrap_or_default() as u64, value);
}

/// From now on an observer is told what happens, in the place of the one before, who is given back.
pub(crate) fn listen(observer: Option<Box<dyn Observer>>) -> Option<Box<dyn Observer>> {
    turn(OBSERVED, observer.is_some());
    OBSERVER.try_with(|listening| listening.replace(observer)).ok()?
}

/// The observer, to be put back, and what it has not been told.
pub(crate) fn news() -> Option<(Box<dyn Observer>, Vec<Event>)> {
    let observer = is_on(OBSERVED).then(|| listen(None))??;
    Some((observer, look_mut(Recorder::untold).unwrap_or_default()))
}

/// Whether the ring is half full, and no state is known to begin from when its first half is forgotten.
pub(crate) fn wants_base() -> bool {
    look_mut(|recorder| recorder.next_base.is_none() && recorder.capacity <= 2 * recorder.events.len()).unwrap_or(false)
}

/// How the loop stands now.
pub(crate) fn set_base(state: State) {
    with(|recorder| recorder.next_base = Some((recorder.events.len(), state)));
}

/// A poll begins.
pub(crate) fn begin_poll(task: u32, slot: u32) {
    with(|recorder| {
        recorder.push(Kind::PollStart, 0, Place::UNKNOWN, task, 0, 0);
        recorder.polled = Some((task, slot, Outcome::Ready));
    });
}

/// The poll that is under way ends otherwise than well.
pub(crate) fn will_end(outcome: Outcome) {
    if is_recording() {
        with(|recorder| recorder.polled.iter_mut().for_each(|(_, _, end)| *end = outcome));
    }
}

/// The slot whose poll is under way.
pub(crate) fn polled() -> Option<u32> {
    look_mut(|recorder| recorder.polled.map(|(_, slot, _)| slot))?
}

/// The poll that was under way has given `Pending`, and its task waits.
pub(crate) fn park(wait: Wait) {
    let Wait { resource, at, on, further } = wait;
    with(|recorder| {
        if let Some(task) = recorder.end_poll(Some(Outcome::Pending)) {
            recorder.push(Kind::Wait, on as u8, at, task, resource.into(), further.into());
        }
    });
}

/// The poll that was under way, if one was, has ended.
pub(crate) fn end_poll() {
    look_mut(|recorder| recorder.end_poll(None));
}

/// Nothing is there at a thread's end, when destructors may still wake.
fn look_mut<T>(look: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
    RECORDER.try_with(|recorder| recorder.borrow_mut().as_mut().map(look)).ok()?
}

pub(crate) fn with(act: impl FnOnce(&mut Recorder)) {
    look_mut(act);
}
