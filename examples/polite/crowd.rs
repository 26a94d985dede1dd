//! Turns a crowd of requests into how they ended, and what they cost.

use std::cell::Cell;
use std::error::Error as _;

use http::header::USER_AGENT;
use wheelwright::map_concurrent;
use wheelwright::time::now;
use wheelwright_http::{ClientBuilder, Error};

/// So many of a crowd's requests are under way at once, if nothing holds them back.
pub(crate) const AT_ONCE: usize = 1_000;

/// How a request may end here, in the order of the table's columns.
const ENDS: [&str; 3] = ["200 OK", "429 Too Many Requests", "Too many open files (os error 24)"];

/// How a crowd's requests ended, and how often and over how many connections the server was asked.
pub(crate) struct Outcome {
    pub(crate) answered: usize,
    pub(crate) refused: usize,
    pub(crate) failed: usize,
    pub(crate) sent: usize,
    pub(crate) connections: usize,
}

/// Makes requests by a client like this, each when it is its turn.
pub(crate) async fn run(title: &str, size: usize, url: &str, client: ClientBuilder, turn: impl AsyncFn()) -> Outcome {
    let client = client.build().expect("it needs no TLS");
    let (counts, begun) = (Cell::new((0, 0)), now());
    let ask = async |_| {
        turn().await;
        // By its title the server knows each crowd as a client of its own, which it has refused nothing yet.
        let response = client.get(url)?.header(USER_AGENT, title).send().await?;
        let status = response.status().to_string();
        counts.set(counts.get().max(counted(&response.text().await?)));
        Ok(status)
    };
    let outcomes = map_concurrent(AT_ONCE, 0..size, ask).await;
    let took = (now() - begun).as_secs_f64();
    let ended: Vec<String> = outcomes.into_iter().map(|end| end.unwrap_or_else(cause)).collect();
    let [answered, refused, failed] = ENDS.map(|end| ended.iter().filter(|ended| **ended == end).count());
    let (sent, connections) = counts.get();
    println!("  {title:19}{answered:8}  {refused:13}  {failed:13}  {sent:8}  {connections:11}  {took:5.2} s");
    assert_eq!(answered + refused + failed, size, "no request ends in another way");
    Outcome { answered, refused, failed, sent, connections }
}

/// Reads how many requests the server had from us, and over how many connections.
fn counted(text: &str) -> (usize, usize) {
    let number = |text: &str| text.parse().expect("the server tells numbers");
    let (requests, connections) = text.split_once(' ').expect("the server tells two");
    (number(requests), number(connections))
}

fn cause(error: Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| cause.to_string())
}
