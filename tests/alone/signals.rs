//! Turns a real Ctrl-C into a wake.

use std::io::{BufRead, BufReader};
use std::process::Command;

use wheelwright::{block_on, signal::ctrl_c};

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

pub(crate) fn interrupt_twice(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    for _ in 0..2 {
        said.extend(lines.next().and_then(Result::ok));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        sent.map_err(|error| error.to_string())?;
    }
    said.extend(lines.next().and_then(Result::ok));
    let status = child.wait().map_err(|error| error.to_string())?;
    match status.success() && said == ["ready", "once", "twice"] {
        true => Ok(()),
        false => Err(format!("{status} after {said:?}")),
    }
}
