//! Turns a real Ctrl-C, and the request to end, into a wake.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Duration;

use wheelwright::signal::{ctrl_c, terminate};
use wheelwright::{Either, block_on, select, time};

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
