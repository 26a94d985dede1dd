//! Turns a list of URLs into a record for each, and a summary of all.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use support::timeline;
use wheelwright::time::{now, sleep};
use wheelwright::{Runtime, for_each_concurrent, select, spawn_named};

use crate::Failure;
use crate::arguments::Options;
use crate::call::Caller;
use crate::interrupt::{self, Ends};
use crate::lines::{Line, lines};
use crate::records::Records;
use crate::saved;
use crate::table;
use crate::tally::Tally;

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
    tally: Tally,
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
    if let Some(path) = &options.timeline {
        // Before the first call, not after the last.
        fs::File::create(path).map_err(|error| in_words("cannot draw", path, error))?;
    }
    let ends = Ends::default();
    let job = Job {
        options,
        caller: Caller::new(options, ends.clone()).map_err(|error| Failure::on_the_way(error.to_string()))?,
        records,
        ends,
        bar: bar(options, lines(&text).count()),
        tally: Tally::default(),
    };
    let drawn = timeline::drawn(Runtime::builder(), options.timeline.as_deref(), job.all(&text));
    job.bar.finish_and_clear();
    let code = job.report(begun)?;
    drawn.map_err(|error| Failure::on_the_way(format!("cannot draw the timeline: {error}")))?;
    Ok(code)
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
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len}, {msg}, {eta} to go");
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
        self.tally.count_threads();
    }

    async fn one(&self, line: Line<'_>) {
        let outcome = self.caller.fetch(line).await;
        self.tally.count(&outcome);
        self.records.write(&outcome.record(line, now())).await;
    }

    /// Moves the bar, until it is dropped.
    async fn follow(&self) {
        loop {
            self.tally.count_threads();
            self.bar.set_message(format!("{} in flight, {} failed", self.caller.in_flight.get(), self.tally.failed()));
            self.bar.set_position(self.tally.requests.get());
            sleep(TICK).await;
        }
    }

    fn report(&self, begun: Instant) -> Result<ExitCode, Failure> {
        if let Some(error) = self.records.failure() {
            return Err(Failure::on_the_way(format!("stopped, for the records cannot be written: {error}")));
        }
        let figures = self.tally.figures(begun, &self.caller);
        let text = match self.options.json {
            true => figures.to_json(),
            false => table::of_list(&figures, &self.tally.faults.borrow()),
        };
        match self.options.to_stdout() {
            true => table::print(io::stderr(), &text)?,
            false => table::print(io::stdout(), &text)?,
        }
        if self.ends.starting.is_cancelled() {
            let (left_out, all) = (self.tally.left_out(), figures.requests);
            eprintln!("stopped by Ctrl-C: {left_out} of {all} lines were left out");
            return Ok(ExitCode::from(interrupt::CODE));
        }
        Ok(ExitCode::from(u8::from(0 < figures.failed)))
    }
}

impl Options {
    fn to_stdout(&self) -> bool {
        self.out.as_deref().is_some_and(|path| path == "-")
    }
}
