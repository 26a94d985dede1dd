//! Turns both ways at each count into rows, and the rows into all that was asked for.

use std::io;

use support::usage::peak_memory_kb;

use crate::arguments::{Extent, Options};
use crate::figures::{self, Figures, Outcome};
use crate::work::{Way, Work};
use crate::{chart, claims, limits, report, results};

const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// The same work in both ways.
pub(crate) struct Row {
    pub(crate) work: Work,
    pub(crate) threads: Outcome,
    pub(crate) on_loop: Figures,
}

/// All that was measured.
pub(crate) struct Measured {
    pub(crate) rounds: usize,
    pub(crate) waiting: Vec<Row>,
    pub(crate) pages: Vec<Row>,
}

pub(crate) fn run(options: &Options) -> io::Result<()> {
    if peak_memory_kb().is_none() {
        println!("skipped: only Linux tells a process how much memory it had");
        return Ok(());
    }
    let (counts, rounds) = match options.extent {
        Extent::Quick => (&COUNTS[..4], 1),
        Extent::Full => (&COUNTS[..], 5),
    };
    let descriptors = limits::descriptors();
    let counts = limits::fitting(counts, descriptors)?;
    let row = |work| Row::measure(work, rounds).inspect(report::row);
    report::begin(descriptors);
    let waiting = counts.into_iter().map(Work::waiting).map(row).collect::<io::Result<Vec<Row>>>()?;
    report::crossovers(&waiting);
    report::begin_pages();
    let pages = [1, 10].into_iter().map(Work::page).map(row).collect::<io::Result<Vec<Row>>>()?;
    let measured = Measured { rounds, waiting, pages };
    if let Some(path) = &options.json {
        std::fs::write(path, results::of(&measured))?;
    }
    if let Some(path) = &options.svg {
        std::fs::write(path, chart::of(&measured.waiting))?;
    }
    report::end(&measured);
    Ok(())
}

impl Row {
    /// The two ways take turns, so that a disturbance meets both.
    fn measure(work: Work, rounds: usize) -> io::Result<Self> {
        let (mut threads, mut on_loop) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            threads.push(figures::of(Way::Threads, work)?);
            on_loop.push(figures::of(Way::Loop, work)?);
        }
        let on_loop = figures::median(on_loop).expect("the loop asks for no thread");
        let row = Self { work, threads: figures::median(threads), on_loop };
        if let Some((threads, on_loop)) = row.both() {
            claims::compare(work, threads, on_loop);
        }
        Ok(row)
    }

    /// The figures of threads and loop; none, if the system refused a thread.
    pub(crate) fn both(&self) -> Option<(&Figures, &Figures)> {
        Some((self.threads.as_ref().ok()?, &self.on_loop))
    }
}
