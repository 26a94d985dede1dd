//! Turns the command line into what there is to do.

use std::fs::File;
use std::io;
use std::num::ParseIntError;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser, value_parser};

use crate::work::{Way, Work};

/// What the process was asked to do; all but the comparison is asked by the comparison.
pub(crate) enum Task {
    Compare(Options),
    Serve(Work),
    Call { way: Way, work: Work, ports: Vec<u16> },
}

/// What the comparison was asked for.
pub(crate) struct Options {
    pub(crate) extent: Extent,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

/// How careful the comparison is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Up to 1,000 connections, once.
    Quick,
    /// Up to 10,000 connections, and the median of five rounds.
    Full,
}

/// Reads the command line; a wrong one ends the program with code 2.
pub(crate) fn read() -> Task {
    let matches = command().get_matches();
    match matches.subcommand() {
        Some(("serve", words)) => Task::Serve(work(words)),
        Some(("call", words)) => Task::Call {
            way: *words.get_one("way").expect("it is required"),
            work: work(words),
            ports: words.get_one::<Vec<u16>>("ports").expect("it is required").clone(),
        },
        _ => Task::Compare(Options {
            extent: if matches.get_flag("quick") { Extent::Quick } else { Extent::Full },
            json: matches.get_one("json").cloned(),
            svg: matches.get_one("svg").cloned(),
        }),
    }
}

fn work(words: &ArgMatches) -> Work {
    let number = |name| *words.get_one::<usize>(name).expect("it is required");
    let wait = Duration::from_millis(number("wait") as u64);
    Work { connections: number("connections"), exchanges: number("exchanges"), wait }
}

fn command() -> Command {
    let number = |name| positional(name, value_parser!(usize));
    let work = || [number("connections"), number("exchanges"), number("wait")];
    let file =
        |name, help| Arg::new(name).long(name).value_name("FILE").value_parser(ValueParser::new(writable)).help(help);
    Command::new("threads_vs_async")
        .about("Compares a thread for each connection with one loop for all: time, CPU and memory, for 1 to 10,000 of them.")
        .args([
            Arg::new("quick").long("quick").action(ArgAction::SetTrue).help("Up to 1,000 connections, in one round"),
            file("json", "Write the figures there"),
            file("svg", "Draw them there"),
        ])
        .subcommand(Command::new("serve").hide(true).args(work()))
        .subcommand(Command::new("call").hide(true).args(work()).args([
            positional("way", ValueParser::new(Way::named)),
            positional("ports", ValueParser::new(ports)),
        ]))
        .disable_help_subcommand(true)
}

fn positional(name: &'static str, parser: impl Into<ValueParser>) -> Arg {
    Arg::new(name).required(true).value_parser(parser.into())
}

/// Better to hear now that a file cannot be written than when all is measured.
fn writable(path: &str) -> io::Result<PathBuf> {
    File::options().append(true).create(true).open(path)?;
    Ok(path.into())
}

fn ports(words: &str) -> Result<Vec<u16>, ParseIntError> {
    words.split_whitespace().map(str::parse).collect()
}
