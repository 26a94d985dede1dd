//! Turns the command line into what there is to do.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::builder::ValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, value_parser};

/// What the program was asked to do, or the child process.
pub(crate) enum Task {
    Crawl(Options),
    Serve { folder: String, delay: Duration },
}

pub(crate) struct Options {
    /// If there is none, the Rust documentation.
    pub(crate) folder: Option<String>,
    start: Option<String>,
    /// Requests in flight at once.
    pub(crate) concurrency: usize,
    /// The time that each answer takes.
    pub(crate) delay: Duration,
}

impl Options {
    /// The path of the first page.
    pub(crate) fn start(&self) -> &str {
        let usual = if self.folder.is_some() { "index.html" } else { "std/index.html" };
        self.start.as_deref().unwrap_or(usual)
    }
}

/// Reads the command line; a wrong one ends the program with code 2.
pub(crate) fn read() -> Task {
    let mut matches = command().get_matches();
    let concurrency: NonZeroUsize = matches.remove_one("concurrency").expect("it has a default");
    let delay = Duration::from_millis(matches.remove_one("delay").expect("it has a default"));
    if let Some(folder) = matches.remove_one("serve") {
        return Task::Serve { folder, delay };
    }
    let (folder, start) = (matches.remove_one("folder"), matches.remove_one("start"));
    Task::Crawl(Options { folder, start, concurrency: concurrency.get(), delay })
}

/// Ends the program with code 2, for what was asked cannot be.
pub(crate) fn refuse(message: &str) -> ! {
    command().error(ErrorKind::ValueValidation, message).exit()
}

fn command() -> Command {
    let text = || value_parser!(String);
    Command::new("crawl").about("Crawls a folder of pages from a server of its own.").args([
        option("folder", "DIR", text(), "Crawl the pages of this folder instead of the Rust documentation"),
        option("start", "PATH", text(), "Begin there, and stay below its folder; index.html takes everything"),
        option("concurrency", "N", value_parser!(NonZeroUsize), "So many requests in flight at most")
            .default_value("20"),
        option("delay", "MS", value_parser!(u64).range(..=60_000), "Let the server wait so long before each answer")
            .default_value("10"),
        option("serve", "DIR", text(), "").hide(true),
    ])
}

fn option(name: &'static str, value: &'static str, parser: impl Into<ValueParser>, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).value_parser(parser.into()).help(help)
}
