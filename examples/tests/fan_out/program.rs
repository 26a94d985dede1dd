//! Turns arguments into a run of the program, and what it wrote into JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::built;

/// No run may hang for longer.
const LIMIT: Duration = Duration::from_secs(100);

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| built::example("fan_out"));

/// The program at work.
pub(crate) struct Run {
    child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    stderr: thread::JoinHandle<String>,
    /// Gets a line once the program says that it stops.
    stopping: std::sync::mpsc::Receiver<()>,
}

/// What it wrote and how it ended.
pub(crate) struct Finished {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Run {
    /// Starts it and gives it `input` to read.
    pub(crate) fn start(arguments: &[&str], input: &str) -> Self {
        let mut command = Command::new(&*PROGRAM);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that rejects its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let (tell, stopping) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            for line in lines.map_while(Result::ok) {
                if line.starts_with("stopping") {
                    let _ = tell.send(());
                }
                text += &(line + "\n");
            }
            text
        });
        Self { stdout: BufReader::new(child.stdout.take().unwrap()), child, stderr, stopping }
    }

    /// Reads the next line of standard output.
    pub(crate) fn record(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn press_ctrl_c(&self) {
        let status = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn wait_until_it_says_that_it_stops(&self) {
        self.stopping.recv_timeout(LIMIT).expect("it says so");
    }

    /// Closes the pipe that it writes to.
    pub(crate) fn stop_reading(self) -> Finished {
        let Self { child, stdout, stderr, .. } = self;
        drop(stdout);
        ended(child, stderr, String::new())
    }

    pub(crate) fn finish(mut self) -> Finished {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        ended(self.child, self.stderr, stdout)
    }
}

fn ended(mut child: Child, stderr: thread::JoinHandle<String>, stdout: String) -> Finished {
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if LIMIT < begun.elapsed() => child.kill().unwrap(),
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    Finished { stdout, stderr: stderr.join().unwrap(), code: status.code() }
}

impl Finished {
    /// One record for each line of standard output.
    pub(crate) fn records(&self) -> Vec<Value> {
        records(&self.stdout)
    }
}

pub(crate) fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Fetches a list; the records go to standard output.
pub(crate) fn fetch(arguments: &[&str], list: &str) -> Finished {
    Run::start(&[&["--urls", "-", "--out", "-"], arguments].concat(), list).finish()
}

/// A folder of this test's own, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fan_out-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Says something past the test runner, which keeps to itself what tests that pass have printed.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "fan_out: {text}");
}
