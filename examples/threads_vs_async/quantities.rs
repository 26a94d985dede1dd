//! Turns figures into the quantities by which the two ways are compared, and into where they part.

use crate::comparison::Row;
use crate::figures::Figures;

/// Something of which less is better.
pub(crate) struct Quantity {
    pub(crate) name: &'static str,
    pub(crate) of: fn(&Figures) -> f64,
    pub(crate) show: fn(f64) -> String,
}

pub(crate) const QUANTITIES: [Quantity; 3] = [
    Quantity { name: "wall time", of: |figures| figures.wall_ms, show: time },
    Quantity { name: "CPU time", of: |figures| figures.cpu_ms, show: time },
    Quantity { name: "peak memory", of: |figures| megabytes(figures.peak_rss_kb), show: memory },
];

/// What saves less than a tenth is taken for noise.
const CLEARLY_LESS: f64 = 0.9;

impl Quantity {
    /// The largest of the counts tried at which the loop does not take clearly less; 0, if it does at all of them.
    pub(crate) fn threads_do_as_well_up_to(&self, rows: &[Row]) -> usize {
        let is_as_good =
            |row: &&Row| row.both().is_some_and(|(threads, on_loop)| CLEARLY_LESS < self.share(threads, on_loop));
        rows.iter().filter(is_as_good).map(|row| row.work.connections).max().unwrap_or_default()
    }

    /// What the loop takes of what threads take.
    pub(crate) fn share(&self, threads: &Figures, on_loop: &Figures) -> f64 {
        (self.of)(on_loop) / (self.of)(threads)
    }
}

pub(crate) fn megabytes(kb: f64) -> f64 {
    kb * 1_024.0 / 1e6
}

fn time(ms: f64) -> String {
    if ms < 999.5 { format!("{} ms", short(ms)) } else { format!("{} s", short(ms / 1e3)) }
}

fn memory(megabytes: f64) -> String {
    if megabytes < 999.5 { format!("{} MB", short(megabytes)) } else { format!("{} GB", short(megabytes / 1e3)) }
}

/// Two digits of a small number, all of a large one.
fn short(number: f64) -> String {
    let text = if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") };
    text.trim_end_matches(".0").to_owned()
}
