//! Turns panics that nobody joins into words on stderr.

use std::future::pending;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wheelwright::{Handle, block_on, spawn, spawn_blocking, spawn_named, time, with_resource, yield_now};

use crate::run;

/// A task is detached before it panics, another's handle is dropped after; a blocking job, and a task from elsewhere.
pub(crate) fn panic_unread() {
    block_on(async {
        drop(spawn_named("detached", async { panic!("first reason") }));
        let unread = spawn_named("unread", async { panic!("second reason") });
        yield_now().await;
        yield_now().await;
        assert!(unread.is_finished());
        drop(unread);
        // And work on, and from, other threads.
        let ((begin, begun), (go_on, told)) = (mpsc::channel(), mpsc::channel());
        let job = spawn_blocking(move || {
            begin.send(()).expect("the task listens");
            told.recv().expect("it is sent");
            panic!("third reason");
        });
        // One that has not begun would be cancelled at the end.
        begun.recv().expect("a thread is there for it");
        drop(job);
        go_on.send(()).expect("the job listens");
        let handle = Handle::current();
        let sender = thread::spawn(move || drop(handle.spawn(async || panic!("fourth reason"))));
        sender.join().expect("it does not panic");
        yield_now().await;
        yield_now().await;
    });
}

pub(crate) fn tells_of_each(command: &mut Command) -> Result<(), String> {
    // Two threads panic at about the same time: what the hook says of each is one write, a backtrace is many.
    let (_, stderr) = run(command.env("RUST_BACKTRACE", "0"))?;
    for (name, reason) in [
        ("task 2 'detached'", "first reason"),
        ("task 3 'unread'", "second reason"),
        ("a blocking job", "third reason"),
        ("a task sent from another thread", "fourth reason"),
    ] {
        let is_told =
            |line: &str| line.starts_with(&format!("wheelwright: {name} spawned at ")) && line.contains(reason);
        if stderr.lines().filter(|line| is_told(line)).count() != 1 {
            return Err(format!("{name} is not told of exactly once:\n{stderr}"));
        }
    }
    Ok(())
}

/// Nobody hears of the closes: one fails, one takes too long, one is cut short by the end.
pub(crate) fn close_unheard() {
    let used = |seconds: u64, closed: Result<(), &'static str>| {
        with_resource(
            async { Ok(()) },
            async |()| pending::<Result<(), _>>().await,
            async move |()| {
                time::sleep(Duration::from_secs(seconds)).await;
                closed
            },
            Duration::from_secs(2),
        )
    };
    wheelwright::test(async || {
        let tasks = [used(1, Ok(())), used(1, Err("no reply")), used(3, Ok(()))].map(spawn);
        yield_now().await;
        tasks.iter().for_each(wheelwright::JoinHandle::abort);
        time::sleep(Duration::from_secs(5)).await;
        let last = spawn(used(1, Ok(())));
        yield_now().await;
        last.abort();
        yield_now().await;
        drop(last);
    });
}

pub(crate) fn tells_of_three(command: &mut Command) -> Result<(), String> {
    let (_, stderr) = run(command)?;
    let reasons = ["no reply", "it took longer than 2s", "its runtime ended, or the close panicked"];
    let is_told =
        |line: &str, reason| line.starts_with("wheelwright: the resource opened at") && line.ends_with(reason);
    let lines: Vec<_> = stderr.lines().collect();
    match lines.len() == 3 && lines.iter().zip(reasons).all(|(line, reason)| is_told(line, reason)) {
        true => Ok(()),
        false => Err(format!("not each of {reasons:?} is told of once, in this order:\n{stderr}")),
    }
}

pub(crate) fn cancel_unread() {
    block_on(async {
        let aborted = spawn(pending::<()>());
        yield_now().await;
        aborted.abort();
        drop(aborted);
        drop(spawn(pending::<()>()));
        yield_now().await;
    });
}

pub(crate) fn is_silent(command: &mut Command) -> Result<(), String> {
    let (stdout, stderr) = run(command)?;
    match stdout.is_empty() && stderr.is_empty() {
        true => Ok(()),
        false => Err(format!("it said:\n{stdout}{stderr}")),
    }
}
