//! Turns a slow poll into words: who it was, what it did before and after, and where the time went.

use std::fmt;
use std::time::Duration;

use super::slow::Polled;
use super::usage::{Spent, Why};
use super::{Line, Wait};

/// A poll that kept the loop from everybody else for too long, or many in one lap.
///
/// Its `Display` is what stands on stderr. It is told to whoever [listens](crate::slow::listen).
///
/// ```
/// use std::{thread, time::Duration};
/// use wheelwright::{Runtime, slow};
///
/// let runtime = Runtime::builder().slow_poll(Duration::from_millis(5)).build()?;
/// slow::listen(|report| {
///     assert_eq!((report.task(), report.polls()), (1, 1));
///     assert!(Duration::from_millis(5) <= report.took());
///     assert!(report.to_string().contains("held the loop for"));
/// });
/// runtime.block_on(async { thread::sleep(Duration::from_millis(10)) });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Report {
    pub(super) took: Duration,
    pub(super) polls: u32,
    pub(super) longest: Duration,
    pub(super) spent: Option<Spent>,
    pub(super) polled: Polled,
    pub(super) after: Option<Wait>,
}

/// Where the task was spawned, what it awaited before and after, and why it was slow.
pub(super) type Cause = (u16, u16, u16, u8);

impl Report {
    /// For how long the loop could do nothing else.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How many polls it was: 1, or all of a lap.
    ///
    /// A lap is slow if its polls are together, though none of them is.
    #[must_use]
    pub fn polls(&self) -> u32 {
        self.polls
    }

    /// How long the longest of the polls took.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// Where the time went, for the most part.
    #[must_use]
    pub fn why(&self) -> Why {
        self.spent.map_or(Why::Unknown, Spent::why)
    }

    /// The number of the task; of several, of the one with the longest poll.
    #[must_use]
    pub fn task(&self) -> u32 {
        self.polled.task
    }

    /// The name that the task was spawned with.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.polled.name.as_deref()
    }

    /// The line that spawned the task.
    #[must_use]
    pub fn spawned_at(&self) -> Option<Line> {
        self.polled.spawned_at.line()
    }

    /// The line it awaited before, if that is known: what took so long comes after it.
    #[must_use]
    pub fn from(&self) -> Option<Line> {
        self.polled.before.at.line()
    }

    /// The line it awaits now, if that is known: what took so long comes before it.
    #[must_use]
    pub fn to(&self) -> Option<Line> {
        self.after?.at.line()
    }

    /// What is alike in reports of one cause.
    pub(super) fn cause(&self) -> Cause {
        let after = self.after.map_or(0, |wait| wait.at.number());
        (self.polled.spawned_at.number(), self.polled.before.at.number(), after, self.why() as u8)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = (self.task(), self.name(), self.spawned_at());
        let what =
            f.debug_struct("Report").field("took", &self.took).field("polls", &self.polls).finish_non_exhaustive();
        what.and_then(|()| write!(f, " of {who:?}"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { took, polls, longest, polled, .. } = self;
        let name = polled.name.as_deref().map_or(String::new(), |name| format!(" '{name}'"));
        let who = format!("task {}{name}", polled.task);
        match polls {
            1 => write!(f, "wheelwright: slow poll: {who} held the loop for {}", shown(*took))?,
            _ => write!(f, "wheelwright: slow lap: {polls} polls held the loop for {}", shown(*took))?,
        }
        write!(f, ": {}", self.why())?;
        if *polls != 1 {
            write!(f, "\n    the longest was {} of {who}", shown(*longest))?;
        }
        if let Some(line) = self.spawned_at() {
            write!(f, "\n    spawned at {line}")?;
        }
        write!(f, "\n    it {}", began(polled))?;
        match self.after {
            None => write!(f, " and ended: what took so long is between")?,
            Some(after) if self.from().is_some() && self.from() == self.to() => {
                write!(f, " and came back to it ({}): what took so long is on the way", after.in_words())?;
            }
            Some(after) => write!(f, " and got to {}: what took so long is between", place(after))?,
        }
        self.spent.map_or(Ok(()), |Spent { running, waiting, asleep }| {
            let [running, asleep, waiting] = [running, asleep, waiting].map(|n| shown(Duration::from_nanos(n)));
            write!(f, "\n    {running} on the CPU, {asleep} asleep in the kernel, {waiting} waiting for a CPU")
        })
    }
}

fn began(polled: &Polled) -> String {
    if polled.polls == 1 {
        return "began".into();
    }
    format!("went on from {}", place(polled.before))
}

fn place(wait: Wait) -> String {
    let words = wait.in_words();
    wait.at.line().map_or_else(|| words.clone(), |line| format!("{line} ({words})"))
}

fn shown(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
