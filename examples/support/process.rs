//! Turns this program into a second process with a role of its own, so that the figures of the two do not mix.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child as Process, ChildStdout, Command, ExitStatus, Stdio};

use wheelwright::spawn_blocking;

/// This program, running once more. It ends when it is dropped, and also with us, however we end.
#[derive(Debug)]
pub struct Child {
    process: Process,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program again with `arguments`. What it prints is ours to read; its complaints go where ours go.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().expect("it is piped");
        Ok(Self { process, output: BufReader::new(output) })
    }

    /// Reads the next line that it prints, without its end; blocks until it comes.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => Err(io::Error::other("the child process ended without a word: see its complaint above")),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Says something to it: a line, which `released` and other readers of its standard input see.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        let stdin = self.process.stdin.as_mut().expect("it is piped, and open until the end");
        io::Write::write_all(stdin, format!("{line}\n").as_bytes())
    }

    /// Its number, by which the system knows it.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Closes its standard input, reads the rest of what it prints, and waits for its end.
    pub fn finish(mut self) -> io::Result<String> {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest)?;
        let status = self.process.wait()?;
        status.success().then_some(rest).ok_or_else(|| io::Error::other(format!("the child process: {status}")))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself; then both are errors that nobody needs.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How a child process ended, and what it left.
#[derive(Debug)]
pub struct End {
    /// Its code, or the signal.
    pub status: ExitStatus,
    /// What it printed.
    pub output: String,
    /// What it wrote to stderr.
    pub complaints: String,
}

/// Runs this program again with `arguments`, to its end.
pub fn end(arguments: &[&str]) -> io::Result<End> {
    let mut command = Command::new(std::env::current_exe()?);
    let end = command.args(arguments).env("RUST_BACKTRACE", "0").stdin(Stdio::null()).output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(End { status: end.status, output: text(end.stdout), complaints: text(end.stderr) })
}

/// In the child: waits until whoever started it is gone.
pub async fn released() {
    let read = spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await;
    read.expect("the pool takes the job").expect("standard input can be read");
}
