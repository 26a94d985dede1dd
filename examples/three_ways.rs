//! Turns fifty waits into the time of one, with a thread for each or on the loop; computing gains nothing on the loop.
//!
//! `cargo run --release --example three_ways` runs for about 7 seconds, each way in a process of its own. See also
//! `fan_out` (calls over HTTP), `cpu_bound` (what helps who computes), `threads_vs_async` (when threads cost more).
//!
//! Try: on the loop, wait with `thread::sleep(WAIT)` in place of `sleep(WAIT).await`: how many tasks wait at once then, and which check objects?
//! Next, compute there with `wheelwright::spawn_blocking(compute).await.expect("it ends")`: what is gained, and who worked for it?

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use support::{process::Child, usage};
use wheelwright::{block_on, spawn, time::sleep};

const JOBS: u32 = 50;
const WAIT: Duration = Duration::from_millis(100);

const WAYS: [(&str, fn()); 5] = [
    ("wait, one after another", || one_after_another(|| thread::sleep(WAIT))),
    ("wait, a thread for each", || a_thread_for_each(|| thread::sleep(WAIT))),
    ("wait, on the loop", || block_on(on_the_loop(async || sleep(WAIT).await))),
    ("compute, one after another", || one_after_another(compute)),
    ("compute, on the loop", || block_on(on_the_loop(async || compute()))),
];

fn main() -> io::Result<()> {
    let Some(name) = std::env::args().nth(1) else { return compare() };
    let Some((_, way)) = WAYS.iter().find(|(known, _)| *known == name) else {
        eprintln!("three_ways: there is no way {name:?}; without an argument it shows all");
        std::process::exit(2);
    };
    let begun = Instant::now();
    way();
    println!("{} {}", begun.elapsed().as_secs_f64(), usage::cpu_time().as_secs_f64());
    Ok(())
}

fn one_after_another(job: fn()) {
    (0..JOBS).for_each(|_| job());
    tell_usage();
}

fn a_thread_for_each(job: fn()) {
    let threads: Vec<_> = (0..JOBS).map(|_| thread::spawn(job)).collect();
    thread::sleep(WAIT / 5); // by then all have begun, and none has ended
    tell_usage();
    threads.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
}

async fn on_the_loop<F: Future<Output = ()> + 'static>(job: impl Fn() -> F) {
    let tasks: Vec<_> = (0..JOBS).map(|_| spawn(job())).collect();
    sleep(WAIT / 5).await;
    tell_usage();
    for task in tasks {
        task.await.expect("it does not panic");
    }
}

/// Keeps the processor busy for some 20 ms: counts primes in the plainest way.
fn compute() {
    let is_prime = |n: &u32| !(2..).take_while(|d| d * d <= *n).any(|d| n.is_multiple_of(d));
    black_box((2..black_box(280_000)).filter(is_prime).count());
}

fn compare() -> io::Result<()> {
    println!("{JOBS} jobs                     wall time   CPU time  threads  memory written  reserved");
    let all = WAYS.iter().map(measure).collect::<io::Result<Vec<_>>>()?;
    println!("\nwall time, one block for {} ms", WAIT.as_millis());
    for ((name, _), figures) in WAYS.iter().zip(&all) {
        println!("{name:<26} {}", "█".repeat((figures.wall / WAIT.as_secs_f64()).round() as usize));
    }
    let [sequence, threads, on_loop, plain, computed] = &all[..] else { unreachable!("as many as ways") };
    assert!((WAIT * JOBS).as_secs_f64() <= sequence.wall, "one after another takes at least the sum");
    assert!(5.0 * threads.wall.max(on_loop.wall) < sequence.wall, "waiting at once is many times faster");
    assert!(0.7 * plain.cpu < computed.wall, "the loop computes no faster");
    let more_kb = threads.written_kb - sequence.written_kb;
    if cfg!(target_os = "linux") {
        assert_eq!(on_loop.threads, 1.0, "one thread waits for all");
        assert_eq!(threads.threads, f64::from(JOBS) + 1.0, "a thread waits for each");
        assert!(5.0 * (on_loop.written_kb - sequence.written_kb) < more_kb, "a stack uses more than a task");
        assert!(50.0 * threads.written_kb < threads.reserved_kb, "most of what stacks reserve is never used");
    }
    let (sum, one) = (sequence.wall, on_loop.wall);
    println!(
        "\n{JOBS} waits took {sum:.2} s one after another and {one:.2} s on a loop with its one thread; {JOBS} threads \
         are as fast, for {more_kb} kB more memory; computing gains nothing on the loop."
    );
    Ok(())
}

/// What a way took, in seconds (of the CPU: since its process began), and what it had while all jobs were waiting.
struct Figures {
    wall: f64,
    cpu: f64,
    threads: f64,
    /// Written to, so that there is memory behind it; without the kernel's own stack for each thread, of 16 KiB.
    written_kb: f64,
    /// Addresses to use one day: 2 MiB for each thread's stack, and 64 MiB wherever glibc allocates for threads apart.
    reserved_kb: f64,
}

fn measure((name, _): &(&str, fn())) -> io::Result<Figures> {
    let told = Child::start(&[name])?.finish()?;
    let numbers: Vec<f64> = told.split_whitespace().flat_map(str::parse).collect(); // what is no number is a unit
    let [threads, written_kb, reserved_kb, wall, cpu] = numbers[..] else { unreachable!("each way tells five") };
    let (cpu_ms, reserved_mb) = (cpu * 1e3, reserved_kb / 1e3);
    println!("{name:<26} {wall:>8.2} s {cpu_ms:>7.1} ms {threads:>8} {written_kb:>12} kB {reserved_mb:>6.0} MB");
    Ok(Figures { wall, cpu, threads, written_kb, reserved_kb })
}

/// Prints threads, memory written and reserved, for `measure` to read; only Linux knows them, elsewhere they are 0.
fn tell_usage() {
    let lists = ["status", "smaps_rollup"].map(|list| std::fs::read_to_string(format!("/proc/self/{list}")));
    let lists = lists.map(Result::unwrap_or_default).concat();
    for name in ["Threads:", "Anonymous:", "VmSize:"] {
        println!("{}", lists.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0"));
    }
}
