//! Turns a real Ctrl-C, and the request to end, into a wake.

use std::future::pending;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::rc::Rc;
use std::time::Duration;

use wheelwright::record::{self, Trouble};
use wheelwright::signal::{ctrl_c, terminate};
use wheelwright::sync::Mutex;
use wheelwright::{Either, Runtime, block_on, select, spawn_named, time, yield_now};

pub(crate) fn wait_twice() {
    block_on(async {
        let first = ctrl_c();
        println!("ready");
        first.await.expect("a pipe");
        let second = ctrl_c();
        println!("once");
        second.await.expect("a pipe");
        println!("twice");
    });
}

pub(crate) fn wait_for_both() {
    block_on(async {
        for word in ["ready", "once"] {
            let (interrupt, end) = (ctrl_c(), terminate());
            println!("{word}");
            match select(interrupt, end).await {
                Either::Left(interrupt) => interrupt.expect("a pipe"),
                Either::Right(end) => {
                    end.expect("a pipe");
                    println!("asked to end");
                }
            }
        }
    });
}

/// A server waits for its end all the time: an hour of virtual time passes all the same.
pub(crate) fn idle() {
    wheelwright::test(async || {
        let timer = time::sleep(Duration::from_secs(3600));
        assert!(matches!(select(ctrl_c(), timer).await, Either::Right(())));
    });
}

pub(crate) fn interrupt_twice(command: &mut Command) -> Result<(), String> {
    signal_twice(command, ["-INT", "-INT"], ["ready", "once", "twice"])
}

pub(crate) fn interrupt_and_end(command: &mut Command) -> Result<(), String> {
    signal_twice(command, ["-INT", "-TERM"], ["ready", "once", "asked to end"])
}

/// Sends a signal after each of the first two words.
fn signal_twice(command: &mut Command, signals: [&str; 2], words: [&str; 3]) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    for signal in signals {
        said.extend(lines.next().and_then(Result::ok));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        sent.map_err(|error| error.to_string())?;
    }
    said.extend(lines.next().and_then(Result::ok));
    let status = child.wait().map_err(|error| error.to_string())?;
    match status.success() && said == words {
        true => Ok(()),
        false => Err(format!("{status} after {said:?}")),
    }
}

/// A task waits for a lock, in a program that tells it when it is asked.
pub(crate) fn wait_and_tell() {
    let runtime = Runtime::builder().dump_on_signals().build().expect("a runtime");
    record::flight_recorder(|trouble, recording| {
        assert!(matches!(trouble, Trouble::Signal) && !recording.events().is_empty());
        eprintln!("recorded");
    });
    runtime.block_on(async {
        let mutex = Rc::new(Mutex::new(()));
        let guard = mutex.lock().await;
        let theirs = Rc::clone(&mutex);
        let _stuck = spawn_named("stuck", async move { drop(theirs.lock().await) });
        yield_now().await;
        println!("ready");
        pending::<()>().await;
        drop(guard);
    });
}

/// SIGUSR1 dumps and goes on, so it may be sent twice; SIGQUIT dumps and ends.
pub(crate) fn ask_three_times(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut told = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    output.next().ok_or("it is not ready")?.map_err(|error| error.to_string())?;
    let (mut pages, mut recordings) = (Vec::new(), 0);
    let mut is_page = |line: &String| {
        recordings += usize::from(line == "recorded");
        line.contains("'stuck'")
    };
    for signal in ["-USR1", "-USR1", "-QUIT"] {
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        sent.map_err(|error| error.to_string())?;
        // Up to the line of the task that is stuck; what else there is comes before the next page.
        pages.push(told.by_ref().map_while(Result::ok).find(&mut is_page).ok_or("no dump")?);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    assert!(!told.map_while(Result::ok).any(|line| is_page(&line)), "a page for each");
    let is_told = |line: &String| line.contains(": waits for mutex ") && line.contains(" held by task 2 at ");
    match status.code() == Some(131) && pages.iter().all(is_told) && recordings == 3 {
        true => Ok(()),
        false => Err(format!("{status} after {pages:?} and {recordings} recordings")),
    }
}

/// Two loops, each with a task that takes its time to be told of, and one that is idle for ever beside them.
pub(crate) fn wait_in_two_loops() {
    let wait = |name: &'static str| {
        let runtime = Runtime::builder().dump_on_signals().build().expect("a runtime");
        runtime.block_on(async {
            // Each has a line of its own on the page.
            let _all: Vec<_> =
                (0..500).map(|number| spawn_named(&format!("{name} {number}"), pending::<()>())).collect();
            yield_now().await;
            println!("ready");
            pending::<()>().await;
        });
    };
    let other = std::thread::spawn(move || wait("first"));
    wait("second");
    other.join().expect("it does not panic");
}

/// Whichever is asked first waits for the other's page before it ends both.
pub(crate) fn end_two_loops(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let ready = output.map_while(Result::ok).take(2).count();
    signal(&child, "-QUIT")?;
    let mut page = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut page).map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    let is_whole =
        ["first", "second"].iter().all(|name| (0..500).all(|number| page.contains(&format!("'{name} {number}'"))));
    match ready == 2 && status.code() == Some(131) && is_whole {
        true => Ok(()),
        false => Err(format!("{status} after {page}")),
    }
}

/// A poll that never ends.
pub(crate) fn block_for_ever() {
    let runtime = Runtime::builder().dump_on_signals().build().expect("a runtime");
    runtime.block_on(async {
        println!("ready");
        loop {
            std::thread::park();
        }
    });
}

/// Nothing is dumped, but the second SIGQUIT ends it as if nobody listened.
pub(crate) fn insist(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    BufReader::new(child.stdout.take().expect("it is piped")).lines().next();
    signal(&child, "-USR1")?;
    signal(&child, "-QUIT")?;
    std::thread::sleep(Duration::from_millis(100));
    if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
        return Err(format!("{status} after the first"));
    }
    signal(&child, "-QUIT")?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    match output.status.signal() == Some(3) && output.stderr.is_empty() {
        true => Ok(()),
        false => Err(format!("{output:?}")),
    }
}

/// Who reads stderr comes late, or never: a page is more than a pipe holds.
pub(crate) fn read_late(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    output.map_while(Result::ok).take(1).count();
    signal(&child, "-QUIT")?;
    std::thread::sleep(Duration::from_millis(200));
    let mut page = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut page).map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    let is_whole = 100_000 < page.len() && page.ends_with("]\n") && page.starts_with("wheelwright: tasks: 2002,");
    match status.code() == Some(131) && is_whole {
        true => Ok(()),
        false => Err(format!("{status} after {} bytes", page.len())),
    }
}

pub(crate) fn hold_two_thousand() {
    let runtime = Runtime::builder().dump_on_signals().build().expect("a runtime");
    runtime.block_on(async {
        let _all: Vec<_> = (0..2000).map(|number| spawn_named(&number.to_string(), pending::<()>())).collect();
        yield_now().await;
        println!("ready");
        pending::<()>().await;
    });
}

/// Whoever read stderr has gone: the loop goes on after SIGUSR1, and ends after SIGQUIT.
pub(crate) fn hang_up(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    drop(child.stderr.take());
    BufReader::new(child.stdout.take().expect("it is piped")).lines().next();
    signal(&child, "-USR1")?;
    std::thread::sleep(Duration::from_millis(100));
    if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
        return Err(format!("{status} after SIGUSR1"));
    }
    signal(&child, "-QUIT")?;
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.code() == Some(131) { Ok(()) } else { Err(status.to_string()) }
}

fn signal(child: &Child, name: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    sent.map(drop).map_err(|error| error.to_string())
}
