//! Turns many requests into few connections: what it saves to keep one client instead of making one for each request.
//!
//! `cargo run --release --example session` takes a second; the server is a process of its own. A `Client` is what a
//! `ClientSession` is in aiohttp, but nobody has to close it: its connections go with its last clone. Here a connection
//! costs little; over a real network it costs a round trip, and more of them with TLS.
//! A bound on connections makes the rest wait in line.
//!
//! Try: an `IN_FLIGHT` of 500. Which of the three open more connections now, and does it make them faster?

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io;

use http::Response;
use support::process::{Child, released};
use wheelwright::{block_on, map_concurrent, time};
use wheelwright_http::{Body, Client, Error, Server};

const REQUESTS: u64 = 5_000;
const IN_FLIGHT: usize = 20;
const FEW: usize = 5;

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return block_on(serve());
    }
    let mut server = Child::start(&["serve"])?;
    let url = server.line()?;
    block_on(compare(&url)).map_err(io::Error::other)
}

async fn compare(url: &str) -> Result<(), Error> {
    println!("{REQUESTS} requests, {IN_FLIGHT} at a time\n");
    println!("                            connections    addresses seen    requests");
    println!("                                 opened     by the server    a second");
    let fresh = anew(url).await?;
    let kept = keep("one client", Client::new(), url).await?;
    let few = Client::builder().max_connections_per_host(FEW).build()?;
    let bounded = keep(&format!("one client, {FEW} per host"), few, url).await?;
    assert_eq!(fresh.opened, REQUESTS, "a client that is thrown away takes its connection with it");
    assert!(REQUESTS / 2 < fresh.seen, "each request comes from another address, but for a few that come again");
    assert!(kept.opened.max(kept.seen) <= IN_FLIGHT as u64, "a connection is used again once its answer was read");
    assert!(bounded.opened.max(bounded.seen) <= FEW as u64, "further requests wait in line for a connection");
    println!(
        "\nOne client opened {} connections for {REQUESTS} requests, no more than were in flight, and was {:.1} times \
         as fast as a new client for each.",
        kept.opened,
        kept.rate / fresh.rate
    );
    Ok(())
}

/// One line of the table.
struct Row {
    opened: u64,
    /// Never more than there were connections; the address of one that is closed may be given to another.
    seen: u64,
    rate: f64,
}

async fn anew(url: &str) -> Result<Row, Error> {
    let opened = Cell::new(0);
    let request = async || {
        let client = Client::new();
        let got = get(&client, url).await;
        opened.set(opened.get() + client.connections_opened());
        got
    };
    let rate = rate_of(request).await?;
    row("a new client for each", url, rate, opened.get()).await
}

async fn keep(title: &str, client: Client, url: &str) -> Result<Row, Error> {
    let rate = rate_of(async || get(&client, url).await).await?;
    row(title, url, rate, client.connections_opened()).await
}

/// Makes all the requests: how many in a second.
async fn rate_of(request: impl AsyncFn() -> Result<(), Error>) -> Result<f64, Error> {
    let begun = time::now();
    let outcomes = map_concurrent(IN_FLIGHT, 0..REQUESTS, async |_| request().await).await;
    let took = time::now() - begun;
    outcomes.into_iter().collect::<Result<(), Error>>()?;
    Ok(REQUESTS as f64 / took.as_secs_f64())
}

async fn get(client: &Client, url: &str) -> Result<(), Error> {
    let text = client.get(url)?.send().await?.text().await?;
    assert_eq!(text, "hello", "the answer comes whole");
    Ok(())
}

async fn row(title: &str, url: &str, rate: f64, opened: u64) -> Result<Row, Error> {
    let seen = Client::new().get(format!("{url}/count"))?.send().await?.text().await?;
    println!("  {title:24}  {opened:>11}    {seen:>14}    {rate:8.0}");
    Ok(Row { opened, seen: seen.parse().expect("it is a number"), rate })
}

/// Says hello, and tells when it is asked from how many addresses that was since it was last asked.
async fn serve() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("http://{}", server.local_addr());
    let peers = RefCell::new(HashSet::new());
    let _running = server.serve(move |request| {
        let text = match request.uri().path() {
            "/count" => peers.take().len().to_string(),
            _ => {
                peers.borrow_mut().insert(request.body().peer_addr());
                "hello".to_owned()
            }
        };
        async { Response::new(Body::from(text)) }
    });
    released().await;
    Ok(())
}
