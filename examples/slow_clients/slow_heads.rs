//! Turns heads that come byte by byte and never end into how long another client waits beside them, and how they end.

use std::io;
use std::time::Duration;

use support::process::Child;
use support::quantile;
use wheelwright::net::TcpStream;
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{JoinHandle, map_concurrent, spawn, spawn_blocking, try_join_all};
use wheelwright_http::{Client, Error};

use crate::number;
use crate::server::HEAD_LIMIT;

const CLIENTS: u32 = 1_000;

/// From one byte of a head to the next.
const PERIOD: Duration = Duration::from_secs(1);

/// From one request of the other client to the next.
const PACE: Duration = Duration::from_millis(5);

/// How long that one is measured without them.
const ALONE: Duration = Duration::from_secs(2);

/// What it showed, in half a sentence.
pub(crate) async fn show() -> io::Result<String> {
    let (period, limit) = (PERIOD.as_millis(), HEAD_LIMIT.as_secs());
    println!("\n{CLIENTS} connections that send a byte of a head each {period} ms; a head may take {limit} s");
    let mut server = Child::start(&["serve"])?;
    let addrs = server.line()?;
    let addr = addrs.split(' ').next().unwrap_or_default().to_owned();
    println!("  another client      requests     median        p99");
    let (alone, ()) = ask_until(spawn(sleep(ALONE)), "without them", &addr).await?;
    let slow_addr = addr.clone();
    let slow = spawn_blocking(move || Child::start(&["slow", &slow_addr, &CLIENTS.to_string()])?.finish());
    let (beside, told) = ask_until(spawn(slow), "beside them", &addr).await?;
    let told = told.expect("the pool takes the job")?;
    let [refused, first_ms, last_ms] = told.split_whitespace().map(number).collect::<Vec<u32>>()[..] else {
        panic!("three figures are told")
    };
    let [first, last] = [first_ms, last_ms].map(|ms| Duration::from_millis(ms.into()));
    assert_eq!(refused, CLIENTS, "a head that is not whole in time is refused");
    assert!(HEAD_LIMIT <= first && last < 2 * HEAD_LIMIT, "it has its time, and not much more");
    assert!(beside.median < 5 * alone.median, "half of another client's requests hardly notice them");
    assert!(beside.p99 < HEAD_LIMIT / 2, "and 99 in a hundred wait for no slow head");
    let [first, last] = [first, last].map(|time| time.as_secs_f64());
    println!("  refused with 408: {refused}, the first after {first:.2} s, the last after {last:.2} s");
    let [alone, beside] = [alone, beside].map(|waits| waits.median.as_micros());
    Ok(format!(
        "{refused} heads that came byte by byte were refused after {limit} s, and beside them another client's median wait was \
         {beside} us, without them {alone} us"
    ))
}

struct Waits {
    median: Duration,
    p99: Duration,
}

/// Makes requests until `end` comes. Each begins at its time, whatever became of the last one: who waits for an answer before
/// asking again asks seldom while answers are slow, and hardly sees it.
async fn ask_until<T: 'static>(end: JoinHandle<T>, title: &str, addr: &str) -> io::Result<(Waits, T)> {
    let (client, url) = (Client::new(), format!("http://{addr}/"));
    let mut asked = Vec::new();
    while !end.is_finished() {
        asked.push(spawn(ask(client.clone(), url.clone())));
        sleep(PACE).await;
    }
    let waits = try_join_all(asked).await.expect("no call panics").into_iter().collect::<Result<Vec<_>, _>>();
    let waits = waits.map_err(io::Error::other)?;
    let [median, p99] = [0.5, 0.99].map(|share| quantile::of(&waits, share));
    println!("  {title:14}{:>14}{:>8} us{:>8} us", waits.len(), median.as_micros(), p99.as_micros());
    Ok((Waits { median, p99 }, end.await.expect("nothing aborts it")))
}

/// How long an answer takes.
async fn ask(client: Client, url: String) -> Result<Duration, Error> {
    let begun = now();
    client.get(url)?.send().await?.error_for_status()?;
    Ok(now() - begun)
}

/// In a process of their own: sends heads that never end. Tells how many were refused for it, and after how many
/// milliseconds the first and the last.
pub(crate) async fn clients(addr: &str, count: u32) -> io::Result<()> {
    let outcomes = map_concurrent(count as usize, 0..count, async |place| {
        // They begin one after another, so that their bytes do not come all in one moment.
        sleep(PERIOD * place / count).await;
        trickle(addr).await
    });
    let refused: Vec<u128> = outcomes.await.into_iter().flatten().flatten().map(|time| time.as_millis()).collect();
    let (first, last) = (refused.iter().min(), refused.iter().max());
    println!("{} {} {}", refused.len(), first.unwrap_or(&0), last.unwrap_or(&0));
    Ok(())
}

/// How long it took until it was refused, if that is how it ended.
async fn trickle(addr: &str) -> io::Result<Option<Duration>> {
    let begun = now();
    let mut stream = TcpStream::connect(addr).await?;
    let mut buf = [0; 512];
    for byte in b"GET /".iter().chain(std::iter::repeat(&b'a')) {
        stream.write_all(&[*byte]).await?;
        if let Ok(read) = timeout(PERIOD, stream.read(&mut buf)).await {
            let is_refusal = buf[..read?].starts_with(b"HTTP/1.1 408 ");
            return Ok(is_refusal.then(|| now() - begun));
        }
    }
    Ok(None)
}
