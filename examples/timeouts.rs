//! Turns waits that might never end into waits that do: `timeout`, `timeout_at`, one within another, and `shield`.
//!
//! `cargo run --release --example timeouts` runs under the paused clock, and its last part for 50 ms in real time.
//! The same in Python is `book/python/timeouts.py`, with tokio `benches/book/timeouts.rs`; the three print the same.
//!
//! A call that is out of time is dropped where it waits, and its socket is closed with it. asyncio throws into the call
//! instead, and waits until it has ended; its socket is closed by its `finally`, or when its last reference happens to go.
//! A call that blocks has no await at which it could be dropped.
//!
//! Try: in `a_call_that_hangs` put `shield(call)` in the place of `call`. The server waits in vain, and
//! two seconds later the check fails: who could still end that call?

use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::time::{self, Elapsed, sleep, timeout, timeout_at};
use wheelwright::{Runtime, block_on, shield, spawn};

thread_local! {
    static FINISHED: Cell<u32> = const { Cell::new(0) };
}

async fn call(takes: u64) {
    sleep(ms(takes)).await;
    FINISHED.set(FINISHED.get() + 1);
}

fn main() -> io::Result<()> {
    println!("{:<41}{:<24}{:>6}    finished later", "", "outcome", "after");
    support::timeline::run(Runtime::builder().paused(), async {
        a_limit().await;
        a_deadline().await;
        a_limit_within_a_limit().await;
    })?;
    block_on(a_call_that_hangs())?;
    println!("\nA limit ends a call on time, and its socket with it; of a shielded call it ends only the wait.");
    Ok(())
}

async fn a_limit() {
    let seen = show("a call of 30 ms, limit 100 ms", timeout(ms(100), call(30))).await;
    assert_eq!(seen, (30, 1), "a limit that is not reached changes nothing");
    let seen = show("a call of 300 ms, limit 100 ms", timeout(ms(100), call(300))).await;
    assert_eq!(seen, (100, 0), "the call ends with the wait");
    let seen = show("a shielded call of 300 ms, limit 100 ms", timeout(ms(100), shield(call(300)))).await;
    assert_eq!(seen, (100, 1), "the wait ends as before, and the call goes on to its own end");
}

async fn a_deadline() {
    let seen = show("3 calls of 40 ms, limit 100 ms for each", three_calls(|| time::now() + ms(100))).await;
    assert_eq!(seen, (120, 3), "each call has a limit, and all together have none");
    let deadline = time::now() + ms(100);
    let seen = show("3 calls of 40 ms, limit 100 ms for all", three_calls(|| deadline)).await;
    assert_eq!(seen, (100, 2), "a deadline stays where it is");
}

async fn three_calls(deadline: impl Fn() -> Instant) -> Result<(), Elapsed> {
    for _ in 0..3 {
        timeout_at(deadline(), call(40)).await?;
    }
    Ok(())
}

async fn a_limit_within_a_limit() {
    for (inner, outer) in [(50, 100), (100, 50)] {
        let wait = async {
            let within = timeout(ms(outer), timeout(ms(inner), call(300))).await; // two results, the outer limit's first
            within.map_err(|Elapsed| "the outer limit passed")?.map_err(|Elapsed| "the inner limit passed")
        };
        let seen = show(&format!("a call of 300 ms, limit {inner} within {outer} ms"), wait).await;
        assert_eq!(seen, (50, 0), "the shorter limit wins, wherever it stands");
    }
}

async fn a_call_that_hangs() -> io::Result<()> {
    println!("\na server that accepts and never answers, limit 50 ms of real time");
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let call = ask(listener.local_addr()?);
    let server = spawn(silent(listener));
    let begun = time::now();
    let error = timeout(ms(50), call).await.expect_err("nobody answers");
    println!("  the client: {error}");
    assert!((ms(50)..ms(2000)).contains(&(time::now() - begun)), "the call ends on time");
    let [request, end] = timeout(ms(2000), server).await.expect("the socket was closed with the call")??;
    println!("  the server: {request} bytes came, then {end}: the socket of the client is closed");
    assert_eq!((request, end), (5, 0), "a read of no bytes is the end of the connection");
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

/// Shows how a wait ended and when, and how many of its calls were finished, then or later.
async fn show<E: Display>(what: &str, wait: impl Future<Output = Result<(), E>>) -> (u128, u32) {
    FINISHED.set(0);
    let begun = time::now();
    let outcome = wait.await.map_or_else(|error| error.to_string(), |()| "answered".to_owned());
    let took = (time::now() - begun).as_millis();
    sleep(ms(1000)).await;
    println!("{what:<41}{outcome:<24}{took:>3} ms{:>12}", FINISHED.get());
    (took, FINISHED.get())
}
