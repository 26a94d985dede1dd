//! Turns arguments into a run of a tool, or of one that others wrote.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::built;

/// Nothing may hang for longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

static HTTP_ECHO: LazyLock<PathBuf> = LazyLock::new(|| built::example("http_echo"));
static HTTP_GET: LazyLock<PathBuf> = LazyLock::new(|| built::example("http_get"));

/// A process, gone with this.
pub(crate) struct Process(Child);

/// What it wrote and how it ended.
pub(crate) struct Finished {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Process {
    /// Starts it with nothing to read; nothing, if it is not installed.
    pub(crate) fn start<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[A]) -> Option<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().ok().map(Self)
    }

    /// Reads so many bytes of what it writes.
    pub(crate) fn read(&mut self, length: usize) -> Vec<u8> {
        let mut read = vec![0; length];
        self.0.stdout.as_mut().unwrap().read_exact(&mut read).unwrap();
        read
    }

    /// Reads a line, and leaves the rest unread.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn finish(mut self) -> Finished {
        let (stdout, stderr) = (all(self.0.stdout.take()), all(self.0.stderr.take()));
        let begun = Instant::now();
        let status = loop {
            match self.0.try_wait().unwrap() {
                Some(status) => break status,
                None if LIMIT < begun.elapsed() => self.0.kill().unwrap(),
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let stderr = String::from_utf8(stderr.join().unwrap()).unwrap();
        Finished { stdout: stdout.join().unwrap(), stderr, code: status.code() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads beside whoever else reads, so that neither pipe fills up.
fn all(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.map(|mut pipe| pipe.read_to_end(&mut bytes).unwrap());
        bytes
    })
}

impl Finished {
    /// The one line of JSON that was written.
    pub(crate) fn json(&self) -> Value {
        let [line] = std::str::from_utf8(&self.stdout).unwrap().lines().collect::<Vec<_>>().try_into().unwrap();
        serde_json::from_str(line).unwrap()
    }
}

/// The server of a test.
pub(crate) struct Echo {
    process: Process,
    pub(crate) addr: String,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let mut process = Process::start(&*HTTP_ECHO, &[] as &[&str]).unwrap();
        let addr = process.line().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, addr }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.addr)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    pub(crate) fn finish(self) -> Finished {
        self.process.finish()
    }
}

pub(crate) fn http_echo(arguments: &[&str]) -> Finished {
    Process::start(&*HTTP_ECHO, arguments).unwrap().finish()
}

pub(crate) fn start_http_get(arguments: &[&str]) -> Process {
    Process::start(&*HTTP_GET, arguments).unwrap()
}

pub(crate) fn http_get(arguments: &[&str]) -> Finished {
    start_http_get(arguments).finish()
}

/// Says that a test is skipped, past the test runner; where nothing may be skipped that is a fault.
pub(crate) fn skip(missing: &str) {
    let _ = writeln!(std::io::stderr(), "tools: skipped, for {missing} is not installed");
    assert!(std::env::var_os("WHEELWRIGHT_SKIP_NOTHING").is_none(), "{missing} is not installed");
}
