//! Turns a peer's command into a process, and that into what it said: an address, a last word, or that it cannot be had here.

use crate::tree;

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

/// Longest time that a process may take, in seconds; ten times what the slowest needs.
const LIMIT: &str = "100";

/// Where the programs in other languages stand.
const PEERS: &str = "benches/interop/peers";

/// What a program said, or why there is none.
#[derive(Debug)]
pub(super) enum Spoken<T> {
    Said(T),
    Skipped(String),
}

impl<T> Spoken<T> {
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Spoken<U> {
        match self {
            Spoken::Said(said) => Spoken::Said(f(said)),
            Spoken::Skipped(why) => Spoken::Skipped(why),
        }
    }
}

impl Spoken<Result<String, String>> {
    /// A program that was started may find that what it drives is not here.
    pub(super) fn transposed(self) -> Result<Spoken<String>, String> {
        match self {
            Spoken::Said(said) => Ok(spoken(said?)),
            Spoken::Skipped(why) => Ok(Spoken::Skipped(why)),
        }
    }
}

fn spoken(said: String) -> Spoken<String> {
    match said.strip_prefix("skipped: ") {
        Some(why) => Spoken::Skipped(why.trim().to_owned()),
        None => Spoken::Said(said),
    }
}

/// A process whose standard input stays open until its end is wished.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Read beside, so that it never fills up; shown when something went wrong.
    stderr: JoinHandle<String>,
}

impl Process {
    pub(super) fn start(words: &[&str]) -> Result<Spoken<Process>, String> {
        let command = command(words);
        let program = command[0].clone();
        let is_here = Command::new(&program).arg("--version").stdin(Stdio::null()).output();
        if is_here.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(Spoken::Skipped(format!("no {program} for {}", words[0])));
        }
        let mut limited = Command::new("timeout");
        limited.arg(LIMIT).args(command).current_dir(tree::root());
        limited.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = limited.spawn().map_err(|error| format!("{words:?}: {error}"))?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was piped above"));
        let mut pipe = child.stderr.take().expect("it was piped above");
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read before a fault is all there is.
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Ok(Spoken::Said(Process { child, stdin, stdout, stderr }))
    }

    /// Closes its standard input, waits, and gives what it wrote; a bad end is an error with what it complained of.
    pub(super) fn end(mut self) -> Result<String, String> {
        drop(self.stdin.take());
        let mut said = String::new();
        let read = self.stdout.read_to_string(&mut said);
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let complaint = self.stderr.join().unwrap_or_default();
        match read {
            Ok(_) if status.success() => Ok(said),
            _ if status.code() == Some(124) => Err(format!("it did not end within {LIMIT} s: {said}{complaint}")),
            _ => Err(format!("{status}: {said}{complaint}")),
        }
    }
}

/// A server that listens.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) url: String,
    /// What it calls itself, with its version.
    pub(super) name: String,
    process: Process,
}

impl Served {
    pub(super) fn start(words: &[&str]) -> Result<Spoken<Served>, String> {
        let mut process = match Process::start(words)? {
            Spoken::Said(process) => process,
            Spoken::Skipped(why) => return Ok(Spoken::Skipped(why)),
        };
        let mut line = String::new();
        process.stdout.read_line(&mut line).map_err(|error| format!("{words:?}: {error}"))?;
        let greeting = line.trim().strip_prefix("listening on ").and_then(|rest| rest.split_once(' '));
        if let Some((url, name)) = greeting {
            return Ok(Spoken::Said(Served { url: url.to_owned(), name: name.to_owned(), process }));
        }
        let ended = process.end().map(|rest| line + &rest);
        match Spoken::Said(ended).transposed()? {
            Spoken::Skipped(why) => Ok(Spoken::Skipped(why)),
            Spoken::Said(said) => Err(format!("{words:?} says `{said}`")),
        }
    }

    /// Ends it, and gives what it said at its end.
    pub(super) fn end(self) -> Result<String, String> {
        self.process.end()
    }
}

/// The command behind the words of the table.
fn command(words: &[&str]) -> Vec<String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree::root().join("target"), PathBuf::from);
    let target = tree::root().join(target);
    let own = target.join("interop-python/bin/python");
    let python = if own.exists() { own.display().to_string() } else { "python3".into() };
    let script = |program: &str| format!("{PEERS}/{program}");
    let front = match words[0].rsplit_once('.') {
        // Nothing is left in the tree that was not there.
        Some((_, "py")) => vec![python, "-B".into(), script(words[0])],
        Some((_, "mjs")) => vec!["node".into(), script(words[0])],
        _ => vec![target.join("release").join(words[0]).display().to_string()],
    };
    front.into_iter().chain(words[1..].iter().map(|word| (*word).to_owned())).collect()
}
