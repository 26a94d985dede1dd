//! Turns events into lanes of slices: what the thread did, and each task.

use std::collections::BTreeMap;

use wheelwright::record::{self, Event, Kind, Outcome, Recording};

/// A poll this long, in nanoseconds, is worth a look: meanwhile nobody else has the thread.
pub(crate) const SLOW: u64 = 5_000_000;

/// What goes on in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// The task is polled: it has the thread.
    Running,
    /// The task was woken and waits for its turn.
    Ready,
    /// The task waits for its timer, which is due, and the loop has not looked.
    Due,
    /// The task waits for something.
    Parked,
    /// The loop waits in the kernel.
    Kernel,
}

/// From one place on the axis to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) doing: Doing,
}

/// What one task did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) slices: Vec<Slice>,
    pub(crate) polls: u32,
    /// The number of the line that spawned it.
    pub(crate) spawned_at: u16,
    pub(crate) outcome: Option<u8>,
    /// It was woken while it ran.
    is_woken: bool,
    /// The place on the axis from which on the timer that it waits for is due.
    due: Option<u64>,
    /// A slice has begun and not ended.
    open: Option<(u64, Doing)>,
}

/// A whole run.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    pub(crate) thread: Lane,
    pub(crate) tasks: BTreeMap<u32, Lane>,
    pub(crate) end: u64,
}

impl Lane {
    fn open(&mut self, at: u64, doing: Doing) {
        self.close(at);
        self.open = Some((at, doing));
    }

    fn close(&mut self, to: u64) {
        self.slices.extend(self.open.take().map(|(from, doing)| Slice { from, to, doing }));
    }

    fn is_running(&self) -> bool {
        self.open.is_some_and(|(_, doing)| doing == Doing::Running)
    }

    /// How long the task did something, in all.
    pub(crate) fn total(&self, doing: Doing) -> u64 {
        self.of(doing).sum()
    }

    /// The longest slice of a kind.
    pub(crate) fn longest(&self, doing: Doing) -> u64 {
        self.of(doing).max().unwrap_or_default()
    }

    fn of(&self, doing: Doing) -> impl Iterator<Item = u64> {
        self.slices.iter().filter(move |slice| slice.doing == doing).map(|slice| slice.to - slice.from)
    }

    fn add(&mut self, event: &Event, at: u64) {
        match event.kind {
            Kind::Spawn => {
                self.spawned_at = event.place();
                self.open(at, Doing::Ready);
            }
            Kind::Wake if self.is_running() => self.is_woken = true,
            Kind::Wake => {
                self.be_due(at);
                self.open(at, Doing::Ready);
            }
            Kind::PollStart => {
                self.polls += 1;
                self.is_woken = false;
                self.open(at, Doing::Running);
            }
            Kind::PollEnd if event.flags == Outcome::Pending as u8 => {
                self.open(at, if self.is_woken { Doing::Ready } else { Doing::Parked });
            }
            Kind::PollEnd => self.end(at, event.flags),
            Kind::Drop => self.end(at, Outcome::Cancelled as u8),
            _ => {}
        }
    }

    /// The task is woken: if its timer was due before, it had to wait since then.
    fn be_due(&mut self, at: u64) {
        let begin = self.open.filter(|(_, doing)| *doing == Doing::Parked).zip(self.due.take());
        if let Some(((from, _), due)) = begin
            && due < at
        {
            self.open(due.max(from), Doing::Due);
        }
    }

    fn end(&mut self, at: u64, outcome: u8) {
        self.close(at);
        self.outcome = Some(outcome);
    }
}

impl Lanes {
    /// The lanes of a recording, on an axis of nanoseconds, or of events where the clock was paused.
    pub(crate) fn new(recording: &Recording) -> Self {
        let begin = recording.events().first().map_or(0, |event| event.at);
        let place = |index: usize, event: &Event| if recording.is_paused() { index as u64 } else { event.at - begin };
        let mut lanes = Self::default();
        let mut deadlines = Deadlines::new(recording, begin);
        lanes.begin(recording);
        for (index, event) in recording.events().iter().enumerate() {
            let at = place(index, event);
            lanes.end = at.max(1);
            if event.task != 0 && event.kind != Kind::Mark {
                let lane = lanes.tasks.entry(event.task).or_default();
                lane.add(event, at);
                if event.kind == Kind::Wait {
                    lane.due = deadlines.due(event);
                }
            }
            match event.kind {
                Kind::TimerArmed => deadlines.add(event),
                Kind::PollStart => lanes.thread.open(at, Doing::Running),
                Kind::KernelEnter => lanes.thread.open(at, Doing::Kernel),
                Kind::PollEnd | Kind::KernelExit => lanes.thread.close(at),
                _ => {}
            }
        }
        let end = lanes.end;
        lanes.thread.close(end);
        lanes.tasks.values_mut().for_each(|lane| lane.close(end));
        lanes
    }

    /// Those who were there before the first event.
    fn begin(&mut self, recording: &Recording) {
        let base = recording.base();
        for (id, task) in &base.tasks {
            let is_ready = base.ready.contains(&task.slot) || base.batch.contains(&task.slot);
            let lane = Lane { spawned_at: task.place(), ..Lane::default() };
            let lane = self.tasks.entry(*id).or_insert(lane);
            lane.open(0, if is_ready { Doing::Ready } else { Doing::Parked });
        }
    }
}

/// The deadlines of timers, on an axis that begins at some time; none on one of steps.
struct Deadlines {
    times: BTreeMap<u64, u64>,
    begin: u64,
    is_paused: bool,
}

impl Deadlines {
    fn new(recording: &Recording, begin: u64) -> Self {
        let times = recording.base().timers.iter().map(|(timer, deadline)| (u64::from(*timer), *deadline)).collect();
        Self { times, begin, is_paused: recording.is_paused() }
    }

    fn add(&mut self, event: &Event) {
        self.times.insert(event.a, event.b);
    }

    /// From when on a task that begins to wait is due by its timer. Timers are looked for by the millisecond.
    fn due(&self, event: &Event) -> Option<u64> {
        let is_timer = record::wait_words(event.flags) == "timer {}" && !self.is_paused;
        let deadline = self.times.get(&event.a).filter(|_| is_timer)?;
        Some((deadline + 1_000_000).saturating_sub(self.begin))
    }
}
