//! Turns a client process into figures: its time, its memory, its threads.

use std::io;
use std::time::Instant;

use support::process::Child;
use support::usage::{cpu_time, peak_memory_kb};

use crate::census::Census;
use crate::claims;
use crate::work::{Ended, Way, Work};

/// What a client came to.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Replies that were those of their questions.
    pub(crate) right: f64,
    pub(crate) wall_ms: f64,
    /// User and system.
    pub(crate) cpu_ms: f64,
    pub(crate) peak_rss_kb: f64,
    pub(crate) os_threads: f64,
    /// By how much stacks and page tables in the kernel grew. The system tells a sum, so that what others do is in it.
    pub(crate) kernel_kb: f64,
}

/// The figures; or how many threads there were when the system refused another.
pub(crate) type Outcome = Result<Figures, usize>;

/// In the client: does the work, and tells its figures to whoever started it.
pub(crate) fn tell(way: Way, work: Work, ports: &[u16]) -> io::Result<()> {
    let (begun, cpu_before, before) = (Instant::now(), cpu_time(), Census::take());
    let ended = way.run(work, ports)?;
    let [wall, cpu] = [begun.elapsed(), cpu_time() - cpu_before].map(|time| time.as_secs_f64() * 1e3);
    match ended {
        Ended::Refused { threads } => println!("refused {threads}"),
        Ended::Well { right, census } => {
            let peak = peak_memory_kb().expect("Linux tells how much memory a process had");
            let kernel = census.kernel_kb.saturating_sub(before.kernel_kb);
            println!("{right} {wall} {cpu} {peak} {} {kernel}", census.os_threads);
        }
    }
    Ok(())
}

/// Starts a server and a client for it, listens to what the client tells, and checks it.
pub(crate) fn of(way: Way, work: Work) -> io::Result<Outcome> {
    let Work { connections, exchanges, wait } = work;
    let [connections, exchanges, wait] = [connections, exchanges, wait.as_millis() as usize].map(|n| n.to_string());
    let mut server = Child::start(&["serve", &connections, &exchanges, &wait])?;
    let ports = server.line()?;
    let client = Child::start(&["call", &connections, &exchanges, &wait, way.name(), &ports])?;
    let told = client.finish()?;
    let outcome = read(&told).ok_or_else(|| io::Error::other(format!("the client told no figures, but «{told}»")))?;
    Ok(outcome.inspect(|figures| claims::check(way, work, figures)))
}

fn read(told: &str) -> Option<Outcome> {
    if let Some(threads) = told.strip_prefix("refused ") {
        return threads.trim().parse().ok().map(Err);
    }
    let figures: Vec<f64> = told.split_whitespace().map_while(|figure| figure.parse().ok()).collect();
    let [right, wall_ms, cpu_ms, peak_rss_kb, os_threads, kernel_kb] = figures.try_into().ok()?;
    Some(Ok(Figures { right, wall_ms, cpu_ms, peak_rss_kb, os_threads, kernel_kb }))
}

/// Each figure's median, since a round may be disturbed; a refusal, if there was one.
pub(crate) fn median(rounds: impl IntoIterator<Item = Outcome>) -> Outcome {
    let rounds: Vec<Figures> = rounds.into_iter().collect::<Result<_, _>>()?;
    let middle = |figure: fn(&Figures) -> f64| {
        let mut sorted: Vec<f64> = rounds.iter().map(figure).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    Ok(Figures {
        right: middle(|figures| figures.right),
        wall_ms: middle(|figures| figures.wall_ms),
        cpu_ms: middle(|figures| figures.cpu_ms),
        peak_rss_kb: middle(|figures| figures.peak_rss_kb),
        os_threads: middle(|figures| figures.os_threads),
        kernel_kb: middle(|figures| figures.kernel_kb),
    })
}
