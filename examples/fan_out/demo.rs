//! Turns a server and three ways of calling it, all of them child processes, into a table.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use support::process::Child;
use wheelwright::{Either, select, spawn_blocking, time::sleep};
use wheelwright_http::Client;

use crate::Failure;
use crate::figures::Figures;
use crate::table;
use crate::ways::{CALLS, Way};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(50);

/// The server in its own process.
struct ServerProcess {
    _child: Child,
    /// Of a call; where its counts are lies beside.
    url: String,
    client: Client,
}

pub(crate) fn run(json: bool) -> Result<ExitCode, Failure> {
    let ways = wheelwright::block_on(measure()).map_err(|error| Failure::on_the_way(error.to_string()))?;
    let text = if json { table::of_ways_as_json(&ways) } else { table::of_ways(&ways) };
    table::print(io::stdout(), &text)?;
    Ok(ExitCode::from(u8::from(ways.iter().any(|way| 0 < way.failed))))
}

async fn measure() -> io::Result<Vec<Figures>> {
    let server = ServerProcess::start().await?;
    let style = ProgressStyle::with_template("{msg:<17} {bar:30} {pos:>3} of {len} calls answered");
    // Without a terminal nothing is drawn.
    let bar = ProgressBar::new((Way::ALL.len() * CALLS) as u64).with_style(style.expect("a template that was tried"));
    let mut ways = Vec::new();
    for way in Way::ALL {
        ways.push(server.measure(way, &bar).await?);
    }
    bar.finish_and_clear();
    Ok(ways)
}

impl ServerProcess {
    async fn start() -> io::Result<Self> {
        let (child, line) = on_the_pool(|| {
            let mut child = Child::start(&["--serve", "--tied"])?;
            let line = child.line()?;
            Ok((child, line))
        })
        .await?;
        match line.strip_suffix("/call") {
            Some(url) => Ok(Self { _child: child, url: url.to_owned(), client: Client::new() }),
            None => Err(io::Error::other("the server did not start")),
        }
    }

    /// Runs one way in a process of its own, while the bar shows what the server has answered.
    async fn measure(&self, way: Way, bar: &ProgressBar) -> io::Result<Figures> {
        bar.set_message(match way {
            Way::Sequential => "one after another",
            Way::Threads => "a thread for each",
            Way::Loop => "on the loop",
        });
        self.ask("reset").await?;
        let (_, port) = self.url.rsplit_once(':').expect("a server's address ends with its port");
        let port = port.to_owned();
        let child = on_the_pool(move || Child::start(&["--way", way.name(), "--port", &port])?.finish());
        let Either::Left(output) = select(child, self.follow(bar, bar.position())).await;
        let counts = self.ask("counts").await?;
        let figures = Figures::from_json(output?.as_bytes());
        let figures = figures.ok_or_else(|| io::Error::other(format!("the way {} told no figures", way.name())))?;
        Ok(Figures { max_in_flight: counts["most"].as_u64(), connections: counts["connections"].as_u64(), ..figures })
    }

    async fn follow(&self, bar: &ProgressBar, before: u64) -> std::convert::Infallible {
        loop {
            sleep(TICK).await;
            if bar.is_hidden() {
                continue;
            }
            // A bar that stands still for a tick is no reason to end the measurement.
            if let Ok(counts) = self.ask("counts").await {
                bar.set_position(before + counts["answered"].as_u64().unwrap_or_default());
            }
        }
    }

    async fn ask(&self, what: &str) -> io::Result<Value> {
        let answer = async { self.client.get(format!("{}/{what}", self.url))?.send().await?.bytes().await };
        Ok(serde_json::from_slice(&answer.await.map_err(io::Error::other)?)?)
    }
}

/// Waiting for a process blocks, so that a thread of the pool does it.
async fn on_the_pool<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await?
}
