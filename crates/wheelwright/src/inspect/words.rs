//! Turns the number of what a task waits for into words that say how that stands at this moment.

use std::collections::BTreeMap;
use std::time::Duration;

use super::WokenBy;
use super::peers::Peers;
use crate::observe::event::Cause;
use crate::observe::facts::{self, Fact};
use crate::observe::{NO_TIMER, Wait, WaitOn};
use crate::ready::task_or_nobody;
use crate::runtime::EventLoop;
use crate::task::TaskId;

/// All that is known of what can be waited for.
pub(super) struct Known {
    now: u64,
    deadlines: BTreeMap<u32, u64>,
    facts: BTreeMap<u32, Fact>,
    senders: BTreeMap<u32, usize>,
    peers: Peers,
}

impl Known {
    pub(super) fn new(event_loop: &EventLoop) -> Self {
        Self {
            now: event_loop.timers.nanos_now(),
            deadlines: event_loop.timers.deadlines(),
            facts: facts::all(),
            senders: facts::senders(),
            peers: Peers::of(event_loop.reactor.len()),
        }
    }

    /// What a task waits for.
    pub(super) fn words(&mut self, wait: Wait) -> String {
        let number = wait.resource;
        let fact = self.facts.get(&number);
        let state = match wait.on {
            WaitOn::Readable => self.peers.peer("<-", number),
            WaitOn::Writable => self.peers.peer("->", number),
            WaitOn::Accept => self.peers.local(number),
            WaitOn::Timer => return self.timer(wait),
            WaitOn::Permit => of_all("free", fact, |fact| fact.free),
            WaitOn::Room => of_all("taken", fact, |fact| fact.total.saturating_sub(fact.free)),
            WaitOn::Value => match self.senders.get(&number) {
                Some(count) => format!(" (0 queued, {count} senders)"),
                None => " (0 queued, 1 sender)".into(),
            },
            WaitOn::Mutex => held(fact, "granted to the next in line"),
            WaitOn::RwLock => fact.map(read_or_written).unwrap_or_default(),
            WaitOn::OnceCell => held(fact, "its maker has gone"),
            _ => String::new(),
        };
        wait.in_words() + &state
    }

    /// The task that a wait is for, if it is one and known: who is joined, or has the lock.
    pub(super) fn task(&self, wait: Wait) -> Option<TaskId> {
        let task = match wait.on {
            WaitOn::Join => wait.resource,
            WaitOn::Mutex | WaitOn::RwLock | WaitOn::OnceCell => task_or_nobody(self.facts.get(&wait.resource)?.holder),
            _ => 0,
        };
        (task != 0).then_some(TaskId(task))
    }

    fn timer(&self, wait: Wait) -> String {
        let span_to = |deadline: &u64| span(Duration::from_nanos(deadline.saturating_sub(self.now)));
        match self.deadlines.get(&wait.resource) {
            Some(deadline) => format!("timer in {}", span_to(deadline)),
            None if wait.resource == NO_TIMER => wait.in_words(),
            None => "timer that is due".into(),
        }
    }
}

fn of_all(word: &str, fact: Option<&Fact>, count: impl Fn(&Fact) -> usize) -> String {
    let say = |fact: &Fact| format!(" ({} of {} {word}, {} in line)", count(fact), fact.total, fact.in_line);
    fact.map(say).unwrap_or_default()
}

fn held(fact: Option<&Fact>, by_nobody: &str) -> String {
    let say = |fact: &Fact| match task_or_nobody(fact.holder) {
        0 => format!(", {by_nobody}"),
        task => format!(" held by task {task}"),
    };
    fact.map(say).unwrap_or_default()
}

fn read_or_written(fact: &Fact) -> String {
    match (task_or_nobody(fact.holder), fact.total - fact.free) {
        (0, taken) if taken == fact.total => ", granted to the next in line".into(),
        (0, readers) => format!(" read by {readers}"),
        (task, _) => format!(" held by task {task}"),
    }
}

/// Who woke a task.
pub(super) fn waker(by: WokenBy) -> String {
    let who = match by.cause {
        Cause::Task => return by.task.map_or_else(|| "a task".into(), |task| format!("task {task}")),
        Cause::Itself => "itself",
        Cause::Kernel => "the kernel",
        Cause::Timer => "a timer",
        Cause::Thread => "another thread",
        Cause::Job => "a blocking job",
        Cause::Outside => "nobody in the loop",
    };
    who.into()
}

/// A span of time as people say it.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        _ if seconds < 1e5 => format!("{seconds:.1} s"),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_the_unit_that_fits() {
        let said = [3_000, 250_000_000, 1_240_000_000, 864_000_000_000_000].map(Duration::from_nanos).map(span);
        assert_eq!(said, ["3 µs", "250 ms", "1.2 s", "10 days"]);
    }
}
