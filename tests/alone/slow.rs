//! Turns slow polls into what stands on stderr, by the builder's word or the environment's.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use wheelwright::slow::{self, Why};
use wheelwright::{Runtime, block_on, spawn, yield_now};

use crate::run;

const THRESHOLD: Duration = Duration::from_millis(20);
const TIMES: usize = 10;

/// One task sleeps again and again in the same place, another does it elsewhere.
pub(crate) fn again_and_again() {
    let runtime = Runtime::builder().slow_poll(THRESHOLD).build().expect("a runtime");
    runtime.block_on(async {
        let often = spawn(async {
            for _ in 0..TIMES {
                yield_now().await;
                thread::sleep(3 * THRESHOLD);
            }
        });
        often.await.expect("it ends");
        spawn(async { thread::sleep(3 * THRESHOLD) }).await.expect("it ends");
    });
}

/// The first of each cause at once, the others by their number. The first task's last poll got to its end, which is another one.
pub(crate) fn counts_what_is_alike(command: &mut Command) -> Result<(), String> {
    let (_, stderr) = run(command)?;
    let reports = stderr.matches(": blocked in a system call\n").count();
    let rest = format!("    and {} more like it since the last report\n", TIMES - 3);
    let is_told =
        reports == 4 && stderr.contains(&rest) && stderr.contains(" (its turn) and came back to it (its turn): ");
    if is_told { Ok(()) } else { Err(format!("{reports} reports:\n{stderr}")) }
}

/// Nothing says that polls are to be timed.
pub(crate) fn sleep_a_while() {
    block_on(async { thread::sleep(Duration::from_millis(101)) });
}

pub(crate) fn by_the_environment(command: &mut Command) -> Result<(), String> {
    let mut told = |value: Option<&str>| match value {
        None => run(command.env_remove("WHEELWRIGHT_DEBUG")),
        Some(value) => run(command.env("WHEELWRIGHT_DEBUG", value)),
    };
    for (value, reports) in [(None, 0), (Some("1"), 1), (Some("0"), 0)] {
        let (_, stderr) = told(value)?;
        if stderr.matches("wheelwright: slow poll: task 1 held the loop for ").count() != reports {
            return Err(format!("{value:?}: {reports} reports were to come:\n{stderr}"));
        }
    }
    let broken = told(Some("yes")).err().ok_or("nonsense was taken for a debug mode")?;
    match broken.contains("WHEELWRIGHT_DEBUG is \"yes\": it should be 1, or 0") {
        true => Ok(()),
        false => Err(broken),
    }
}

/// The builder's debug mode, which the environment can end, and a threshold that it does not change.
pub(crate) fn sleep_in_debug_mode() {
    let builder = || Runtime::builder().debug();
    builder().build().expect("a runtime").block_on(async { thread::sleep(Duration::from_millis(101)) });
    let quiet = builder().slow_poll(Duration::from_secs(60)).build().expect("a runtime");
    quiet.block_on(async { thread::sleep(Duration::from_millis(101)) });
}

pub(crate) fn once_unless_forbidden(command: &mut Command) -> Result<(), String> {
    for (value, reports) in [("1", 1), ("0", 0)] {
        let (_, stderr) = run(command.env("WHEELWRIGHT_DEBUG", value))?;
        if stderr.matches("wheelwright: slow poll: ").count() != reports {
            return Err(format!("{value:?}: {reports} reports were to come:\n{stderr}"));
        }
    }
    let (_, stderr) = run(command.env_remove("WHEELWRIGHT_DEBUG"))?;
    if stderr.matches("wheelwright: slow poll: ").count() == 1 { Ok(()) } else { Err(stderr) }
}

/// Eight threads want the one CPU that there is.
pub(crate) fn crowded_out() {
    let allowed = sched_getaffinity(None).expect("it can be asked");
    let first = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)).expect("it runs somewhere");
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one).expect("it may be pinned");
    let end = Instant::now() + Duration::from_secs(2);
    (0..8).for_each(|_| drop(thread::spawn(move || while Instant::now() < end {})));
    let runtime = Runtime::builder().slow_poll(Duration::from_millis(100)).build().expect("a runtime");
    slow::listen(|report| println!("{:?}", report.why()));
    runtime.block_on(async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(500) {}
    });
}

pub(crate) fn is_the_systems_doing(command: &mut Command) -> Result<(), String> {
    let (stdout, stderr) = run(command)?;
    match stdout.trim() == format!("{:?}", Why::TakenOff) && stderr.contains(": taken off the CPU by the OS\n") {
        true => Ok(()),
        false => Err(format!("{stdout}{stderr}")),
    }
}
