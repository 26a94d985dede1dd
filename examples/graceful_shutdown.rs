//! Turns SIGTERM into an orderly end: what is under way finishes, what is new is refused, nothing outlives the grace.
//!
//! `cargo run --release --example graceful_shutdown` takes a second. It is service and client in one, and signals itself.
//!
//! Try: let ITEM be three seconds. When does the service end now, and what has become of the item? Then send a second signal
//! (`kill_process`, after a sleep): who hears it, and where must the wait for it begin, if it is to `process::exit` at once?

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use rustix::process::{Signal, getpid, kill_process};
use wheelwright::net::TcpStream;
use wheelwright::sync::CancellationToken;
use wheelwright::time::{interval_at, sleep, timeout};
use wheelwright::{block_on, join, join_all, race, signal, spawn, yield_now};
use wheelwright_http::{Body, Client, ErrorKind, Incoming, Server};

const GRACE: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_millis(100);
const ITEM: Duration = Duration::from_millis(400);
const PATHS: [&str; 3] = ["/300", "/700", "/never"];

thread_local! {
    static BEGUN: Cell<usize> = const { Cell::new(0) };
    static SIGNAL_SENT: Cell<Option<Instant>> = const { Cell::new(None) };
}

fn main() -> io::Result<()> {
    block_on(show())
}

async fn show() -> io::Result<()> {
    println!("a service with three requests and an item of work under way, and {} ms of grace", GRACE.as_millis());
    let server = Server::bind("127.0.0.1:0")?;
    let addr = server.local_addr();
    let service = spawn(serve(server));
    let calls = PATHS.map(|path| spawn(call(addr, path)));
    while BEGUN.get() < PATHS.len() + 1 {
        sleep(Duration::from_millis(1)).await;
    }
    let sent = send_signal()?;
    timeout(GRACE, async { while TcpStream::connect(addr).await.is_ok() {} }).await.expect("the listener is closed");
    let late = call(addr, "/late").await;
    service.await??;
    let busy = sent.elapsed();
    let answers: Vec<_> = join_all(calls).await.into_iter().flatten().collect();
    assert_eq!(answers, [Ok(StatusCode::OK), Ok(StatusCode::OK), Err(ErrorKind::Closed)], "all that can end does");
    assert_eq!((late, BEGUN.get()), (Err(ErrorKind::Connect), PATHS.len() + 1), "nothing begins after the signal");
    assert!(GRACE <= busy && busy < 2 * GRACE, "what does not end has the grace, and no more");
    println!("\na service with nothing under way");
    let service = spawn(serve(Server::bind("127.0.0.1:0")?));
    yield_now().await; // from here on it listens
    let sent = send_signal()?;
    service.await??;
    let quiet = sent.elapsed();
    assert!(quiet < GRACE / 2, "with nothing under way there is nothing to wait for");
    let [busy, quiet] = [busy, quiet].map(|time| time.as_millis());
    println!("\nSIGTERM ended the busy service after {busy} ms, one request cut, and the quiet one after {quiet} ms.");
    Ok(())
}

/// The service, as it would stand in a `main` of its own.
async fn serve(server: Server) -> io::Result<()> {
    let (interrupt, terminate) = (signal::ctrl_c(), signal::terminate()); // from here on neither ends the process
    let stop = CancellationToken::new();
    let mut worker = spawn(work(stop.clone()));
    let running = server.serve(answer);
    race(interrupt, terminate).await?;
    note("service", "has the signal");
    stop.cancel();
    let (_, finished) = join(running.shutdown(GRACE), timeout(GRACE, &mut worker)).await;
    worker.abort(); // it would run on: a limit ends the wait for a task, and so does a dropped handle, but not the task
    note("service", if finished.is_ok() { "ends" } else { "ends, and leaves an item half done" });
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    note("service", &format!("begins with GET {}", request.uri()));
    BEGUN.set(BEGUN.get() + 1);
    match request.uri().path().trim_start_matches('/').parse() {
        Ok(ms) => sleep(Duration::from_millis(ms)).await,
        Err(_) => std::future::pending().await,
    }
    Response::new(Body::from("done\n"))
}

/// Does an item now and then. The wait for the next one can be cut, an item that has begun is finished.
async fn work(stop: CancellationToken) {
    let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        note("worker", "begins an item");
        BEGUN.set(BEGUN.get() + 1);
        sleep(ITEM).await;
        note("worker", "has finished the item");
    }
}

async fn call(addr: SocketAddr, path: &str) -> Result<StatusCode, ErrorKind> {
    let sent = async { Client::new().get(format!("http://{addr}{path}"))?.send().await };
    let outcome = sent.await.map(|response| response.status()).map_err(|error| error.kind());
    note("client", &format!("GET {path}: {outcome:?}"));
    outcome
}

fn send_signal() -> io::Result<Instant> {
    let now = Instant::now();
    SIGNAL_SENT.set(Some(now));
    kill_process(getpid(), Signal::TERM)?;
    Ok(now)
}

fn note(who: &str, what: &str) {
    match SIGNAL_SENT.get() {
        None => println!("    before  {who:<8} {what}"),
        Some(sent) => println!("{:>7} ms  {who:<8} {what}", sent.elapsed().as_millis()),
    }
}
