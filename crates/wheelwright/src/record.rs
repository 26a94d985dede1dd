//! Turns a run of the loop into data: every poll, wake and wait, each timer and each look at the kernel, in order.
//!
//! A loop that is recorded writes 32 bytes for each thing it does into a ring, and forgets the oldest. Recording is switched
//! on by [`Builder::recorded`](crate::Builder::recorded), or with [`start`] while the program runs; off, it costs a branch in
//! each lap, and for each task, timer and socket that begins or ends. What was recorded is a [`Recording`], also after the loop has ended.
//!
//! ```
//! use std::time::Duration;
//! use wheelwright::record::{self, Kind};
//! use wheelwright::{Runtime, time::sleep};
//!
//! let runtime = Runtime::builder().paused().recorded(1000).build()?;
//! runtime.block_on(async { sleep(Duration::from_secs(1)).await });
//! drop(runtime);
//! let recording = record::take().unwrap();
//! let fired = recording.events().iter().find(|event| event.kind == Kind::TimersFired).unwrap();
//! assert_eq!(fired.at, 1_000_000_000);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::BTreeMap;
use std::panic::Location;

pub use crate::observe::event::{Cause, Event, Kind, Outcome};
pub use crate::observe::recorder::Observer;
use crate::observe::recorder::{self, Recorder};
pub use crate::observe::state::{RecordedSource, RecordedTask, RecordedWait, State};
use crate::observe::{Line, Place, WaitOn};
use crate::runtime::trouble;
pub use crate::runtime::trouble::Trouble;
use crate::{ready, runtime};

/// How many kinds of waits there are: [`wait_words`] has words for each number below.
pub const WAITS: u8 = WaitOn::COUNT;

/// How many events a recording holds unless it is told otherwise: 2 MiB of them.
pub const CAPACITY: usize = 65_536;

/// What a loop did: the last events, and what it held before the first of them.
///
/// It is taken with [`take`].
#[derive(Clone, Debug)]
pub struct Recording {
    events: Vec<Event>,
    base: State,
    dropped: u64,
    is_paused: bool,
    marks: Vec<&'static str>,
    names: BTreeMap<u32, String>,
    places: BTreeMap<u16, Line>,
}

impl Recording {
    fn new(recorder: &Recorder) -> Self {
        let of_events = recorder.events.iter().map(|event| event.place);
        let of_tasks = recorder
            .base
            .tasks
            .values()
            .flat_map(|task| [task.spawned_at, task.wait.map_or(Place::UNKNOWN, |wait| wait.at)]);
        let places = of_events.chain(of_tasks).filter_map(|place| Some((place.number(), place.line()?))).collect();
        Self {
            events: recorder.events.iter().copied().collect(),
            base: recorder.base.clone(),
            dropped: recorder.dropped,
            is_paused: recorder.is_paused,
            marks: recorder.marks.clone(),
            names: recorder.names.iter().map(|(task, name)| (*task, name.to_string())).collect(),
            places,
        }
    }

    /// The events, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// What the loop held before the first event.
    #[must_use]
    pub fn base(&self) -> &State {
        &self.base
    }

    /// How many events came before the first one and were forgotten.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What the loop held after that many events.
    ///
    /// ```
    /// use wheelwright::{Runtime, record, yield_now};
    ///
    /// let runtime = Runtime::builder().recorded(1000).build()?;
    /// let state = runtime.block_on(async {
    ///     wheelwright::spawn(async {}).await.unwrap();
    ///     record::state()
    /// });
    /// let recording = record::take().unwrap();
    /// assert!((0..recording.events().len()).any(|events| recording.state_after(events) == state));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn state_after(&self, events: usize) -> State {
        let mut state = self.base.clone();
        self.events.iter().take(events).for_each(|event| state.apply(event));
        state
    }

    /// The source line with this number, as events name it.
    #[must_use]
    pub fn line(&self, place: u16) -> Option<&'static Location<'static>> {
        self.places.get(&place).copied()
    }

    /// The name that a task was spawned with.
    #[must_use]
    pub fn name(&self, task: u32) -> Option<&str> {
        self.names.get(&task).map(String::as_str)
    }

    /// The names of the tasks that have one, by the tasks' numbers.
    pub fn names(&self) -> impl Iterator<Item = (u32, &str)> {
        self.names.iter().map(|(task, name)| (*task, name.as_str()))
    }

    /// Whether the clock was paused: then polls take no time.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The texts of the marks, by their numbers.
    #[must_use]
    pub fn marks(&self) -> &[&'static str] {
        &self.marks
    }
}

impl RecordedTask {
    /// The number of the line that spawned it, 0 if none is known.
    #[must_use]
    pub fn place(&self) -> u16 {
        self.spawned_at.number()
    }
}

impl RecordedWait {
    /// The number of the line that waits, 0 if none is known.
    #[must_use]
    pub fn place(&self) -> u16 {
        self.at.number()
    }
}

impl Event {
    /// The number of the source line where it was asked for, 0 if none is known.
    ///
    /// [`Recording::line`] has the line.
    #[must_use]
    pub fn place(&self) -> u16 {
        self.place.number()
    }
}

