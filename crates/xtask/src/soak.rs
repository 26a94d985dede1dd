//! Turns minutes of calls, faults and cancels between two processes into the verdict that nothing grows and nothing is left.

use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::tree;

const USAGE: &str = "usage: cargo xtask soak [--minutes N] [--seed N]";

/// The case of `tests/alone` that does it, built as programs are that run for long.
pub(crate) const CASE: [&str; 9] =
    ["test", "--release", "--package", "wheelwright-tests", "--features", "gzip", "--test", "alone", "soak"];

/// For how many seconds it goes on.
pub(crate) const SECONDS: &str = "WHEELWRIGHT_SOAK_SECONDS";

/// How long, and from which seed; without one each run makes other choices.
struct Options {
    minutes: f64,
    seed: u64,
}

pub(crate) fn run(words: &[&str]) -> ExitCode {
    let Some(Options { minutes, seed }) = options(words) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut command = Command::new("cargo");
    command.current_dir(tree::root()).args(CASE);
    command.env(SECONDS, format!("{:.0}", minutes * 60.0));
    command.env("WHEELWRIGHT_SOAK_SEED", seed.to_string());
    let succeeded = command.status().is_ok_and(|status| status.success());
    ExitCode::from(u8::from(!succeeded))
}

fn options(words: &[&str]) -> Option<Options> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let mut options = Options { minutes: 10.0, seed: u64::from(now.subsec_micros()) };
    for pair in words.chunks(2) {
        match *pair {
            ["--minutes", minutes] => options.minutes = minutes.parse().ok().filter(|minutes| 0.05 < *minutes)?,
            ["--seed", seed] => options.seed = seed.parse().ok()?,
            _ => return None,
        }
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn minutes_and_a_seed_can_be_said() {
        let all = options(&["--seed", "7", "--minutes", "0.5"]).unwrap();
        assert_eq!((all.minutes, all.seed), (0.5, 7));
        assert_eq!(options(&[]).unwrap().minutes, 10.0);
        for wrong in [&["--minutes"][..], &["--minutes", "x"], &["--minutes", "0"], &["--seed", "-1"], &["5"]] {
            assert!(options(wrong).is_none(), "{wrong:?}");
        }
    }
}
