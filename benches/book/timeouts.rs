//! Turns waits that might never end into waits that do, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin timeouts` prints what the example `timeouts` prints.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{FutureExt, TryFutureExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::spawn;
use tokio::time::{self, Instant, error::Elapsed, sleep, timeout, timeout_at};

thread_local! {
    static FINISHED: Cell<u32> = const { Cell::new(0) };
}

async fn call(takes: u64) {
    sleep(ms(takes)).await;
    FINISHED.set(FINISHED.get() + 1);
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> io::Result<()> {
    println!("{:<41}{:<24}{:>6}    finished later", "", "outcome", "after");
    a_limit().await;
    a_deadline().await;
    a_limit_within_a_limit().await;
    time::resume();
    a_call_that_hangs().await?;
    println!("\nA limit ends a call on time, and its socket with it; of a shielded call it ends only the wait.");
    Ok(())
}

async fn a_limit() {
    let seen = show("a call of 30 ms, limit 100 ms", timeout(ms(100), call(30)).map_err(passed)).await;
    assert_eq!(seen, (30, 1));
    let seen = show("a call of 300 ms, limit 100 ms", timeout(ms(100), call(300)).map_err(passed)).await;
    assert_eq!(seen, (100, 0));
    let shielded = spawn(call(300)).map(|outcome| outcome.expect("it does not panic"));
    let seen = show("a shielded call of 300 ms, limit 100 ms", timeout(ms(100), shielded).map_err(passed)).await;
    assert_eq!(seen, (100, 1));
}

async fn a_deadline() {
    let seen = show("3 calls of 40 ms, limit 100 ms for each", three_calls(|| Instant::now() + ms(100))).await;
    assert_eq!(seen, (120, 3));
    let deadline = Instant::now() + ms(100);
    let seen = show("3 calls of 40 ms, limit 100 ms for all", three_calls(|| deadline)).await;
    assert_eq!(seen, (100, 2));
}

async fn three_calls(deadline: impl Fn() -> Instant) -> Result<(), &'static str> {
    for _ in 0..3 {
        timeout_at(deadline(), call(40)).await.map_err(passed)?;
    }
    Ok(())
}

async fn a_limit_within_a_limit() {
    for (inner, outer) in [(50, 100), (100, 50)] {
        let wait = async {
            let within = timeout(ms(outer), timeout(ms(inner), call(300))).await;
            within.map_err(|_| "the outer limit passed")?.map_err(|_| "the inner limit passed")
        };
        let seen = show(&format!("a call of 300 ms, limit {inner} within {outer} ms"), wait).await;
        assert_eq!(seen, (50, 0));
    }
}

fn passed(_: Elapsed) -> &'static str {
    "the time limit passed"
}

async fn a_call_that_hangs() -> io::Result<()> {
    println!("\na server that accepts and never answers, limit 50 ms of real time");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let call = ask(listener.local_addr()?);
    let server = spawn(silent(listener));
    let begun = Instant::now();
    let error = timeout(ms(50), call).await.expect_err("nobody answers");
    println!("  the client: {}", passed(error));
    assert!((ms(50)..ms(2000)).contains(&begun.elapsed()));
    let [request, end] = timeout(ms(2000), server).await.expect("the socket was closed with the call")??;
    println!("  the server: {request} bytes came, then {end}: the socket of the client is closed");
    assert_eq!((request, end), (5, 0));
    Ok(())
}

/// Asks, and waits for an answer.
async fn ask(addr: SocketAddr) -> io::Result<usize> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(b"hello").await?;
    stream.read(&mut [0; 64]).await
}

/// Says nothing to the first who connects; tells how many bytes two reads gave.
async fn silent(listener: TcpListener) -> io::Result<[usize; 2]> {
    let (mut stream, _) = listener.accept().await?;
    Ok([stream.read(&mut [0; 64]).await?, stream.read(&mut [0; 64]).await?])
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

async fn show(what: &str, wait: impl Future<Output = Result<(), &'static str>>) -> (u128, u32) {
    FINISHED.set(0);
    let begun = Instant::now();
    let outcome = wait.await.err().unwrap_or("answered");
    let took = begun.elapsed().as_millis();
    sleep(ms(1000)).await;
    println!("{what:<41}{outcome:<24}{took:>3} ms{:>12}", FINISHED.get());
    (took, FINISHED.get())
}
