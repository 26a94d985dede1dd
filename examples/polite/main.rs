//! Turns a crowd of requests into what the server, and our own process, can bear: so many a second, so many at once.
//!
//! `cargo run --release --example polite` takes six seconds; the server is a process of its own. What it refuses it asks to come
//! again after a second. A client does so if it is built with a `Retry`, and out of a budget that all of its calls share: where
//! everybody is refused, only so many come again. A `Client` has no limit of connections unless one is set.
//!
//! Try: a `RATE` of exactly `ALLOWED`, then 80 again and a limiter with `.burst(30)`. Why are some refused? Then 400 requests on
//! a budget of 1.0. How many are answered with `max_tries` of three, and how many with ten? What would answer them all?

mod server; // requests -> answers, or refusals
mod crowd; // requests of one client -> how they ended

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::process::Child;
use wheelwright::block_on;
use wheelwright::time::RateLimiter;
use wheelwright_http::{Client, Retry};

use crowd::AT_ONCE;
use server::ALLOWED;

/// We ask for so many requests a second, where we keep to a rate.
const RATE: f64 = 80.0;
const DESCRIPTORS: u64 = 256;
/// Retries that a new client's budget begins with, whatever its share.
const RESERVE: usize = 10;

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return block_on(server::run());
    }
    let mut server = Child::start(&["serve"])?;
    block_on(show(&server.line()?));
    Ok(())
}

async fn show(url: &str) {
    println!("                     answered  refused (429)  no descriptor  requests  connections     took");
    println!("200 requests to a server that lets in {ALLOWED} of a client within a second");
    let rate = rate(&format!("{url}/limited")).await;
    println!("10000 requests, {AT_ONCE} at once, by a process that may have {DESCRIPTORS} descriptors");
    let descriptors = descriptors(url).await;
    println!("\n{rate}; {descriptors}.");
}

async fn rate(url: &str) -> String {
    let (client, limiter) = (Client::builder, RateLimiter::per_second(RATE));
    let hasty = crowd::run("at once", 200, url, client(), async || ()).await;
    let narrow = crowd::run("8 per host", 200, url, client().max_connections_per_host(8), async || ()).await;
    let title = format!("{RATE} a second");
    let polite = crowd::run(&title, 200, url, client(), async || limiter.acquire().await).await;
    let let_in = 5 * polite.refused < hasty.refused.min(narrow.refused);
    assert!(let_in, "who keeps to the rate is let in; few connections alone are no rate");

    let few = crowd::run("1 retry for 10", 200, url, client().retry(Retry::budget(0.1)), async || ()).await;
    let many = crowd::run("1 retry for 2", 200, url, client().retry(Retry::budget(0.5)), async || ()).await;
    assert_eq!(many.answered, 200, "who comes again when told to is let in");
    assert!(0 < few.refused, "what the budget has no retry for stays refused");
    assert!(few.sent <= 200 + RESERVE + 20 && many.sent <= 200 + RESERVE + 100, "no budget is exceeded");
    format!(
        "Of 200 requests {} were refused at {RATE} a second, and {} at once, of which {} came in when they were sent again, or \
         {} on a smaller budget",
        polite.refused,
        hasty.refused,
        many.answered - hasty.answered,
        few.answered - hasty.answered
    )
}

async fn descriptors(url: &str) -> String {
    let limit = Rlimit { current: Some(DESCRIPTORS), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).expect("everybody may have fewer");
    let unbounded = crowd::run("unbounded", 10_000, url, Client::builder(), async || ()).await;
    let client = Client::builder().max_connections_per_host(200);
    let bounded = crowd::run("200 per host", 10_000, url, client, async || ()).await;
    assert!(
        AT_ONCE / 2 < unbounded.failed,
        "a request that gets no descriptor fails at once, and so do those after it"
    );
    assert_eq!(bounded.answered, 10_000, "a request that waits for a connection gets one");
    assert!(bounded.connections <= 200, "a host has no more connections than its bound");
    format!("of 10000 requests {} failed for want of a descriptor, and none with a bound per host", unbounded.failed)
}
