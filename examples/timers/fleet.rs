//! Turns many sleeps at once into what they take, in three ways: a thread for each, tasks with a heap, tasks with a wheel.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use support::{
    quantile,
    usage::{cpu_time, memory_kb, os_threads, times_woken},
};
use wheelwright::{block_on, spawn, time::sleep_until, yield_now};

#[path = "../../book/steps/heap.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
pub(crate) mod heap;

/// From the start to the first deadline, and from there to the last.
const HEAD_START: Duration = Duration::from_secs(1);
pub(crate) const SPREAD: Duration = Duration::from_secs(1);
const THREADS: u32 = 1_000;
const TASKS: u32 = 100_000;

pub(crate) const WAYS: [(&str, fn()); 3] =
    [("a thread for each", in_threads), ("tasks, a heap", in_heap), ("tasks, a wheel", in_wheel)];

pub(crate) struct Figures {
    pub(crate) sleeps: u64,
    pub(crate) threads: u64,
    pub(crate) bytes: u64,
    pub(crate) p99: Duration,
    pub(crate) times_parked: u64,
}

impl Figures {
    /// Reads and prints what a process told.
    pub(crate) fn told(way: &str, told: &str) -> io::Result<Self> {
        let numbers: Vec<u64> = told.split_whitespace().flat_map(str::parse).collect();
        let [threads, bytes, sleeps, median, p99, times_parked, cpu] = numbers[..] else {
            return Err(io::Error::other(format!("{way}: {told}")));
        };
        let [median_ms, p99_ms] = [median, p99].map(|us| us as f64 / 1e3);
        print!("{way:17} {sleeps:>7} {threads:>8} {bytes:>6} bytes {median_ms:>9.2} ms {p99_ms:>5.2} ms");
        println!("{times_parked:>8} {cpu:>6} ns");
        Ok(Self { sleeps, threads, bytes, p99: Duration::from_micros(p99), times_parked })
    }
}

pub(crate) fn run(way: &str) {
    WAYS.iter().find(|(name, _)| *name == way).expect("only the ways of this program are asked for").1();
}

/// When the sleeps end.
fn deadlines(count: u32) -> impl Iterator<Item = Instant> {
    let first = Instant::now() + HEAD_START;
    (0..count).map(move |number| first + SPREAD * number / count)
}

/// Tells how many threads there are while all sleep, and how much memory there is more than before, for each.
fn tell_usage(before_kb: Option<u64>, count: u32) {
    let more = memory_kb().zip(before_kb).map_or(0, |(now, before)| (now - before) * 1024 / u64::from(count));
    println!("{} {more}", os_threads().unwrap_or_default());
}

/// Tells how late all were, how often a thread parked for them, and what the processor worked for each.
fn tell_lateness(late: &[Duration], times_parked: u64) {
    let [median, p99] = [0.5, 0.99].map(|share| quantile::of(late, share).as_micros());
    println!("{} {median} {p99} {times_parked} {}", late.len(), cpu_time().as_nanos() / late.len() as u128);
}

fn lateness(due: Instant) -> Duration {
    let now = Instant::now();
    assert!(due <= now, "nobody is early");
    now - due
}

fn in_threads() {
    let before = memory_kb();
    let sleeper = |due: Instant| {
        thread::sleep(due - Instant::now());
        lateness(due)
    };
    let sleepers: Vec<_> = deadlines(THREADS).map(|due| thread::spawn(move || sleeper(due))).collect();
    tell_usage(before, THREADS);
    let late: Vec<_> = sleepers.into_iter().map(|sleeper| sleeper.join().expect("it does not panic")).collect();
    tell_lateness(&late, THREADS.into()); // each once
}

fn in_heap() {
    heap::block_on(async {
        let (before, late) = (memory_kb(), Rc::default());
        for due in deadlines(TASKS) {
            drop(heap::key_wakers::spawn(sleeper(due, heap::sleep(due - Instant::now()), Rc::clone(&late))));
        }
        yield_now().await; // all have begun their wait
        tell_usage(before, TASKS);
        heap::sleep(HEAD_START + SPREAD).await;
        tell_lateness(&late.borrow(), times_woken().unwrap_or_default());
    });
}

fn in_wheel() {
    block_on(async {
        let (before, late) = (memory_kb(), Rc::default());
        for due in deadlines(TASKS) {
            spawn(sleeper(due, sleep_until(due), Rc::clone(&late))).detach();
        }
        yield_now().await;
        tell_usage(before, TASKS);
        sleep_until(Instant::now() + HEAD_START + SPREAD).await;
        tell_lateness(&late.borrow(), times_woken().unwrap_or_default());
    });
}

async fn sleeper(due: Instant, sleep: impl Future<Output = ()>, late: Rc<RefCell<Vec<Duration>>>) {
    sleep.await;
    late.borrow_mut().push(lateness(due));
}
