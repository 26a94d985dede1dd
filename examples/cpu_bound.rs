//! Turns work for the processor into work for all its cores: tasks on the loop gain nothing, threads of its pool do.
//!
//! `cargo run --release --example cpu_bound` runs for about 2 seconds, up to half a minute while others use the cores. Python needs
//! processes for this: its lock (the GIL, which only special builds since 3.13 are without) lets one thread at a time
//! run Python, and what goes to a process and back is copied. Here threads run on all cores at once and share memory.
//!
//! Try: let the pool have 1 slice at once, then 16: how many are enough (with 1 the last
//! check fails, after 30 rounds, and is right), and what do more threads than cores bring?
//! (Where they wait they do bring something: `three_ways`.) Next, set SLICES to 1: who divides work that you have not?

use std::hint::black_box;
use std::ops::Range;
use std::thread::available_parallelism;
use std::time::Instant;

use support::usage;
use wheelwright::{block_on, join_all, map_concurrent, spawn, spawn_blocking};

const NUMBERS: u32 = 1_200_000;
const SLICES: u32 = 16;
/// At least 3, and up to 30 until the pool shows a gain: others may use the cores. The fastest run of each way counts.
const ROUNDS: [usize; 2] = [3, 30];

type Way = (&'static str, fn() -> usize);

const WAYS: [Way; 3] = [
    ("one after another", || slices().map(primes).sum()),
    ("tasks on the loop", || block_on(on_the_loop())),
    ("spawn_blocking", || block_on(on_the_pool())),
];

fn main() {
    println!("the primes below {NUMBERS}, in {SLICES} slices, with {} cores\n", cores());
    let [plain, on_loop, pool] = best_of_rounds();
    println!("                   wall time  speed-up   CPU time  cores at work  primes found");
    for ((name, _), Run { wall, cpu, found }) in WAYS.iter().zip([plain, on_loop, pool]) {
        let (gain, at_work) = (plain.wall / wall, cpu / wall);
        println!("{name:<18} {wall:>7.2} s {gain:>8.1}x {cpu:>8.2} s {at_work:>14.1} {found:>13}");
    }
    assert!(plain.found == on_loop.found && plain.found == pool.found, "all ways find the same");
    assert!(0.7 * plain.cpu < on_loop.wall, "the loop gains nothing");
    assert!(
        cores() == 1 || gains(&[plain, on_loop, pool]),
        "the pool gained nothing in {} rounds: are the cores busy, or is one slice out at a time?",
        ROUNDS[1]
    );
    if cores() == 1 {
        println!("\nWith a single core, threads have nothing to gain either.");
    }
    let at_work = pool.cpu / pool.wall;
    println!(
        "\nComputing took {:.2} s without a loop, {:.2} s in tasks on a loop, and {:.2} s on its pool's threads, which \
         kept {at_work:.1} cores at work.",
        plain.wall, on_loop.wall, pool.wall
    );
}

/// The fastest run of each way.
fn best_of_rounds() -> [Run; 3] {
    let mut best = WAYS.map(run);
    for rounds in 1..ROUNDS[1] {
        if ROUNDS[0] <= rounds && (cores() == 1 || gains(&best)) {
            break;
        }
        let next = WAYS.map(run);
        best = [0, 1, 2].map(|way| if next[way].wall < best[way].wall { next[way] } else { best[way] });
    }
    best
}

/// Two cores bring 2.0 at best, and much less if they are halves of one.
fn gains([plain, on_loop, pool]: &[Run; 3]) -> bool {
    1.2 * pool.wall < plain.wall.min(on_loop.wall)
}

async fn on_the_loop() -> usize {
    let tasks = slices().map(|slice| spawn(async { primes(slice) }));
    join_all(tasks).await.into_iter().map(|found| found.expect("it does not panic")).sum()
}

async fn on_the_pool() -> usize {
    // More threads than cores would only take turns.
    let found = map_concurrent(cores(), slices(), |slice| spawn_blocking(|| primes(slice))).await;
    found.into_iter().map(|found| found.expect("it does not panic")).sum()
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn slices() -> impl Iterator<Item = Range<u32>> {
    let size = NUMBERS / SLICES;
    (0..SLICES).map(move |slice| slice * size..(slice + 1) * size)
}

/// Counts primes in the plainest way, which needs the processor and nothing else.
fn primes(slice: Range<u32>) -> usize {
    let divides = |n: u32| (2..).take_while(|d| d * d <= n).any(|d| n.is_multiple_of(d));
    black_box(slice).filter(|n| 1 < *n && !divides(*n)).count()
}

/// What one way took, in seconds, and what came of it.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    cpu: f64,
    found: usize,
}

fn run((_, way): Way) -> Run {
    let (begun, worked) = (Instant::now(), usage::cpu_time());
    let found = way();
    Run { wall: begun.elapsed().as_secs_f64(), cpu: (usage::cpu_time() - worked).as_secs_f64(), found }
}
