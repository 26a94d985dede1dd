//! Turns works into rows that a person reads, and rows into what they show.

use std::{fs, io};

use rustix::process::{Resource, getrlimit};
use support::usage::raise_descriptor_limit;

use crate::client::Figures;
use crate::comparison::{Row, WAYS};
use crate::work::Work;

/// Something of which less is better: a name, a unit, and how much of it was taken.
type Quantity = (&'static str, &'static str, fn(&Figures) -> f64);

pub(crate) const QUANTITIES: [Quantity; 3] = [
    ("wall time", "s", |figures| figures.wall_us as f64 / 1e6),
    ("CPU time", "s", |figures| figures.cpu_us as f64 / 1e6),
    ("peak memory", "B", |figures| figures.peak_rss_kb as f64 * 1_024.0),
];

/// What saves less than a tenth is taken for noise.
const CLEARLY_LESS: f64 = 0.9;

pub(crate) fn begin() {
    println!("each row is a client process of its own; the server is another process, and in no row");
    println!(
        "limits of this system: {} descriptors, {} threads",
        grouped(raise_descriptor_limit()),
        grouped(threads())
    );
}

/// Measures each of `works`, and prints its rows at once: the last take the longest.
pub(crate) fn table(works: &[Work], rounds: usize) -> io::Result<Vec<Row>> {
    println!("\n{}", title(works[0]));
    println!("connections  way       wall time     CPU time  peak memory  OS threads");
    works.iter().map(|work| Row::measure(*work, rounds).inspect(print)).collect()
}

pub(crate) fn title(Work { connections, exchanges, wait }: Work) -> String {
    match wait.as_millis() {
        0 => format!("a page that is there at once, {} times in all", grouped(connections * exchanges)),
        wait => format!("a service that answers after {wait} ms, {exchanges} times on each connection"),
    }
}

fn print(row: &Row) {
    for (way, outcome) in WAYS.iter().zip(&row.outcomes) {
        print!("{:>11}  {way:<7}", grouped(row.work.connections));
        match outcome {
            Err(why) => println!("   {why}"),
            Ok(Figures { wall_us, cpu_us, peak_rss_kb, os_threads, .. }) => {
                let [wall, cpu, memory] = [*wall_us as f64 / 1e6, *cpu_us as f64 / 1e3, megabytes(*peak_rss_kb)];
                println!("{wall:>10.3} s{cpu:>10.1} ms{memory:>10.1} MB{:>12}", grouped(*os_threads));
            }
        }
    }
}

/// Up to where threads do as well, and how far apart the two are in the end.
pub(crate) fn crossovers(rows: &[Row]) -> io::Result<()> {
    let (most, both) = largest(rows)?;
    println!("\n             loop saves less than a tenth   loop needs, at {most}");
    for (name, _, of) in QUANTITIES {
        let share = |[threads, on_loop]: [&Figures; 2]| of(on_loop) / of(threads);
        let is_as_good = |row: &&Row| row.both().is_some_and(|both| CLEARLY_LESS < share(both));
        let up_to = grouped(rows.iter().rfind(is_as_good).map_or(0, |row| row.work.connections));
        println!("{name:<13}     up to {up_to:>6} connections{:>7.0} % of what threads need", 100.0 * share(both));
    }
    let (count, kernel) = (grouped(both[0].os_threads), megabytes(both[0].kernel_kb));
    println!("not in the table: the kernel kept {kernel:.1} MB more, stacks and page tables, for the {count} threads");
    Ok(())
}

/// Says in a sentence what it showed.
pub(crate) fn end(waiting: &[Row], pages: &[Row]) -> io::Result<()> {
    let (most, [threads, on_loop]) = largest(waiting)?;
    let (_, one_at_a_time) = largest(&pages[..1])?;
    let [thread_us, loop_us] = one_at_a_time.map(|figures| figures.cpu_us as f64 / f64::from(pages[0].work.exchanges));
    println!(
        "\nAsync pays where many wait: with {most} connections the loop took {:.1} MB, {:.0} ms of CPU time and one thread, \
         where threads took {:.1} MB, {:.0} ms and {} of them; a page that is there at once cost {loop_us:.1} us of CPU time on \
         the loop and {thread_us:.1} us with a thread.",
        megabytes(on_loop.peak_rss_kb),
        on_loop.cpu_us as f64 / 1e3,
        megabytes(threads.peak_rss_kb),
        threads.cpu_us as f64 / 1e3,
        grouped(threads.os_threads),
    );
    Ok(())
}

/// The largest count that both ways managed.
fn largest(rows: &[Row]) -> io::Result<(String, [&Figures; 2])> {
    let both = rows.iter().rev().find_map(|row| Some((grouped(row.work.connections), row.both()?)));
    both.ok_or_else(|| io::Error::other("there is nothing to compare: see what the system refused, above"))
}

/// How many threads this user may have, or the whole system if that is less.
fn threads() -> u64 {
    let of_system = fs::read_to_string("/proc/sys/kernel/threads-max").expect("Linux tells how many there may be");
    let of_system = of_system.trim().parse().expect("it is a number");
    getrlimit(Resource::Nproc).current.map_or(of_system, |of_user| of_system.min(of_user))
}

fn megabytes(kb: u64) -> f64 {
    kb as f64 * 1_024.0 / 1e6
}

/// 10000 as 10,000.
fn grouped(number: impl Into<u64>) -> String {
    match number.into() {
        number @ ..1_000 => number.to_string(),
        number => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}
