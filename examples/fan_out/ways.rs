//! Turns one of the three ways of making fifty calls into its figures.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Instant;

use support::usage::os_threads;
use wheelwright_http::Client;

use crate::Failure;
use crate::figures::Figures;

/// How many calls each way makes.
pub(crate) const CALLS: usize = 50;

/// A way of making many calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Sequential,
    Threads,
    Loop,
}

/// The bytes of a body; of a call that failed there is no more to say here than that.
type Outcome = Option<u64>;

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Sequential, Self::Threads, Self::Loop];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Threads => "threads",
            Self::Loop => "loop",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let way = Self::ALL.into_iter().find(|way| way.name() == name);
        way.ok_or_else(|| "sequential, threads or loop".into())
    }
}

/// Makes the calls and prints the figures, for the parent to read.
pub(crate) fn run(way: Way, port: u16) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let (outcomes, threads) = match way {
        Way::Sequential => ((0..CALLS).map(|_| blocking_call(port)).collect(), os_threads()),
        Way::Threads => with_threads(port),
        Way::Loop => wheelwright::block_on(on_the_loop(port)),
    };
    let figures = counted(&outcomes, Figures::of_this_process(way, begun, threads));
    writeln!(io::stdout(), "{}", figures.to_json()).map_err(|error| Failure::on_the_way(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn counted(outcomes: &[Outcome], figures: Figures) -> Figures {
    let ok = outcomes.iter().flatten().count() as u64;
    let requests = outcomes.len() as u64;
    Figures { requests, ok, failed: requests - ok, bytes: outcomes.iter().flatten().sum(), ..figures }
}

fn with_threads(port: u16) -> (Vec<Outcome>, Option<u64>) {
    let threads: Vec<_> = (0..CALLS).map(|_| std::thread::spawn(move || blocking_call(port))).collect();
    let count = os_threads();
    (threads.into_iter().map(|thread| thread.join().ok().flatten()).collect(), count)
}

async fn on_the_loop(port: u16) -> (Vec<Outcome>, Option<u64>) {
    let client = Client::new();
    let url = format!("http://127.0.0.1:{port}/call");
    let outcomes = wheelwright::map_concurrent(CALLS, 0..CALLS, async |_| call(&client, &url).await.ok()).await;
    (outcomes, os_threads())
}

async fn call(client: &Client, url: &str) -> Result<u64, wheelwright_http::Error> {
    // Said by all three ways: none of them has a second use for its connection.
    let response = client.get(url)?.header("connection", "close").send().await?;
    Ok(response.error_for_status()?.bytes().await?.len() as u64)
}

/// What one writes without async: connect, send, read to the end, and block all the while.
fn blocking_call(port: u16) -> Outcome {
    let exchange = || -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        let request = format!("GET /call HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Ok(response)
    };
    let response = exchange().ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then_some(body.len() as u64)
}
