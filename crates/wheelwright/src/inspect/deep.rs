//! Turns parked tasks into chains of awaits, each with its line: a dump that polls.

use std::backtrace::Backtrace;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::dump::write_page;
use super::{Dump, TaskInfo, TaskState, dump};
use crate::observe::probe::{self, Stacks};
use crate::observe::{self, Line, WaitOn};
use crate::ready;
use crate::task::TaskId;

/// Dumps this thread's loop, with the chain of awaits of each parked task.
///
/// It is what [`dump`] tells, and more.
///
/// Every parked task is polled once, in the lap after this call, with a waker that notes who keeps it. To be polled without
/// having been woken does a future no harm; one that is ready all the same completes as it would have. The children of a
/// [`Group`](crate::Group), and of what is made of one, are all polled; those of another crate's combinator with wakers of
/// its own, such as `FuturesUnordered`, stay unseen, but for the combinator itself. At most a thousand waits are shown.
///
/// Lines need line tables: a release build has them with `debug = "line-tables-only"` in its profile, and the dump says so
/// when they are missing. Finding names and lines takes about a second for the first dump that is printed.
///
/// # Cancel safety
/// Dropping it gives up the dump; tasks that were to be polled are.
///
/// # Panics
/// Awaiting it outside a runtime.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{inspect, time::sleep};
///
/// async fn fetch() { sleep(Duration::from_secs(9)).await }
/// async fn crawl() { fetch().await }
///
/// wheelwright::block_on(async {
///     let task = wheelwright::spawn(crawl());
///     wheelwright::yield_now().await;
///     let dump = inspect::dump_deep().await;
///     let names: Vec<String> = dump.chains(task.id())[0].iter().map(|call| call.name.clone()).collect();
///     assert!(names[0].ends_with("crawl") && names[1].ends_with("fetch") && names[2].ends_with("Sleep"), "{names:?}");
/// });
/// ```
#[doc(alias("async_backtrace", "taskdump", "print_call_graph", "await_tree"))]
#[must_use = "nothing is dumped until it is awaited"]
#[track_caller]
pub fn dump_deep() -> DumpDeep {
    DumpDeep { begun: None, at: Location::caller() }
}

/// The future of [`dump_deep`].
#[must_use = "nothing is dumped until it is awaited"]
#[derive(Debug)]
pub struct DumpDeep {
    /// The dump from before anybody was polled, and the lap in which that was.
    begun: Option<(Dump, u32)>,
    at: Line,
}

impl Future for DumpDeep {
    type Output = DeepDump;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<DeepDump> {
        match self.begun.take() {
            // All that were parked have been polled in the lap between.
            Some((dump, lap)) if 2 <= ready::lap().wrapping_sub(lap) => {
                let stacks = probe::stacks();
                probe::end();
                return Poll::Ready(DeepDump { dump, stacks });
            }
            Some(begun) => self.begun = Some(begun),
            None => {
                self.begun = Some((dump(), ready::lap()));
                probe::begin();
                ready::wake_parked();
            }
        }
        cx.waker().wake_by_ref();
        observe::waits(WaitOn::Yield, 0, self.at);
        Poll::Pending
    }
}

impl Drop for DumpDeep {
    fn drop(&mut self) {
        if self.begun.is_some() {
            probe::end();
        }
    }
}

/// A dump with chains of awaits; made by [`dump_deep`], printed with `{}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct DeepDump {
    /// What a [`dump`] found before the tasks were polled.
    pub dump: Dump,
    stacks: Stacks,
}

/// One link of a chain of awaits: one of those of [`DeepDump::chains`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The `async fn`, or the type of the future.
    pub name: String,
    /// The line at which it awaits the next one, with its file; `None` without line tables.
    pub at: Option<String>,
}

impl DeepDump {
    /// Returns the chains of a task, one for each thing that it waits for.
    ///
    /// The outermost call comes first.
    ///
    /// There is none if nothing kept its waker when it was polled: then nothing will wake it.
    #[must_use]
    pub fn chains(&self, task: TaskId) -> Vec<Vec<Call>> {
        self.stacks.get(&task.0).into_iter().flatten().map(|stack| chain(stack)).collect()
    }

    fn write_chains(&self, f: &mut fmt::Formatter<'_>, depth: usize, group: &[&TaskInfo]) -> fmt::Result {
        let seen = group.iter().find(|task| self.stacks.contains_key(&task.id.0));
        let Some(task) = seen.filter(|task| matches!(task.state, TaskState::Parked { .. })) else { return Ok(()) };
        let chains = self.chains(task.id);
        let width = 2 * depth + 4;
        if chains.is_empty() {
            return writeln!(f, "{:width$}nothing kept its waker", "");
        }
        for chain in chains {
            let mut mark = "- ";
            for call in &chain {
                writeln!(f, "{:width$}{mark}{call}", "")?;
                mark = "  ";
            }
            if chain.iter().any(|call| call.at.is_none()) {
                let how = "debug = \"line-tables-only\" in the profile adds them";
                writeln!(f, "{:width$}  (some lines are not known: {how})", "")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DeepDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_page(&self.dump, f, |f, depth, group| self.write_chains(f, depth, group))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.at.as_ref().map_or(Ok(()), |at| write!(f, " at {at}"))
    }
}

/// The awaits in a stack. Its text is all that std shows: a line `4: name`, and a line `at file:line:column` if that is known.
fn chain(stack: &Backtrace) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in stack.to_string().lines().map(str::trim) {
        if let Some(at) = line.strip_prefix("at ") {
            if let Some(call) = calls.last_mut() {
                call.at = Some(at.trim_start_matches("./").to_owned());
            }
            continue;
        }
        let name = line.split_once(": ").map_or(line, |(_, name)| name);
        calls.push(Call { name: name.to_owned(), at: None });
    }
    // Where the loop polls the task, or the root.
    let is_loop = |call: &Call| call.name.contains("::Run>::run") || call.name.contains("EventLoop::run");
    let end = calls.iter().position(is_loop).unwrap_or(calls.len());
    calls.truncate(end);
    let mut chain: Vec<Call> = calls.into_iter().filter_map(await_of).rev().collect();
    chain.dedup_by(|inner, outer| inner.name == outer.name && inner.at == outer.at);
    chain
}

/// A call that is an await, by its name in short; others are how it is done.
fn await_of(mut call: Call) -> Option<Call> {
    const STD: [&str; 6] = ["core::", "std::", "alloc::", "<core::", "<std::", "<alloc::"];
    if STD.iter().any(|of| call.name.starts_with(of)) {
        return None;
    }
    let async_fn = ["::{{closure}}", "::{closure#0}"].iter().find_map(|end| call.name.strip_suffix(end));
    let future = ["::poll", "::poll_next"].iter().find_map(|end| call.name.strip_suffix(end));
    call.name = match (async_fn, future.and_then(|name| name.split_once(" as "))) {
        // Closures of ours are no awaits of the user's.
        (Some(name), _) if !name.contains("wheelwright::") => name.to_owned(),
        (_, Some((of, what))) if what.contains("Future") || what.contains("Stream") => {
            of.trim_start_matches('<').to_owned()
        }
        _ => return None,
    };
    Some(call)
}
