//! Turns parked tasks into chains of awaits, each with its line: a dump that polls.

use std::backtrace::Backtrace;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::dump::write_page;
use super::{Dump, TaskInfo, TaskState, dump, tasks};
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
/// [`Group`](crate::Group), and of what is made of one, are all polled. At most a thousand waits are shown.
///
/// | a task that awaits | shows |
/// |---|---|
/// | `async fn`s within each other, a `Box<dyn Future>`, an `async_trait` object | one chain through all of them |
/// | [`join`](crate::join()), [`select`](crate::select()), [`race`](crate::race()) | a chain for each arm |
/// | [`timeout`](crate::time::timeout()), also within another | a chain for what is limited, and one for each limit |
/// | [`join_all`](crate::join_all()), [`map_concurrent`](crate::map_concurrent()), [`for_each_concurrent`](crate::for_each_concurrent()), [`buffer_unordered`](crate::stream::StreamExt::buffer_unordered), [`Group`](crate::Group) | a chain for each child that runs, also in groups within groups |
/// | [`scope`](crate::scope()) | a chain for the body, and one for each child |
/// | [`TaskGroup`](crate::TaskGroup), [`shield`](crate::shield()), a `JoinHandle` | itself; the tasks have chains of their own |
/// | others' `join!`, `select`, `join_all` of up to 30, boxes, adaptors of streams | a chain for each arm: they pass the waker on |
/// | others' `FuturesUnordered`, and what is made of it (`buffer_unordered`, `join_all` of more than 30), `Shared` | itself alone: it polls with wakers of its own |
/// | a future that kept no waker | `nothing kept its waker`: then nothing will wake it |
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
                let mut stacks = probe::stacks();
                probe::end();
                // Who was ready is not there any more, and waits for nothing.
                let left: BTreeSet<u32> = tasks().into_iter().map(|task| task.id.0).collect();
                stacks.retain(|task, _| left.contains(task));
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
    /// The `async fn`, or the type of the future; where there are line tables and nothing else only `async fn` or `poll`.
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
            if chain.is_empty() || chain.iter().any(|call| call.at.is_none()) {
                let how = "debug = \"line-tables-only\" in the profile adds them";
                writeln!(f, "{:width$}  (calls or lines are missing: {how})", "")?;
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
    let end = calls.iter().position(is_loop).unwrap_or(calls.len());
    calls.truncate(end);
    calls.into_iter().filter_map(await_of).rev().collect()
}

/// Where the loop polls the task, or the root.
fn is_loop(call: &Call) -> bool {
    let is_short = call.name.starts_with("run<") && (stands_in(call, "task.rs") || stands_in(call, "runtime.rs"));
    is_short || call.name.contains("::Run>::run") || call.name.contains("EventLoop::run")
}

/// Whether a call stands in this file of ours.
fn stands_in(call: &Call, file: &str) -> bool {
    let at = call.at.as_deref().unwrap_or_default();
    at.contains("wheelwright") && at.contains(&format!("/src/{file}:"))
}

/// A call that is an await, by its name in short; others are how it is done.
fn await_of(mut call: Call) -> Option<Call> {
    const STD: [&str; 6] = ["core::", "std::", "alloc::", "<core::", "<std::", "<alloc::"];
    let at = call.at.as_deref().unwrap_or_default();
    if at.starts_with("/rustc/") || STD.iter().any(|of| call.name.starts_with(of)) {
        return None;
    }
    let name = call.name.as_str();
    let async_fn = ["::{{closure}}", "::{closure#0}"].iter().find_map(|end| name.strip_suffix(end));
    let future = ["::poll", "::poll_next"].iter().find_map(|end| name.strip_suffix(end));
    let is_how = stands_in(&call, "task.rs") || stands_in(&call, "timer.rs");
    call.name = match (async_fn, future.and_then(|name| name.split_once(" as "))) {
        // Closures of ours are no awaits of the user's.
        (Some(name), _) if !name.contains("wheelwright::") => name.to_owned(),
        (_, Some((of, what))) if what.contains("Future") || what.contains("Stream") => {
            of.trim_start_matches('<').to_owned()
        }
        // What line tables alone tell.
        _ if name.starts_with("{async_fn#") => "async fn".into(),
        _ if name.starts_with("{async_") => "async block".into(),
        _ if !is_how && ["poll", "poll_next"].contains(&name.split('<').next()?) => "poll".into(),
        _ => return None,
    };
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(name: &str, at: &str) -> Option<String> {
        await_of(Call { name: name.into(), at: Some(at.into()) }).map(|call| call.name)
    }

    #[test]
    fn awaits_are_known_by_symbols_and_by_line_tables() {
        let sleep = "<wheelwright::time::Sleep as core::future::future::Future>::poll";
        assert_eq!(short(sleep, "wheelwright/src/time.rs:1:1").as_deref(), Some("wheelwright::time::Sleep"));
        assert_eq!(short("app::fetch::{{closure}}", "src/main.rs:1:1").as_deref(), Some("app::fetch"));
        assert_eq!(short("app::fetch::{closure#0}", "src/main.rs:1:1").as_deref(), Some("app::fetch"));
        assert_eq!(short("{async_fn#0}", "./src/main.rs:4:58").as_deref(), Some("async fn"));
        assert_eq!(short("{async_block#1}<app::A>", "./src/main.rs:4:58").as_deref(), Some("async block"));
        assert_eq!(short("poll<app::A>", "wheelwright/src/time.rs:163:27").as_deref(), Some("poll"));
        assert_eq!(short("poll<app::A>", "wheelwright/src/task.rs:52:47"), None);
        assert_eq!(short("poll", "wheelwright/src/timer.rs:73:21"), None);
        assert_eq!(short("keep", "wheelwright/src/waker.rs:116:17"), None);
        assert_eq!(short("poll<app::A>", "/rustc/5980/library/core/src/pin.rs:1:1"), None);
        let run = |name: &str, at: &str| is_loop(&Call { name: name.into(), at: Some(at.into()) });
        assert!(run("run<app::A>", "a/wheelwright/src/task.rs:246:22") && !run("run<app::A>", "src/main.rs:1:1"));
    }
}
