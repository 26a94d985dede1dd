//! Turns a crowd of requests into what the server, and our own process, can bear: so many a second, so many at once.
//!
//! `cargo run --release --example polite` takes three seconds; the server is a process of its own. What is refused is
//! not asked again: `wheelwright_http::Retry`, with Retry-After and a budget, comes with a later version. A `Client` has no
//! limit of connections unless one is set.
//!
//! Try: a `RATE` of exactly `ALLOWED`, then 80 again and a limiter with `.burst(30)`. Why are some refused?

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::error::Error as _;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use http::{Response, StatusCode, header::USER_AGENT};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::process::{Child, released};
use wheelwright::sync::Semaphore;
use wheelwright::time::{RateLimiter, now, sleep};
use wheelwright::{block_on, map_concurrent, spawn};
use wheelwright_http::{Body, Client, Error, Server};

/// The server lets in so many requests of a client within a second, and we ask for so many.
const ALLOWED: usize = 100;
const RATE: f64 = 80.0;
/// So many of a crowd's requests are under way at once, if nothing holds them back.
const AT_ONCE: usize = 1_000;
const UNBOUNDED: usize = usize::MAX;
const DESCRIPTORS: u64 = 256;
/// How a request may end here, in the order of the table's columns.
const ENDS: [&str; 3] = ["200 OK", "429 Too Many Requests", "Too many open files (os error 24)"];

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return block_on(serve());
    }
    let mut server = Child::start(&["serve"])?;
    block_on(show(&server.line()?));
    Ok(())
}

async fn show(url: &str) {
    println!("                  answered  refused (429)  no descriptor  connections     took");
    println!("200 requests to a server that lets in {ALLOWED} of a client within a second");
    let (limited, limiter) = (format!("{url}/limited"), RateLimiter::per_second(RATE));
    let [_, hasty, _] = crowd("at once", 200, &limited, UNBOUNDED, async || ()).await;
    let [_, narrow, _] = crowd("8 per host", 200, &limited, 8, async || ()).await;
    let rate = format!("{RATE} a second");
    let [_, polite, _] = crowd(&rate, 200, &limited, UNBOUNDED, async || limiter.acquire().await).await;
    assert!(5 * polite < hasty.min(narrow), "who keeps to the rate is let in; few connections alone are no rate");

    println!("10000 requests, {AT_ONCE} at once, by a process that may have {DESCRIPTORS} descriptors");
    let limit = Rlimit { current: Some(DESCRIPTORS), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).expect("everybody may have fewer");
    let [.., failed] = crowd("unbounded", 10_000, url, UNBOUNDED, async || ()).await;
    let [answered, ..] = crowd("200 per host", 10_000, url, 200, async || ()).await;
    assert!(AT_ONCE / 2 < failed, "a request that gets no descriptor fails at once, and so do those after it");
    assert_eq!(answered, 10_000, "a request that waits for a connection gets one");
    println!(
        "\nOf 200 requests {polite} were refused at {RATE} a second, and {hasty} at once; of 10000 requests {failed} failed \
         for want of a descriptor, and none with a bound per host."
    );
}

/// Makes requests, each when it is its turn: how many ended in which way.
async fn crowd(title: &str, size: usize, url: &str, per_host: usize, turn: impl AsyncFn()) -> [usize; 3] {
    let client = Client::builder().max_connections_per_host(per_host).build().expect("it needs no TLS");
    let (connections, begun) = (Cell::new(0), now());
    let ask = async |_| {
        turn().await;
        // By its title the server knows each crowd as a client of its own, which it has refused nothing yet.
        let response = client.get(url)?.header(USER_AGENT, title).send().await?;
        let status = response.status().to_string();
        connections.set(connections.get().max(response.text().await?.parse().expect("the server tells a number")));
        Ok(status)
    };
    let outcomes = map_concurrent(AT_ONCE, 0..size, ask).await;
    let (connections, took) = (connections.get(), (now() - begun).as_secs_f64());
    let ended: Vec<String> = outcomes.into_iter().map(|end| end.unwrap_or_else(cause)).collect();
    let counts = ENDS.map(|end| ended.iter().filter(|ended| **ended == end).count());
    let [answered, refused, failed] = counts;
    println!("  {title:16}{answered:8}  {refused:13}  {failed:13}  {connections:11}  {took:5.2} s");
    assert_eq!(answered + refused + failed, size, "no request ends in another way");
    assert!(connections <= per_host, "a host has no more connections than its bound");
    counts
}

fn cause(error: Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| cause.to_string())
}

/// Tells each client how many connections it has opened; on one path it refuses what exceeds the rate.
async fn serve() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("http://{}", server.local_addr());
    let clients = RefCell::new(HashMap::new());
    let _running = server.serve(move |request| {
        let new = || (HashSet::new(), Rc::new(Semaphore::new(ALLOWED)));
        let mut clients = clients.borrow_mut();
        let (peers, permits) = clients.entry(request.headers()[USER_AGENT].clone()).or_insert_with(new);
        peers.insert(request.body().peer_addr());
        let mut response = Response::new(Body::from(peers.len().to_string()));
        if request.uri().path() == "/limited" {
            match permits.try_acquire_owned() {
                Some(permit) => drop(spawn(async {
                    sleep(Duration::from_secs(1)).await;
                    drop(permit)
                })),
                None => *response.status_mut() = StatusCode::TOO_MANY_REQUESTS,
            }
        }
        async { response }
    });
    released().await;
    Ok(())
}
