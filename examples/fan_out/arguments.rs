//! Turns the command line into what there is to do.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser, value_parser};

use crate::ways::Way;

/// What the program was asked to do.
pub(crate) enum Task {
    Demo { json: bool },
    Serve { tied: bool },
    Way { way: Way, port: u16 },
    Fetch(Options),
}

/// How to fetch a list.
pub(crate) struct Options {
    /// A file, or `-` for standard input.
    pub(crate) urls: PathBuf,
    /// A file, or `-` for standard output.
    pub(crate) out: Option<PathBuf>,
    pub(crate) body: Option<PathBuf>,
    /// A picture of the run.
    pub(crate) timeline: Option<PathBuf>,
    pub(crate) json: bool,
    /// Calls in flight at once.
    pub(crate) concurrency: usize,
    pub(crate) per_host: Option<usize>,
    /// Of one try.
    pub(crate) timeout: Duration,
    /// Tries after the first.
    pub(crate) retries: u32,
    /// Tries that start in a second.
    pub(crate) rate: Option<f64>,
}

/// Reads the command line; a wrong one ends the program with code 2.
pub(crate) fn read() -> Task {
    task(&mut command().get_matches())
}

fn task(matches: &mut ArgMatches) -> Task {
    let json = matches.get_flag("json");
    if matches.get_flag("serve") {
        return Task::Serve { tied: matches.get_flag("tied") };
    }
    if let (Some(way), Some(port)) = (matches.remove_one("way"), matches.remove_one("port")) {
        return Task::Way { way, port };
    }
    let Some(urls) = matches.remove_one("urls") else { return Task::Demo { json } };
    let count = |matches: &ArgMatches, name| matches.get_one::<NonZeroUsize>(name).copied().map(NonZeroUsize::get);
    Task::Fetch(Options {
        urls,
        out: matches.remove_one("out"),
        body: matches.remove_one("body"),
        timeline: matches.remove_one("timeline"),
        json,
        concurrency: count(matches, "concurrency").expect("it has a default"),
        per_host: count(matches, "per-host"),
        timeout: *matches.get_one("timeout").expect("it has a default"),
        retries: *matches.get_one("retries").expect("it has a default"),
        rate: matches.remove_one("rate"),
    })
}

fn command() -> Command {
    let count = || value_parser!(NonZeroUsize);
    let path = || value_parser!(PathBuf);
    Command::new("fan_out")
        .about("Makes fifty slow calls in three ways and compares them; or fetches a list of URLs.")
        .after_help("Exit code: 0 if all is well, 1 if a call failed, 2 for wrong usage, 130 after Ctrl-C.")
        .args([
            flag("json", "Print the figures as JSON instead of a table"),
            option("urls", "FILE", path(), "Fetch the URLs of this file, one a line; - for standard input"),
            of_list("out", "FILE", path(), "Write a JSON record for each line there; - for standard output"),
            of_list("body", "DIR", path(), "Save each body as DIR/<line>, whatever its status"),
            of_list("timeline", "FILE", path(), "Draw the run there: a page, or by its ending .json or .svg"),
            of_list("concurrency", "N", count(), "So many calls in flight at most").default_value("20"),
            of_list("per-host", "N", count(), "So many of them to one host at most"),
            of_list("timeout", "D", ValueParser::new(duration), "Limit of one try: 500ms, 2s, 1m").default_value("10s"),
            of_list("retries", "N", value_parser!(u32), "So many further tries if one fails").default_value("0"),
            of_list("rate", "R", ValueParser::new(rate), "So many tries start in a second at most"),
            flag("serve", "Answer each call after 100 ms, until Ctrl-C").conflicts_with_all(["urls", "json"]),
            flag("tied", "").hide(true).requires("serve"),
            option("way", "WAY", ValueParser::new(Way::named), "")
                .hide(true)
                .requires("port")
                .conflicts_with_all(["urls", "serve"]),
            option("port", "PORT", value_parser!(u16), "").hide(true).requires("way"),
        ])
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn option(name: &'static str, value: &'static str, parser: impl Into<ValueParser>, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).value_parser(parser.into()).help(help)
}

/// An option that means something only with a list.
fn of_list(name: &'static str, value: &'static str, parser: impl Into<ValueParser>, help: &'static str) -> Arg {
    option(name, value, parser, help).requires("urls")
}

/// Reads `500ms`, `2s` or `1m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("a whole number and its unit, like 500ms, 2s or 1m".into()),
    };
    let length = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).map(Duration::from_millis);
    length
        .filter(|length| !length.is_zero() && *length <= DAY)
        .ok_or_else(|| "more than nothing, and a day at most".into())
}

const DAY: Duration = Duration::from_secs(86_400);

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.001..=1e6).contains(rate));
    rate.ok_or_else(|| "a number from 0.001 to 1000000".into())
}

#[cfg(test)]
mod tests {
    use super::{Duration, Task, command, duration, rate, task};

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1m"), Ok(Duration::from_secs(60)));
        for bad in ["", "5", "s", "0s", "1.5s", "-1s", "+1s", "2h", "2 s", "99999999999999999999ms", "1441m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_a_positive_number() {
        assert_eq!(rate("0.5"), Ok(0.5));
        assert!(["0", "-1", "nan", "inf", "1e9", ""].iter().all(|bad| rate(bad).is_err()));
    }

    #[test]
    fn twenty_calls_at_once_and_ten_seconds_are_the_defaults() {
        let mut matches = command().get_matches_from(["fan_out", "--urls", "-"]);
        let Task::Fetch(options) = task(&mut matches) else { panic!("a list was given") };
        assert_eq!((options.concurrency, options.timeout, options.retries), (20, Duration::from_secs(10), 0));
    }

    #[test]
    fn options_of_a_list_need_a_list() {
        command().debug_assert();
        for wrong in [&["--out", "-"][..], &["--concurrency", "0", "--urls", "-"], &["--way", "loop"], &["--tied"]] {
            assert!(command().try_get_matches_from([&["fan_out"], wrong].concat()).is_err(), "{wrong:?}");
        }
    }
}
