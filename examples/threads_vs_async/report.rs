//! Turns rows into what a person reads.

use crate::comparison::{Measured, Row};
use crate::figures::{Figures, Outcome};
use crate::limits;
use crate::quantities::{QUANTITIES, megabytes};
use crate::work::Work;

const COLUMNS: &str = "connections  way       wall time     CPU time  peak memory  OS threads";

pub(crate) fn begin(descriptors: u64) {
    let Work { exchanges, wait, .. } = Work::waiting(1);
    println!("each row is a client process of its own; the server is another process, and in no row");
    println!("limits of this system: {} descriptors, {} threads\n", grouped(descriptors), grouped(limits::threads()));
    println!("a service that answers after {} ms, {exchanges} times on each connection\n{COLUMNS}", wait.as_millis());
}

pub(crate) fn begin_pages() {
    println!("\na page that is there at once, {} times in all\n{COLUMNS}", grouped(Work::page(1).answers() as u64));
}

pub(crate) fn row(row: &Row) {
    line(&row.work, "threads", &row.threads);
    line(&row.work, "loop", &Ok(row.on_loop));
}

fn line(work: &Work, way: &str, outcome: &Outcome) {
    print!("{:>11}  {way:<7}", grouped(work.connections as u64));
    match outcome {
        Err(threads) => println!("   after {} threads the system refused another", grouped(*threads as u64)),
        Ok(Figures { wall_ms, cpu_ms, peak_rss_kb, os_threads, .. }) => println!(
            "{:>10.3} s{cpu_ms:>10.1} ms{:>10.1} MB{:>12}",
            wall_ms / 1e3,
            megabytes(*peak_rss_kb),
            grouped(*os_threads as u64),
        ),
    }
}

/// Up to where threads do as well, and how far apart the two are in the end.
pub(crate) fn crossovers(rows: &[Row]) {
    let (most, threads, on_loop) = largest(rows);
    println!("\n             loop saves less than a tenth   loop needs, at {most}");
    for quantity in &QUANTITIES {
        let up_to = grouped(quantity.threads_do_as_well_up_to(rows) as u64);
        let share = 100.0 * quantity.share(threads, on_loop);
        println!("{:<13}     up to {up_to:>6} connections{share:>7.0} % of what threads need", quantity.name);
    }
    let (count, kernel) = (grouped(threads.os_threads as u64), megabytes(threads.kernel_kb));
    println!("not in the table: the kernel kept {kernel:.1} MB more, stacks and page tables, for the {count} threads");
}

/// Says in a sentence what it showed.
pub(crate) fn end(measured: &Measured) {
    let (most, threads, on_loop) = largest(&measured.waiting);
    let (_, page_threads, page_loop) = largest(&measured.pages[..1]);
    let each = |figures: &Figures| figures.cpu_ms * 1e3 / Work::page(1).answers() as f64;
    println!(
        "\nAsync pays where many wait: with {most} connections the loop took {:.1} MB, {:.0} ms of CPU time and one thread, \
         where threads took {:.1} MB, {:.0} ms and {} of them; a page that is there at once cost {:.1} us of CPU time on the \
         loop and {:.1} us with a thread.",
        megabytes(on_loop.peak_rss_kb),
        on_loop.cpu_ms,
        megabytes(threads.peak_rss_kb),
        threads.cpu_ms,
        grouped(threads.os_threads as u64),
        each(page_loop),
        each(page_threads),
    );
}

/// The largest count that both ways managed.
fn largest(rows: &[Row]) -> (String, &Figures, &Figures) {
    let both = rows.iter().rev().find_map(|row| Some((row.work.connections, row.both()?)));
    let (connections, (threads, on_loop)) = both.expect("a system that runs this has a thread for one connection");
    (grouped(connections as u64), threads, on_loop)
}

/// 10000 as 10,000.
fn grouped(number: u64) -> String {
    let mut text = number.to_string();
    for at in (1..text.len()).rev().skip(2).step_by(3) {
        text.insert(at, ',');
    }
    text
}
