//! Turns what the system allows into the counts of connections that can be tried.

use std::{fs, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::usage::descriptor_limit;

/// Descriptors that a process needs besides those of its connections.
const BESIDES: u64 = 50;

/// Asks for as many descriptors as this process may have, for itself and its children, and tells how many there are.
pub(crate) fn descriptors() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If the system says no there are fewer, and the next line tells how many.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    descriptor_limit().unwrap_or(u64::MAX)
}

/// Those of `counts` for which there are descriptors.
pub(crate) fn fitting(counts: &[usize], descriptors: u64) -> io::Result<Vec<usize>> {
    let fitting: Vec<usize> = counts.iter().copied().filter(|count| *count as u64 + BESIDES <= descriptors).collect();
    match fitting.is_empty() {
        true => Err(io::Error::other(format!("{descriptors} descriptors are too few, even for one connection"))),
        false => Ok(fitting),
    }
}

/// How many threads this user may have, or the whole system if that is less.
pub(crate) fn threads() -> u64 {
    let of_system =
        fs::read_to_string("/proc/sys/kernel/threads-max").expect("Linux tells how many threads there may be");
    let of_system = of_system.trim().parse().expect("it is a number");
    getrlimit(Resource::Nproc).current.map_or(of_system, |of_user| of_system.min(of_user))
}
