//! Turns everything that a program can lose into one line on stderr each, and what is not lost into silence.

use std::future::pending;
use std::mem;
use std::process::Command;

use wheelwright::{Runtime, TaskGroup, Unhandled, block_on, spawn, spawn_named, yield_now};

use crate::{ANTI_HANG, end_of, run};

async fn laps(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

/// What is planted, by the reason that its line must tell.
pub(crate) fn plant() {
    let runtime = Runtime::builder().build().expect("a loop");
    let outliving = runtime.block_on(async {
        spawn_named("detached", async { panic!("panic 1") }).detach();
        let unread = spawn_named("unread", async { panic!("panic 2") });
        let leaked = spawn_named("leaked", async { panic!("panic 3") });
        let outliving = spawn_named("outliving", async { panic!("panic 4") });
        let result = spawn_named("result", async { Err::<u8, _>("error 5") });
        drop(spawn_named("dropped before", async { Err::<u8, _>("error 6") }));
        spawn_named("logged", async { Err::<u8, _>("error 7") }).detach_logged();
        spawn_named("watched", async {}).on_done(|_| panic!("panic 8"));
        let read_too_late = spawn_named("read too late", async { panic!("panic 9") });
        laps(3).await;
        drop((unread, result));
        mem::forget(leaked);
        drop(spawn_named("untouched", pending::<()>()));
        (outliving, read_too_late)
    });
    drop(runtime);
    drop(outliving.0);
    assert!(block_on(outliving.1).expect_err("it panicked").is_panic());
}

/// What is told meets a pipe without a reader.
pub(crate) fn goes_on_unheard(command: &mut Command) -> Result<(), String> {
    let (reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    drop(reader);
    let status = command.stderr(writer).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

pub(crate) fn is_told_of_each(command: &mut Command) -> Result<(), String> {
    let (_, stderr) = run(command.env("RUST_BACKTRACE", "0"))?;
    let mut told: Vec<_> = stderr.lines().filter_map(|line| line.strip_prefix("wheelwright: ")).collect();
    for (who, what) in [
        ("task 2 'detached' spawned at tests/alone/lost.rs:", "panicked: panic 1; nobody joined it"),
        ("task 3 'unread' spawned at tests/alone/lost.rs:", "panicked: panic 2; nobody joined it"),
        ("task 4 'leaked' spawned at tests/alone/lost.rs:", "panic 3; nobody had joined it when the runtime ended"),
        ("task 5 'outliving' spawned at tests/alone/lost.rs:", "panic 4; nobody had joined it when the runtime ended"),
        ("task 6 'result' spawned at tests/alone/lost.rs:", "gave a Result<u8, &str> that nobody read: "),
        ("task 7 'dropped before' spawned at tests/alone/lost.rs:", "gave a Result<u8, &str> that nobody read: "),
        ("task 8 'logged' spawned at tests/alone/lost.rs:", "failed: error 7"),
        ("the callback attached at tests/alone/lost.rs:", "panicked: panic 8; nobody joined it"),
        ("task 12 'read too late' spawned", "panic 9; nobody had joined it when the runtime ended"),
        ("1 task was never polled before the runtime ended: task 13 'untouched' spawned at tests/alone/lost.rs:", ""),
    ] {
        let is_it = |line: &&str| line.starts_with(who) && line.contains(what);
        let Some(at) = told.iter().position(is_it) else {
            return Err(format!("{who} … {what}: not told of, or twice:\n{stderr}"));
        };
        told.remove(at);
    }
    if told.is_empty() { Ok(()) } else { Err(format!("told besides: {told:?}")) }
}

/// Nothing here is lost.
pub(crate) fn lose_nothing() {
    block_on(async {
        spawn(async {}).detach();
        drop(spawn(async { 1 }));
        spawn(async { Ok::<_, String>(1) }).detach_logged();
        spawn(async { Err::<u8, _>(1) }).on_done(drop);
        let read = spawn_named("read", async { Err::<u8, _>("error") });
        let given_up = spawn(async { Err::<u8, _>("error") });
        laps(3).await;
        assert!(read.await.expect("it completes").is_err());
        given_up.abort();
        let mut group = TaskGroup::new();
        for n in 0..3 {
            group.spawn(async move { if n == 0 { Ok(n) } else { Err("a loser of the race") } });
        }
        laps(1).await;
        assert_eq!(group.join_next().await.expect("there are three").expect("it completes"), Ok(0));
        // An abort before the first poll: nobody wants it, and so nobody misses it.
        let not_begun = spawn(pending::<()>());
        not_begun.abort();
        // The end comes before these calls, and makes them.
        spawn(async { Err::<u8, _>(1) }).on_done(drop);
        spawn(pending::<()>()).on_done(drop);
        laps(1).await;
    });
    // It never ran, and who holds the handle learns it there.
    let runtime = Runtime::builder().build().expect("a loop");
    let held = runtime.spawn(pending::<()>());
    drop(runtime);
    assert!(block_on(held).expect_err("it did not run").is_cancelled());
}

/// A task that panics under `Abort`.
pub(crate) fn abort() {
    let runtime = Runtime::builder().unhandled(Unhandled::Abort).build().expect("a loop");
    runtime.block_on(async {
        spawn_named("fatal", async { panic!("out of order") }).detach();
        laps(5).await;
        println!("it went on");
    });
}

pub(crate) fn is_aborted(command: &mut Command) -> Result<(), String> {
    let child = command.env("RUST_BACKTRACE", "0").spawn().map_err(|error| error.to_string())?;
    let Err(end) = end_of(child, ANTI_HANG) else { return Err("it ended well".into()) };
    let has_told = end.contains("wheelwright: task 2 'fatal' spawned at tests/alone/lost.rs:");
    match has_told && end.contains("SIGABRT") && !end.contains("it went on") {
        true => Ok(()),
        false => Err(format!("not aborted, or without a word:\n{end}")),
    }
}

/// Tasks of which the end must name some, and count the rest.
pub(crate) fn leave_a_dozen() {
    block_on(async {
        for n in 0..12 {
            spawn_named(&format!("no. {n}"), async {}).detach();
        }
    });
}

pub(crate) fn names_ten(command: &mut Command) -> Result<(), String> {
    let (_, stderr) = run(command)?;
    let is_right = stderr
        .starts_with("wheelwright: 12 tasks were never polled before the runtime ended: task 2 'no. 0'")
        && stderr.contains("'no. 9'")
        && !stderr.contains("'no. 10'")
        && stderr.trim_end().ends_with("; and 2 more")
        && stderr.lines().count() == 1;
    if is_right { Ok(()) } else { Err(stderr) }
}
