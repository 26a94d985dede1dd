//! Turns one page of ten queries into three handlers, and the times of their pages into the price of a crossing.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use support::quantile;
use wheelwright::spawn_blocking;
use wheelwright_http::{Body, Client, Running, Server};

use crate::database::Database;
use crate::layers::on_the_pool;

const PAGES: usize = 500;
const QUERIES: u32 = 10;

/// Gives the time from the loop to a thread of the pool and back.
pub(crate) async fn show(client: &Client, database: &Database) -> Result<Duration, Box<dyn Error>> {
    println!("\nc  A page of {QUERIES} queries, {PAGES} times{:>21}{:>21}", "us per page", "crossings per page");
    let whole = measure("a handler that blocks", 1, client, blocking(database)?).await?;
    let once = measure("one that awaits the whole page", 1, client, one_crossing(database)?).await?;
    let each = measure("one that awaits each query", QUERIES, client, a_crossing_per_query(database)?).await?;
    assert!(whole < each && once < each, "ten crossings cost more than one");
    Ok((each - once) / (QUERIES - 1))
}

/// Gives the median.
async fn measure(name: &str, crossings: u32, client: &Client, running: Running) -> Result<Duration, Box<dyn Error>> {
    let (url, mut took) = (format!("http://{}/", running.local_addr()), Vec::new());
    for _ in 0..PAGES {
        let begun = Instant::now();
        client.get(&url)?.send().await?.error_for_status()?.bytes().await?;
        took.push(begun.elapsed());
    }
    let median = quantile::of(&took, 0.5);
    println!("   {name:<33}{:>18}{crossings:>21}", median.as_micros());
    Ok(median)
}

fn page(database: &Database) -> String {
    (0..QUERIES).map(|_| query(database)).sum::<i64>().to_string()
}

fn query(database: &Database) -> i64 {
    database.count().expect("the order book can be read")
}

/// The server itself has a thread call the handler.
fn blocking(database: &Database) -> io::Result<Running> {
    let database = database.clone();
    Ok(Server::bind("127.0.0.1:0")?.serve_blocking(move |_| Response::new(page(&database))))
}

fn one_crossing(database: &Database) -> io::Result<Running> {
    let database = database.clone();
    Ok(Server::bind("127.0.0.1:0")?.serve(move |_| {
        let database = database.clone();
        on_the_pool(move || Response::new(Bytes::from(page(&database))))
    }))
}

fn a_crossing_per_query(database: &Database) -> io::Result<Running> {
    let database = database.clone();
    Ok(Server::bind("127.0.0.1:0")?.serve(move |_| {
        let database = database.clone();
        async move {
            let mut sum = 0;
            for _ in 0..QUERIES {
                let database = database.clone();
                sum += spawn_blocking(move || query(&database)).await.expect("it does not panic");
            }
            Response::new(Body::from(sum.to_string()))
        }
    }))
}
