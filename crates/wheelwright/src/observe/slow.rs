//! Turns the clock at both ends of each poll into reports of those that kept the loop too long.
//!
//! The clock is the machine's, also where the loop's own is paused: what is measured is how long nobody else could run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::event::Kind;
use super::recorder::{self, WATCHING};
use super::report::{Cause, Report};
use super::usage::{Account, Usage, Why};
use super::{Place, Wait, nanos};

/// After a report of one cause the next ones are counted for so long.
const QUIET: Duration = Duration::from_secs(10);
/// The account of the thread is read anew after such a part of the threshold: by so much a report may be wrong.
const PART: u32 = 8;

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// The poll that is under way.
#[derive(Clone)]
pub(crate) struct Polled {
    pub(crate) task: u32,
    pub(crate) slot: u32,
    pub(crate) name: Option<Rc<str>>,
    pub(crate) spawned_at: Place,
    /// What it waited for until now.
    pub(crate) before: Wait,
    /// How many polls of it there were, this one included.
    pub(crate) polls: u32,
}

/// What the thread had used, and when.
#[derive(Clone, Copy)]
struct Sample {
    at: Instant,
    usage: Option<Usage>,
}

/// The polls of one lap that were not slow by themselves.
struct Lap {
    number: u32,
    began: Sample,
    polls: u32,
    took: Duration,
    longest: Option<(Duration, Polled, Option<Wait>)>,
}

/// What came of one cause since it was last written about.
struct Told {
    at: Instant,
    unwritten: u32,
    last: Report,
}

struct Watch {
    threshold: Duration,
    account: Account,
    sample: Option<Sample>,
    /// What the task that is polled next waited for.
    next: Wait,
    polled: Option<(Instant, Polled)>,
    lap: Option<Lap>,
    /// No more of them than the program has lines for.
    told: BTreeMap<Cause, Told>,
    /// Nobody has heard of these yet; with whether they were written about.
    reports: Vec<(Report, bool)>,
}

/// Watches this thread's polls from now on, for those that take so long; `None` watches no more.
pub(crate) fn watch(threshold: Option<Duration>) {
    recorder::watch(threshold.is_some());
    let new = threshold.map(|threshold| Watch {
        threshold,
        account: Account::open(),
        sample: None,
        next: Wait::NONE,
        polled: None,
        lap: None,
        told: BTreeMap::new(),
        reports: Vec::new(),
    });
    let old = WATCH.try_with(|watch| watch.replace(new));
    old.iter().flatten().for_each(Watch::write_rest);
}

/// Whether this thread's polls are watched.
pub(crate) fn is_on() -> bool {
    recorder::is_on(WATCHING)
}

/// A task that waited for this is polled next.
pub(crate) fn will_poll(wait: Wait) {
    with(|watch| watch.next = wait);
}

/// A poll begins, in this lap.
pub(crate) fn begin_poll(polled: impl FnOnce(Wait) -> Polled, lap: u32) {
    with(|watch| {
        let polled = polled(watch.next);
        let now = Instant::now();
        let sample = watch.sampled(now);
        if watch.lap.as_ref().is_none_or(|known| known.number != lap) {
            watch.end_lap();
            watch.lap = Some(Lap { number: lap, began: sample, polls: 0, took: Duration::ZERO, longest: None });
        }
        // The account took a while to read.
        let began = if sample.at == now { Instant::now() } else { now };
        watch.polled = Some((began, polled));
    });
}

/// The slot of the task whose poll is under way.
pub(crate) fn polled() -> Option<u32> {
    with(|watch| watch.polled.as_ref().map(|(_, polled)| polled.slot)).flatten()
}

/// The poll that was under way, if one was, has ended; with what the task waits for, or `None` if it is done.
pub(crate) fn end_poll(after: Option<Wait>) {
    with(|watch| {
        let Some((began, polled)) = watch.polled.take() else { return };
        let took = began.elapsed();
        if watch.threshold <= took {
            return watch.report(took, 1, took, polled, after, watch.sample);
        }
        let Some(lap) = &mut watch.lap else { return };
        lap.polls += 1;
        lap.took += took;
        if lap.longest.as_ref().is_none_or(|(longest, ..)| *longest < took) {
            lap.longest = Some((took, polled, after));
        }
    });
}

/// The lap is over.
pub(crate) fn end_lap() {
    with(Watch::end_lap);
}

/// What nobody has heard of yet, each with whether it was written to stderr.
pub(crate) fn news() -> Vec<(Report, bool)> {
    with(|watch| std::mem::take(&mut watch.reports)).unwrap_or_default()
}

impl Watch {
    /// What the thread has used, unless that is known well enough.
    fn sampled(&mut self, now: Instant) -> Sample {
        match self.sample {
            Some(sample) if now - sample.at < self.threshold / PART => sample,
            _ => *self.sample.insert(Sample { at: now, usage: self.account.read() }),
        }
    }

    fn end_lap(&mut self) {
        let Some(Lap { began, polls, took, longest, .. }) = self.lap.take() else { return };
        if took < self.threshold {
            return;
        }
        if let Some((longest, polled, after)) = longest {
            self.report(took, polls, longest, polled, after, Some(began));
        }
    }

    fn report(
        &mut self,
        took: Duration,
        polls: u32,
        longest: Duration,
        polled: Polled,
        after: Option<Wait>,
        since: Option<Sample>,
    ) {
        let usage = self.account.read();
        let spent = since.and_then(|since| Some(usage?.since(since.usage?, nanos(took))));
        let report = Report { took, polls, longest, spent, polled, after };
        let Report { polled: Polled { task, spawned_at, .. }, .. } = report;
        let why = spent.map_or(Why::Unknown, |spent| spent.why());
        recorder::record_at(Kind::Slow, why as u8, spawned_at, task, nanos(took), polls.into());
        self.sample = None;
        let is_written = self.write(&report);
        self.reports.push((report, is_written));
    }

    /// Writes about it, unless there was much of the same just now; whether it did.
    fn write(&mut self, report: &Report) -> bool {
        let now = Instant::now();
        let Some(told) = self.told.get_mut(&report.cause()) else {
            put(report, 0);
            self.told.insert(report.cause(), Told { at: now, unwritten: 0, last: report.clone() });
            return true;
        };
        told.last = report.clone();
        if now - told.at < QUIET {
            told.unwritten += 1;
            return false;
        }
        told.at = now;
        put(report, std::mem::take(&mut told.unwritten));
        true
    }

    /// Writes about those that were only counted.
    fn write_rest(&self) {
        for told in self.told.values().filter(|told| told.unwritten != 0) {
            put(&told.last, told.unwritten - 1);
        }
    }
}

/// In one write, so that the lines of several threads stay together.
fn put(report: &Report, more: u32) {
    let counted =
        if more == 0 { String::new() } else { format!("    and {more} more like it since the last report\n") };
    // A program whose stderr is closed does not want to hear of it.
    let _ = std::io::stderr().write_all(format!("{report}\n{counted}").as_bytes());
}

fn with<T>(act: impl FnOnce(&mut Watch) -> T) -> Option<T> {
    // Nothing is there at a thread's end, when destructors may still end a runtime.
    is_on().then(|| WATCH.try_with(|watch| watch.borrow_mut().as_mut().map(act)).ok())??
}
