//! Turns every way to lose a failure of a task into a line on stderr that says which task, and where it was spawned.
//!
//! `cargo run --release --example lost_errors` runs itself as a second process, which loses them, and reads what that complains
//! of. What asyncio says of the same is shown by `python3 book/python/lost_errors.py`.
//!
//! Try: in `lose` leave out `.detach()`. What does the compiler say? Then await that handle, and see its line go.

use std::env;
use std::fs::remove_file;
use std::io;
use std::mem;
use std::panic::Location;

use support::process;
use wheelwright::{JoinError, Runtime, Unhandled, block_on, spawn_blocking, spawn_named, yield_now};

const FILE: &str = "examples/lost_errors.rs";

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        None => look(),
        Some("lose") => {
            block_on(lose());
            Ok(())
        }
        Some(policy) => fail(if policy == "abort" { Unhandled::Abort } else { Unhandled::ShutDown }),
    }
}

/// Says what the next line loses.
#[track_caller]
fn next(what: &str) {
    println!("{} {what}", Location::caller().line() + 1);
}

async fn lose() {
    let broken = async || -> () { panic!("out of paper") };
    let failed = async || remove_file("/no/such/file");
    // Nobody holds a handle any more when it happens.
    next("a panic, its task detached");
    spawn_named("detached", broken()).detach();
    next("an error, its handle dropped before");
    drop(spawn_named("early", failed()));
    next("an error, its task detached and logged");
    spawn_named("logged", failed()).detach_logged();
    next("a panic of a callback");
    spawn_named("done", async {}).on_done(|_| panic!("out of ink"));
    // Somebody holds one, and never looks.
    next("a panic, its handle dropped after");
    let panicked = spawn_named("unread", broken());
    next("an error, its handle dropped after");
    let unread = spawn_named("late", failed());
    next("a panic, its handle kept for ever");
    mem::forget(spawn_named("kept", broken()));
    next("a panic of a blocking job");
    let job = spawn_blocking(|| panic!("out of toner"));
    // An error that is handed over is not lost.
    spawn_named("heard", failed()).on_done(|outcome: Result<io::Result<()>, JoinError>| {
        eprintln!("the callback heard: {}", outcome.expect("it ran to its end").expect_err("there is no such file"));
    });
    for _ in 0..3 {
        yield_now().await;
    }
    while !job.is_finished() {
        yield_now().await;
    }
    drop((panicked, unread, job));
    next("work that never began");
    spawn_named("too late", async {}).detach();
}

/// A task fails while the others could go on for ever.
fn fail(unhandled: Unhandled) -> io::Result<()> {
    Runtime::builder().unhandled(unhandled).build()?.block_on(async {
        spawn_named("fatal", async { panic!("out of order") }).detach();
        std::future::pending().await
    })
}

fn look() -> io::Result<()> {
    let lost = process::end(&["lose"])?;
    assert!(lost.status.success(), "nothing of it ends the program");
    let mut reports: Vec<_> = lost.complaints.lines().filter_map(|line| line.strip_prefix("wheelwright: ")).collect();
    println!("what was lost, and what the runtime says of it");
    let mut count = 0;
    for plant in lost.output.lines() {
        let (line, what) = plant.split_once(' ').expect("a line and what it plants");
        let place = format!("{FILE}:{line}:");
        let at = reports.iter().position(|report| report.contains(&place));
        let report = reports.remove(at.unwrap_or_else(|| panic!("{what} is not told of:\n{}", lost.complaints)));
        println!("\n  {what}\n    {report}");
        count += 1;
    }
    assert!(reports.is_empty(), "told of twice, or for nothing: {reports:?}");
    let heard = lost.complaints.lines().find(|line| line.starts_with("the callback heard")).expect("it is called");
    println!("\n  an error that on_done hands over is not lost, and the runtime says nothing\n    {heard}");

    println!("\nwhat else a panic that nobody joins can do");
    for (policy, ends) in [("shut down", "block_on panics"), ("abort", "the process is aborted")] {
        let ended = process::end(&[policy])?;
        assert!(!ended.status.success() && ended.complaints.contains("wheelwright: task 2 'fatal' spawned at"));
        let code = ended.status.code().map_or("by a signal".to_owned(), |code| format!("with code {code}"));
        println!("  {policy}: {ends}, and it ends {code}");
    }
    println!("\nAll {count} failures that nobody waited for were reported, each with the line that spawned it.");
    Ok(())
}
