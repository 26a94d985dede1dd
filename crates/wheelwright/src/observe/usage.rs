//! Turns the kernel's account of a thread into where its time went.
//!
//! Linux keeps three numbers of each thread in `/proc/thread-self/schedstat`: nanoseconds on a CPU, nanoseconds ready to run
//! and not let, and how often it was put on a CPU (Documentation/scheduler/sched-stats.rst). What is left of a stretch of time
//! the thread was asleep in the kernel. Where there is no such file nothing is known, and that is said.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};

/// Where the time of a slow poll went, for the most part: [`Report::why`](crate::slow::Report::why).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Why {
    /// It is not known: the system keeps no such account.
    Unknown,
    /// The thread ran: it computed.
    BurnedCpu,
    /// The thread slept in a system call: a sleep, a read, a lock of another thread's, a page of memory that was on disk.
    Blocked,
    /// The thread was ready to run and not let: others had the CPU, or the quota of its group was used up.
    TakenOff,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "why is not known on this system",
            Self::BurnedCpu => "burned CPU",
            Self::Blocked => "blocked in a system call",
            Self::TakenOff => "taken off the CPU by the OS",
        })
    }
}

/// What a thread had used at one moment, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    ran: u64,
    waited: u64,
    /// How often it was put on a CPU. While this stays the same it never left one.
    turns: u64,
}

/// Where a stretch of time went, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) running: u64,
    pub(super) waiting: u64,
    pub(super) asleep: u64,
}

/// The open account of this thread.
pub(super) struct Account(Option<File>);

impl Account {
    pub(super) fn open() -> Self {
        Self(File::open("/proc/thread-self/schedstat").ok())
    }

    pub(super) fn read(&mut self) -> Option<Usage> {
        let file = self.0.as_mut()?;
        let mut text = [0; 96];
        file.rewind().ok()?;
        let length = file.read(&mut text).ok()?;
        Usage::parse(std::str::from_utf8(&text[..length]).ok()?)
    }
}

impl Usage {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_ascii_whitespace().map(|number| number.parse().ok());
        Some(Self { ran: numbers.next()??, waited: numbers.next()??, turns: numbers.next()?? })
    }

    /// Where so much time went, since an earlier moment.
    pub(super) fn since(self, earlier: Self, length: u64) -> Spent {
        if self.turns == earlier.turns {
            // The kernel brings the first number up to date when the thread leaves the CPU, or at a tick.
            return Spent { running: length, ..Spent::default() };
        }
        let waiting = self.waited.saturating_sub(earlier.waited).min(length);
        let running = self.ran.saturating_sub(earlier.ran).min(length - waiting);
        Spent { running, waiting, asleep: length - waiting - running }
    }
}

impl Spent {
    /// What took the most of it.
    pub(super) fn why(self) -> Why {
        if self.waiting.max(self.asleep) <= self.running {
            return Why::BurnedCpu;
        }
        if self.asleep <= self.waiting { Why::TakenOff } else { Why::Blocked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_the_most_of_the_time_is_the_cause() {
        let earlier = Usage { ran: 1000, waited: 100, turns: 5 };
        let why = |ran: u64, waited: u64, turns: u64| {
            Usage { ran: 1000 + ran, waited: 100 + waited, turns: 5 + turns }.since(earlier, 90).why()
        };
        assert_eq!(why(80, 5, 1), Why::BurnedCpu);
        assert_eq!(why(5, 80, 1), Why::TakenOff);
        assert_eq!(why(5, 5, 1), Why::Blocked);
        assert_eq!(why(0, 0, 0), Why::BurnedCpu, "it never left the CPU, whatever the kernel has counted yet");
        // The account may begin a little before the poll.
        assert_eq!(Usage { ran: 2000, waited: 500, turns: 6 }.since(earlier, 90).asleep, 0);
    }

    #[test]
    fn an_account_that_cannot_be_read_is_none() {
        assert_eq!(Usage::parse("12 34 5\n"), Some(Usage { ran: 12, waited: 34, turns: 5 }));
        assert_eq!(Usage::parse("12 34"), None);
        assert_eq!(Usage::parse("0 0 x"), None);
        assert_eq!(Account(None).read(), None);
    }
}