/// Lets an observer listen to this thread's loop, in the place of the one before.
///
/// A recording begins if there is none. The observer is called after each lap, when no task is being polled and nothing of the loop's is borrowed. What one lap does beyond
/// the capacity of the recording it does not hear of. An observer that panics is called no more.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use wheelwright::record::{self, Event, Kind};
///
/// let polls = Rc::new(Cell::new(0));
/// let runtime = wheelwright::Runtime::builder().build()?;
/// runtime.block_on(async {
///     let counter = Rc::clone(&polls);
///     record::observe(move |events: &[Event]| {
///         let more = events.iter().filter(|event| event.kind == Kind::PollStart).count();
///         counter.set(counter.get() + more);
///     });
///     for _ in 0..9 {
///         wheelwright::yield_now().await;
///     }
/// });
/// assert!(8 <= polls.get());
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias("on_task_poll", "add_instrument"))]
pub fn observe(observer: impl Observer + 'static) {
    if !recorder::is_recording() {
        start(CAPACITY);
    }
    let old = recorder::listen(Some(Box::new(observer)));
    drop(old);
}

/// Gives a closure the last events when something goes wrong.
///
/// A recording begins if there is none. The closure is called, in the place of the one before, with what has happened and a
/// copy of the recording, while nothing of the loop's is borrowed:
///
/// - after the lap of a [slow poll](crate::slow), if the runtime looks for such: as often as stderr is told of it;
/// - when a panic comes out of `block_on`, before it does;
/// - when a signal asks for a [dump](crate::Builder::dump_on_signals);
/// - when the program calls [`deliver`].
///
/// The loop waits until it is done. One that panics is called no more. It is dropped with the runtime.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("wheelwright-flight-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let file = dir.join("flight.html");
/// # let page = file.clone();
/// use std::{thread, time::Duration};
/// use wheelwright::{Runtime, record};
/// use wheelwright_timeline::Timeline;
///
/// let runtime = Runtime::builder().slow_poll(Duration::from_millis(10)).build()?;
/// record::flight_recorder(move |trouble, recording| {
///     let timeline = Timeline::new(&recording).titled(trouble.to_string());
///     if let Err(error) = timeline.write(&page) {
///         eprintln!("no page was written: {error}");
///     }
/// });
/// runtime.block_on(async { thread::sleep(Duration::from_millis(20)) });
/// assert!(std::fs::read_to_string(&file)?.contains("slow poll"));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias("black_box", "FlightRecorder", "record_on_panic"))]
pub fn flight_recorder(mut hook: impl FnMut(Trouble, Recording) + 'static) {
    if !recorder::is_recording() {
        start(CAPACITY);
    }
    trouble::hook(Some(Box::new(move |what| {
        if let Some(recording) = snapshot() {
            hook(what, recording);
        }
    })));
}

/// Gives the [flight recorder](flight_recorder) what happened until now; nothing if there is none.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use wheelwright::{Runtime, record};
///
/// let (runtime, events) = (Runtime::builder().build()?, Rc::new(Cell::new(0)));
/// let counted = Rc::clone(&events);
/// record::flight_recorder(move |_, recording| counted.set(recording.events().len()));
/// runtime.block_on(async { record::deliver() });
/// assert_ne!(events.get(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn deliver() {
    trouble::call(Trouble::Asked);
}

/// Gives a copy of what was recorded until now, and goes on; `None` if nothing is.
///
/// ```
/// use wheelwright::{Runtime, record, yield_now};
///
/// let runtime = Runtime::builder().recorded(100).build()?;
/// runtime.block_on(async {
///     let before = record::snapshot().unwrap();
///     yield_now().await;
///     assert!(before.events().len() < record::snapshot().unwrap().events().len());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn snapshot() -> Option<Recording> {
    recorder::look(Recording::new)
}

/// Puts a mark of the program's own into the recording, if there is one.
///
/// ```
/// use wheelwright::record;
///
/// let runtime = wheelwright::Runtime::builder().recorded(100).build()?;
/// runtime.block_on(async { record::mark("page", 3) });
/// let recording = record::take().unwrap();
/// let mark = recording.events().iter().find(|event| event.kind == record::Kind::Mark).unwrap();
/// assert_eq!((recording.marks()[mark.a as usize], mark.b), ("page", 3));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn mark(text: &'static str, value: u64) {
    if recorder::is_recording() {
        recorder::mark(ready::current_id(), text, value);
    }
}

/// Tells what this thread's loop holds now, as recordings show it.
///
/// Blocking jobs are not listed.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let _child = wheelwright::spawn(async {});
///     assert_eq!(wheelwright::record::state().ready.len(), 1);
/// });
/// ```
#[must_use]
pub fn state() -> State {
    runtime::current(|event_loop| event_loop.state())
}

/// The words for what a task waits for: of the flags of a [`Kind::Wait`].
///
/// In them `{}` stands for the number of the resource.
///
/// ```
/// assert_eq!(wheelwright::record::wait_words(4), "timer {}");
/// ```
#[must_use]
pub fn wait_words(flags: u8) -> &'static str {
    WaitOn::words(flags)
}

/// Begins to record the last `capacity` events of this thread's loop.
///
/// What was recorded before is gone. It begins as soon as no task is being polled: with the next lap, or, once the root has been
/// polled, with the rest of this one.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use wheelwright::{record, yield_now};
///
/// wheelwright::block_on(async {
///     record::start(100);
///     yield_now().await;
///     yield_now().await;
/// });
/// assert!(record::take().is_some_and(|recording| 2 < recording.events().len()));
/// ```
pub fn start(capacity: usize) {
    runtime::current(|event_loop| {
        if event_loop.is_running() {
            recorder::want(capacity);
        } else {
            event_loop.begin_recording(capacity);
        }
    });
}

/// Ends the recording and gives what was recorded; `None` if nothing was.
///
/// ```
/// use wheelwright::{Runtime, record};
///
/// Runtime::builder().recorded(100).build()?.block_on(async {});
/// assert!(record::take().is_some());
/// assert!(record::take().is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn take() -> Option<Recording> {
    recorder::take().map(|recorder| Recording::new(&recorder))
}
