//! Turns one loop into a loop for each core: each has a thread and a listener at the same port, and shares nothing.
//!
//! `cargo run --release --example per_core` runs for about 2 seconds, longer while others use the cores. Linux deals
//! connections out to all who listen at a port; another system may give all of them to one.
//!
//! Try: `cores.min(4) + 1` loops: what do they bring? Then set CONNECTIONS to 1: it panics at last, and which column says why?

use std::time::{Duration, Instant};
use std::{cell::Cell, hint, io, iter, net, rc::Rc, thread};

use http::Response;
use support::{process::Child, usage};
use wheelwright::net::{ListenOptions, TcpListener};
use wheelwright::{block_on, for_each_concurrent, sync::remote};
use wheelwright_http::{Body, Client, Server};

const REQUESTS: u32 = 1_500;
const CONNECTIONS: usize = 64;
/// At least 3, and up to 30 until two loops show a gain: others may use the cores. The fastest run of each counts.
const ROUNDS: [usize; 2] = [3, 30];

fn main() -> io::Result<()> {
    let Some(url) = std::env::args().nth(1) else { return compare() };
    if !url.starts_with("http://") {
        eprintln!("per_core: no arguments, please; it gives its own client the URL to ask");
        std::process::exit(2);
    }
    block_on(ask(&url));
    Ok(())
}

fn compare() -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let best = best_of_rounds(cores.min(4))?;
    println!("{REQUESTS} requests that are some work each, over {CONNECTIONS} connections\n");
    println!("loops  requests/s  speed-up  requests served by each  cores taken by the client");
    for (Run { wall, client, served }, loops) in best.iter().zip(1..) {
        let (rate, gain) = (f64::from(REQUESTS) / wall, best[0].wall / wall);
        let (least, most) = (served.iter().min().unwrap_or(&0), served.iter().max().unwrap_or(&0));
        println!("{loops:>5} {rate:>11.0} {gain:>8.1}x {least:>12} to {most:<7} {:>20.2}", client / wall);
        assert_eq!(served.iter().sum::<u32>(), REQUESTS, "every request is answered, by one of the loops");
        assert!(0 < *least, "every loop gets connections, and serves them");
    }
    assert!(gains(&best), "two loops serve more than one, unless others have the cores");
    let (loops, gain) = (best.len(), best[0].wall / best.last().expect("one at least").wall);
    println!(
        "\nOn {cores} cores, {loops} loops that share only a port answered {gain:.1} times as many requests per second as one."
    );
    Ok(())
}

fn best_of_rounds(most_loops: usize) -> io::Result<Vec<Run>> {
    let round = || (1..=most_loops).map(run).collect::<io::Result<Vec<_>>>();
    let mut best = round()?;
    for rounds in 1..ROUNDS[1] {
        if ROUNDS[0] <= rounds && gains(&best) {
            break;
        }
        best = best.into_iter().zip(round()?).map(|(a, b)| if a.wall < b.wall { a } else { b }).collect();
    }
    Ok(best)
}

/// Two cores bring 2.0 at best: less, as the client needs its part, and much less if they are halves of one.
fn gains(best: &[Run]) -> bool {
    best.get(1).is_none_or(|two| 1.2 * two.wall < best[0].wall)
}

/// What all requests took, in seconds, how much CPU time of the client, and how many each loop served.
struct Run {
    wall: f64,
    client: f64,
    served: Vec<u32>,
}

fn run(loops: usize) -> io::Result<Run> {
    let listen = |port| ListenOptions::new().reuse_port().bind(("127.0.0.1", port));
    let first = listen(0)?;
    let port = first.local_addr()?.port();
    let (tell, mut told) = remote::channel(loops);
    let mut stops = Vec::new();
    for listener in iter::once(Ok(first)).chain((1..loops).map(|_| listen(port))) {
        let (listener, tell) = (listener?.into_std(), tell.clone());
        let (stop, stopped) = remote::channel(1);
        thread::spawn(move || block_on(serve(listener, stopped, tell)));
        stops.push(stop);
    }
    let figures = Child::start(&[&format!("http://127.0.0.1:{port}/")])?.finish()?;
    drop((stops, tell)); // each loop hears its end, shuts down and tells its number; with the last `tell`, `told` ends
    let served = iter::from_fn(|| told.blocking_recv()).collect();
    let figures: Vec<f64> = figures.split_whitespace().flat_map(str::parse).collect();
    Ok(Run { wall: figures[0], client: figures[1], served })
}

async fn serve(listener: net::TcpListener, mut stopped: remote::Receiver<()>, tell: remote::Sender<u32>) {
    let listener = TcpListener::from_std(listener).expect("it listens");
    let served = Rc::new(Cell::new(0));
    let count = Rc::clone(&served);
    let running = Server::from_listener(listener).expect("it has an address").serve(move |_| {
        count.set(count.get() + 1);
        async { Response::new(Body::from(work().to_string())) }
    });
    stopped.recv().await;
    running.shutdown(Duration::from_secs(1)).await;
    tell.send(served.get()).await.expect("it is waited for");
}

/// Stands for what a handler computes: some 200 us.
fn work() -> usize {
    let is_prime = |n: &u32| !(2..).take_while(|d| d * d <= *n).any(|d| n.is_multiple_of(d));
    hint::black_box(2..8_000).filter(is_prime).count()
}

async fn ask(url: &str) {
    let (client, right) = (Client::new(), work().to_string());
    let (begun, worked) = (Instant::now(), usage::cpu_time());
    let call = async || client.get(url)?.send().await?.text().await;
    for_each_concurrent(CONNECTIONS, 0..REQUESTS, async |_| assert_eq!(call().await.expect("an answer"), right)).await;
    println!("{} {}", begun.elapsed().as_secs_f64(), (usage::cpu_time() - worked).as_secs_f64());
}
