//! Turns a server and three ways of calling it, all of them child processes, into a table.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use wheelwright::{Either, select, spawn_blocking, time::sleep};
use wheelwright_http::Client;

use crate::Failure;
use crate::figures::Figures;
use crate::table;
use crate::ways::{CALLS, Way};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(50);

/// The server in its own process. It ends with its standard input, so also with us, however we end.
struct ServerProcess {
    child: Child,
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
    let mut server = ServerProcess::start().await?;
    let style = ProgressStyle::with_template("{msg:<17} {bar:30} {pos:>3} of {len} calls answered");
    // Without a terminal nothing is drawn.
    let bar = ProgressBar::new((Way::ALL.len() * CALLS) as u64).with_style(style.expect("a template that was tried"));
    let mut ways = Vec::new();
    for way in Way::ALL {
        ways.push(server.measure(way, &bar).await?);
    }
    bar.finish_and_clear();
    drop(server.child.stdin.take());
    on_the_pool(move || server.child.wait()).await?;
    Ok(ways)
}

impl ServerProcess {
    async fn start() -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--serve", "--tied"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let (child, line) = on_the_pool(move || {
            let mut child = command.spawn()?;
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line)?;
            Ok((child, line))
        })
        .await?;
        match line.trim().strip_suffix("/call") {
            Some(url) => Ok(Self { child, url: url.to_owned(), client: Client::new() }),
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
        let mut command = Command::new(std::env::current_exe()?);
        let (_, port) = self.url.rsplit_once(':').expect("a server's address ends with its port");
        command.args(["--way", way.name(), "--port", port]).stdin(Stdio::null()).stderr(Stdio::inherit());
        let child = on_the_pool(move || command.output());
        let Either::Left(output) = select(child, self.follow(bar, bar.position())).await;
        let counts = self.ask("counts").await?;
        let figures = Figures::from_json(&output?.stdout);
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
