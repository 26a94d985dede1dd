//! Turns panics that nobody joins into words on stderr.

use std::future::pending;
use std::process::Command;

use wheelwright::{block_on, spawn, spawn_named, yield_now};

use crate::run;

/// One task is detached before it panics, the other's handle is dropped after.
pub(crate) fn panic_unread() {
    block_on(async {
        drop(spawn_named("detached", async { panic!("first reason") }));
        let unread = spawn_named("unread", async { panic!("second reason") });
        yield_now().await;
        yield_now().await;
        assert!(unread.is_finished());
        drop(unread);
    });
}

pub(crate) fn tells_of_both(command: &mut Command) -> Result<(), String> {
    let (_, stderr) = run(command)?;
    for (name, reason) in [("'detached'", "first reason"), ("'unread'", "second reason")] {
        let is_told =
            |line: &str| line.starts_with("wheelwright: task") && line.contains(name) && line.contains(reason);
        if stderr.lines().filter(|line| is_told(line)).count() != 1 {
            return Err(format!("{name} is not told of exactly once:\n{stderr}"));
        }
    }
    Ok(())
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
