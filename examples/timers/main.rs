//! Turns a hundred thousand sleeps into one thread that sleeps, with a heap or a wheel; and two hearts into one that keeps time.
//!
//! `cargo run --release --example timers` takes 8 s, each way in a process of its own. With `-- --timeline FILE` it draws three
//! sleeps and a beat instead, under the paused clock.
//!
//! Try: let the hearts beat each 9 ms, and then each 1 ms. What is the one that sleeps behind by now, for each beat?

use std::io;
use std::time::Duration;

use support::process::Child;
use support::timeline;
use wheelwright::time::{interval_at, now, sleep};
use wheelwright::{JoinError, Runtime, block_on, join, spawn_named};

mod cost; // a sleep that is given up -> nanoseconds, with a heap and with a wheel
mod fleet; // many sleeps at once -> threads, memory, how late they were

use fleet::Figures;

const PERIOD: Duration = Duration::from_millis(10);
const BEATS: u32 = 100;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => show(),
        ["--timeline", _] => timeline::run(Runtime::builder().paused(), three_sleeps())?.map_err(io::Error::other),
        [way] => {
            fleet::run(way);
            Ok(())
        }
        _ => Err(io::Error::other("it takes no arguments but `--timeline FILE`")),
    }
}

fn show() -> io::Result<()> {
    println!("sleeps that end within {} ms", fleet::SPREAD.as_millis());
    println!("                   sleeps  threads  memory each  median late      p99  parked  CPU each");
    let ways = fleet::WAYS.map(|(way, _)| Child::start(&[way])?.finish().and_then(|told| Figures::told(way, &told)));
    let [Ok(threads), Ok(heap), Ok(wheel)] = ways else { return ways.into_iter().try_for_each(|way| way.map(drop)) };
    for on_loop in [&heap, &wheel] {
        assert!(on_loop.p99 < fleet::SPREAD, "the loop keeps up");
        if cfg!(target_os = "linux") {
            assert_eq!(
                (on_loop.threads, threads.threads),
                (1, threads.sleeps + 1),
                "one sleeps for all, or each for itself"
            );
            assert!(10 * on_loop.bytes < threads.bytes, "a stack is larger than a task");
        }
    }
    assert!(wheel.times_parked <= heap.times_parked, "a tick is for all that are due in it");
    let [in_heap, in_wheel] = cost::of_giving_up();
    let (by_sleeps, by_interval) = block_on(join(beat_by_sleeps(), beat_by_interval()));
    println!("\n{BEATS} beats, one each {} ms           behind at the end", PERIOD.as_millis());
    println!("sleep(PERIOD) after each beat          {:8.2} ms", by_sleeps.as_secs_f64() * 1e3);
    println!("interval(PERIOD)                       {:8.2} ms", by_interval.as_secs_f64() * 1e3);
    assert!(2 * by_interval < by_sleeps, "what one beat is late the next one is not");
    println!(
        "\n{} sleeps took one thread and {} bytes each, and 99 of 100 were at most {:.1} ms late; to give one up took {in_wheel:.0} ns \
         in a wheel and {in_heap:.0} in a heap.",
        wheel.sleeps,
        wheel.bytes,
        wheel.p99.as_secs_f64() * 1e3
    );
    Ok(())
}

/// How far behind its plan a heart is that sleeps after each beat.
async fn beat_by_sleeps() -> Duration {
    let begun = now();
    for _ in 0..BEATS {
        sleep(PERIOD).await;
    }
    now() - (begun + PERIOD * BEATS)
}

/// The same for one that has a plan.
async fn beat_by_interval() -> Duration {
    let begun = now();
    let mut ticks = interval_at(begun + PERIOD, PERIOD);
    for _ in 0..BEATS {
        ticks.tick().await;
    }
    now() - (begun + PERIOD * BEATS)
}

/// For the picture: three that sleep, and one that beats beside them.
async fn three_sleeps() -> Result<(), JoinError> {
    let sleepers = [("a", 30), ("b", 20), ("c", 10)];
    let sleepers = sleepers.map(|(name, ms)| spawn_named(name, sleep(Duration::from_millis(ms))));
    let heart = spawn_named("heart", async {
        let mut ticks = interval_at(now() + PERIOD, PERIOD);
        for _ in 0..3 {
            ticks.tick().await;
        }
    });
    for sleeper in sleepers {
        sleeper.await?;
    }
    heart.await
}
