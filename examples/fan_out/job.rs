//! Turns a list of URLs into a record for each, and a summary of all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use wheelwright::time::{now, sleep};
use wheelwright::{for_each_concurrent, select, spawn_named};
use wheelwright_http::ErrorKind;

use crate::Failure;
use crate::arguments::Options;
use crate::call::{Caller, Outcome};
use crate::figures::{Figures, os_threads};
use crate::interrupt::{self, Ends};
use crate::lines::{Line, lines};
use crate::records::Records;
use crate::saved;
use crate::table;
use crate::ways::Way;

/// So many lines may wait, for a host or to try again, while others use the permits. It bounds the memory.
const WAITING: usize = 1_000;

const TICK: Duration = Duration::from_millis(100);

/// A list under way.
struct Job<'a> {
    options: &'a Options,
    caller: Caller<'a>,
    records: Records,
    ends: Ends,
    bar: ProgressBar,
    requests: Cell<u64>,
    bytes: Cell<u64>,
    /// What went wrong, and how often.
    faults: RefCell<BTreeMap<String, u64>>,
    /// The most that were seen.
    os_threads: Cell<Option<u64>>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let in_words =
        |what: &str, path: &Path, error: io::Error| Failure::usage(format!("{what} {}: {error}", path.display()));
    let text = read(&options.urls).map_err(|error| in_words("cannot read", &options.urls, error))?;
    if let Some(path) = &options.body {
        saved::prepare(path).map_err(|error| in_words("cannot save bodies in", path, error))?;
    }
    let out = options.out.as_deref();
    let records = Records::open(out).map_err(|error| in_words("cannot write", out.unwrap_or(Path::new("")), error))?;
    let ends = Ends::default();
    let job = Job {
        options,
        caller: Caller::new(options, ends.clone()).map_err(|error| Failure::on_the_way(error.to_string()))?,
        records,
        ends,
        bar: bar(options, lines(&text).count()),
        requests: Cell::new(0),
        bytes: Cell::new(0),
        faults: RefCell::default(),
        os_threads: Cell::new(None),
    };
    wheelwright::block_on(job.all(&text));
    job.bar.finish_and_clear();
    job.report(begun)
}

/// All of the list, before the loop starts: nothing may block it later.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match path == "-" {
        true => io::stdin().read_to_end(&mut bytes)?,
        false => fs::File::open(path)?.read_to_end(&mut bytes)?,
    };
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// A bar on standard error, if that is a terminal, and if the records do not go to the same one.
fn bar(options: &Options, count: usize) -> ProgressBar {
    if options.to_stdout() && io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} lines, {msg}, {eta} to go");
    ProgressBar::new(count as u64).with_style(style.expect("a template that was tried"))
}

impl Job<'_> {
    async fn all(&self, text: &str) {
        let _watch = spawn_named("ctrl-c", self.ends.clone().watch(self.bar.clone()));
        let all =
            for_each_concurrent(self.options.concurrency + WAITING, lines(text), async |line| self.one(line).await);
        // Without records there is no sense in going on.
        let all = self.records.broken.run_until_cancelled(all);
        select(all, self.follow()).await;
        self.count_threads();
    }

    async fn one(&self, line: Line<'_>) {
        let begun = now();
        let outcome = self.caller.fetch(line).await;
        self.count(&outcome);
        self.records.write(line, &outcome, (now() - begun).as_millis()).await;
    }

    fn count(&self, outcome: &Outcome) {
        self.requests.set(self.requests.get() + 1);
        self.bytes.set(self.bytes.get() + outcome.bytes);
        let fault = match (outcome.error, outcome.status) {
            _ if outcome.is_ok() => return,
            (None, Some(status)) => format!("status {status}"),
            (error, _) => error.unwrap_or(ErrorKind::Cancelled).to_string(),
        };
        *self.faults.borrow_mut().entry(fault).or_default() += 1;
    }

    fn failed(&self) -> u64 {
        self.faults.borrow().values().sum()
    }

    fn count_threads(&self) {
        self.os_threads.set(self.os_threads.get().max(os_threads()));
    }

    /// Moves the bar, until it is dropped.
    async fn follow(&self) {
        loop {
            self.count_threads();
            self.bar.set_position(self.requests.get());
            self.bar.set_message(format!("{} in flight, {} failed", self.caller.in_flight.get(), self.failed()));
            sleep(TICK).await;
        }
    }

    fn report(&self, begun: Instant) -> Result<ExitCode, Failure> {
        if let Some(error) = self.records.failure() {
            return Err(Failure::on_the_way(format!("stopped, for the records cannot be written: {error}")));
        }
        let (requests, failed) = (self.requests.get(), self.failed());
        let figures = Figures {
            requests,
            ok: requests - failed,
            failed,
            bytes: self.bytes.get(),
            max_in_flight: Some(self.caller.most_in_flight.get()),
            ..Figures::of_this_process(Way::Loop, begun, self.os_threads.get())
        };
        let text = if self.options.json { figures.to_json() } else { table::of_list(&figures, &self.faults.borrow()) };
        match self.options.to_stdout() {
            true => table::print(io::stderr(), &text)?,
            false => table::print(io::stdout(), &text)?,
        }
        if self.ends.starting.is_cancelled() {
            let left_out = self.faults.borrow().get("Cancelled").copied().unwrap_or_default();
            eprintln!("stopped by Ctrl-C: {left_out} of {requests} lines were left out");
            return Ok(ExitCode::from(interrupt::CODE));
        }
        Ok(ExitCode::from(u8::from(0 < failed)))
    }
}

impl Options {
    fn to_stdout(&self) -> bool {
        self.out.as_deref().is_some_and(|path| path == "-")
    }
}
