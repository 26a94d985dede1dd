//! Turns what is typed into lines, and a read that nobody answers into none of the runtime's business.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use wheelwright::stream::StreamExt;
use wheelwright::{block_on, io, race, time};

use crate::run;

/// Echoes each line as it comes, while a timer goes on; the first wait is given up and loses nothing.
pub(crate) fn echo() {
    block_on(async {
        let mut input = io::stdin();
        let mut line = String::new();
        assert!(time::timeout(Duration::from_millis(20), input.read_line(&mut line)).await.is_err());
        println!("waiting");
        input.read_line(&mut line).await.expect("it can be read");
        println!("first {line:?}");
        let mut lines = input.lines();
        loop {
            let ticking = async {
                loop {
                    time::sleep(Duration::from_millis(1)).await;
                }
            };
            match race(lines.next(), ticking).await {
                Some(line) => println!("then {:?}", line.expect("it can be read")),
                None => break,
            }
        }
        println!("end");
    });
}

/// Types a line only when the one before was answered.
pub(crate) fn converse(command: &mut Command) -> Result<(), String> {
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let mut input = child.stdin.take().expect("it is piped");
    let mut answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    for typed in ["one\n", "two\r\nthree\n", "", "four"] {
        said.extend(answers.next().and_then(Result::ok));
        input.write_all(typed.as_bytes()).map_err(|error| error.to_string())?;
    }
    drop(input);
    said.extend(answers.map_while(Result::ok));
    let status = child.wait().map_err(|error| error.to_string())?;
    let expected = ["waiting", "first \"one\\n\"", "then \"two\"", "then \"three\"", "then \"four\"", "end"];
    match status.success() && said == expected {
        true => Ok(()),
        false => Err(format!("{status} after {said:?}")),
    }
}

/// Waits for input that never comes, and has other things to do then.
pub(crate) fn give_up() {
    block_on(async {
        let mut input = io::stdin();
        let mut line = String::new();
        assert!(time::timeout(Duration::from_millis(20), input.read_line(&mut line)).await.is_err());
    });
    // The thread is still in its read; a runtime after this one does not mind.
    assert_eq!(block_on(async { 7 }), 7);
}

/// The end of the runtime neither waits for the read nor complains about it.
pub(crate) fn is_left_alone(command: &mut Command) -> Result<(), String> {
    // The other end is held by the command itself until it is dropped.
    let (stdin, held) = std::io::pipe().map_err(|error| error.to_string())?;
    let (stdout, stderr) = run(command.stdin(stdin))?;
    drop(held);
    match stdout.is_empty() && stderr.is_empty() {
        true => Ok(()),
        false => Err(format!("it is not silent:\n{stdout}{stderr}")),
    }
}
