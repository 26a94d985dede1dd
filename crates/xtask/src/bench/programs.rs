//! Turns the benches package into programs, each run pinned to a core and read back as one object of figures.

use super::rows::{Job, Row};
use crate::tree;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The core of what is measured, and the core of the server that it talks to.
const MEASURED_CORE: &str = "1";
const SERVER_CORE: &str = "0";

/// The bytes in the body of each response that `wrk` asks for.
const BODY: u32 = 1024;

/// `wrk` stops after a time, and not after a number: so many requests are taken for a second.
const NOMINAL_RATE: u64 = 100_000;

/// In the rows without sockets the allocator keeps what is freed: batches of 100,000 tasks would else measure how fast the
/// kernel hands out the same pages again, which took more time than the smallest runtime itself.
const KEEPING_ALLOCATOR: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1000000000:glibc.malloc.mmap_threshold=1000000000");

/// The folder of the built programs.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
}

/// What one run of a peer took, as its program printed it.
#[derive(Debug, Clone)]
pub(super) struct Figures(pub(super) Value);

impl Figures {
    /// CPU nanoseconds for one operation.
    pub(super) fn cpu_per_operation(&self) -> f64 {
        self.number("cpu_ns") / self.number("operations")
    }

    pub(super) fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or(f64::NAN)
    }
}

impl Programs {
    /// Builds every program with the profile for measuring, on all cores; cargo shows how far it is.
    pub(super) fn build() -> Result<Programs, String> {
        let root = tree::root();
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&root).args(["build", "--profile", "bench", "-p", "wheelwright-benches", "--bins"]);
        let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
        if !status.success() {
            return Err("the benches do not build".into());
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Programs { folder: target.join("release") })
    }

    /// One timed run of a row by a peer.
    pub(super) fn run(&self, row: &Row, peer: &str, operations: u64, server: &Server) -> Result<Figures, String> {
        if let Job::Server { connections } = row.job {
            return self.served(peer, connections, operations);
        }
        let mut command = pinned(MEASURED_CORE);
        command.args(self.command_line(row, peer, [operations / 5, operations], server));
        if let Job::Loop = row.job {
            command.env(KEEPING_ALLOCATOR.0, KEEPING_ALLOCATOR.1);
        }
        let said = output_of(&mut command)?;
        let figures = serde_json::from_str(said.stdout.trim());
        figures.map(Figures).map_err(|error| format!("{peer} {}: {error}: {}", row.name, said.stdout))
    }

    /// The program and its arguments; the sizes are those of the warm-up and of the run.
    ///
    /// A client's warm-up is fixed: it opens every connection.
    pub(super) fn command_line(&self, row: &Row, peer: &str, sizes: [u64; 2], server: &Server) -> Vec<String> {
        let [warm_up, operations] = sizes.map(|size| size.to_string());
        match row.in_flight() {
            Some(in_flight) => self.client(peer, in_flight, &operations, server),
            None if matches!(row.job, Job::Echo) => vec![self.program("echo", peer), warm_up, operations],
            None => vec![self.program("peer", peer), row.workload().to_owned(), warm_up, operations],
        }
    }

    /// A client's program and its arguments.
    pub(super) fn client(&self, peer: &str, in_flight: u32, requests: &str, server: &Server) -> Vec<String> {
        let addrs = server.running.as_ref().map(|running| running.addrs.clone()).unwrap_or_default();
        vec![self.program("http-client", peer), addrs, in_flight.to_string(), requests.to_owned()]
    }

    fn program(&self, kind: &str, peer: &str) -> String {
        self.folder.join(format!("{kind}-{peer}")).display().to_string()
    }

    /// One run of a server, with `wrk` on the other core. Its figures are its own, but for the requests a second.
    fn served(&self, peer: &str, connections: u32, operations: u64) -> Result<Figures, String> {
        let server = self.listening(MEASURED_CORE, &format!("http-server-{peer}"), &[])?;
        let seconds = (operations / NOMINAL_RATE).max(1);
        let mut wrk = pinned(SERVER_CORE);
        wrk.args(["wrk", "-t1", &format!("-c{connections}"), &format!("-d{seconds}s")]);
        wrk.arg(format!("http://{}/{BODY}", server.addrs));
        let said = output_of(&mut wrk)?.stdout;
        let fault = said.lines().find(|line| line.contains("errors") || line.contains("Non-2xx"));
        let rate =
            said.lines().find_map(|line| line.strip_prefix("Requests/sec:")).map(|rate| rate.trim().parse::<f64>());
        let (None, Some(Ok(rate))) = (fault, rate) else { return Err(format!("{peer}: {said}")) };
        let figures = server.end()?;
        let mut figures: Value =
            serde_json::from_str(&figures).map_err(|error| format!("{peer}: {error}: {figures}"))?;
        figures["requests_per_second"] = rate.into();
        Ok(Figures(figures))
    }

    /// Starts the server, if the row needs one beside what is measured.
    pub(super) fn server_for(&self, row: &Row) -> Result<Server, String> {
        let running = match row.job {
            Job::Http { ports, delay, .. } => {
                Some(self.listening(SERVER_CORE, "http-server", &[ports.to_string(), delay.to_string()])?)
            }
            Job::Loop | Job::Echo | Job::Server { .. } => None,
        };
        Ok(Server { running })
    }

    /// Starts a server, which says where it is.
    fn listening(&self, core: &str, program: &str, arguments: &[String]) -> Result<Running, String> {
        let mut command = pinned(core);
        command.arg(self.folder.join(program)).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the server: {error}"))?;
        let stdin = child.stdin.take().expect("it was piped above");
        let mut stdout = BufReader::new(child.stdout.take().expect("it was piped above"));
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(|error| format!("the server: {error}"))?;
        let addrs = line.trim().strip_prefix("listening ").ok_or_else(|| format!("the server says `{line}`"))?;
        let addrs = addrs.to_owned();
        Ok(Running { addrs, child, stdin: Some(stdin), stdout })
    }
}

/// The server of a row, or none. It ends when this value is dropped.
#[derive(Debug)]
pub(super) struct Server {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    /// Separated by commas.
    addrs: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    /// The server ends with its input, and says what it took.
    fn end(mut self) -> Result<String, String> {
        drop(self.stdin.take());
        let mut last = String::new();
        self.stdout.read_line(&mut last).map_err(|error| format!("the server: {error}"))?;
        Ok(last)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn pinned(core: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    command
}

/// What a program printed.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs a command to its end; one that fails is an error with what it said.
pub(super) fn output_of(command: &mut Command) -> Result<Said, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = Said { stdout: text(&output.stdout), stderr: text(&output.stderr) };
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("{command:?}: {}: {}", output.status, said.stderr))
}
