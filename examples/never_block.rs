//! Turns four kinds of blocking code into late heartbeats, and the same code on the pool into punctual ones.
//!
//! `cargo run --release --example never_block --features sqlite,ureq` takes about six seconds.
//! `spawn_blocking` is asyncio's `to_thread`. With `-- --timeline FILE.html` the run is drawn: who had the thread, and who had to wait.
//!
//! Try: put a `yield_now()` in the place of the `sleep` in `on_the_loop`. It helps nobody: a call that blocks is one step, and
//! who is due meanwhile waits for its end. Then time two calls at once, `join(spawn_blocking(…), spawn_blocking(…))`, on a
//! pool of one thread (`Runtime::builder().max_blocking_threads(1)`): who waits for whom now?

use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use http::Response;
use rusqlite::Connection;
use support::heartbeat::{Heartbeat, PERIOD};
use support::process::{Child, released};
use support::timeline;
use wheelwright::{Runtime, block_on, spawn_blocking, time::sleep};
use wheelwright_http::{Body, Server};

/// How often each is called, how long a call takes, and how long the loop is left alone after it.
const CALLS: u32 = 10;
const BUSY: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(20);

/// Something that blocks, by its name. It is given the address of a slow server.
type Culprit = (&'static str, fn(&str));

/// What people do in an async function without a thought.
const CULPRITS: [Culprit; 4] = [
    ("thread::sleep", |_| std::thread::sleep(BUSY)),
    ("a computation", |_| compute()),
    ("an HTTP call, synchronous client", |url| call(url)),
    ("a query, synchronous database", |_| query()),
];

fn compute() {
    let begun = Instant::now();
    let mut sum = 0_u64;
    while begun.elapsed() < BUSY {
        sum = black_box((0..1_000).fold(sum, |sum, n| sum.rotate_left(5) ^ n));
    }
}

fn call(url: &str) {
    let body = ureq::get(url).call().and_then(|mut response| response.body_mut().read_to_string());
    assert_eq!(body.expect("the server answers"), "late");
}

/// SQLite counts for about as long; a query without a suitable index is no different.
fn query() {
    let database = Connection::open_in_memory().expect("memory is there");
    let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i) FROM n";
    let last = database.query_row(count, [], |row| row.get::<_, i64>(0));
    assert_eq!(last, Ok(400_000));
}

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("--serve") {
        return block_on(serve());
    }
    let mut server = Child::start(&["--serve"])?;
    timeline::run(Runtime::builder(), measure(&server.line()?))
}

async fn measure(url: &str) {
    let (period, busy) = (PERIOD.as_millis(), BUSY.as_millis());
    println!("A heartbeat is due every {period} ms. How late the worst beat is (but for one in 100), while");
    println!("something else is called {CALLS} times and takes about {busy} ms each time:\n");
    println!("{:<34}{:>14}{:>14}", "", "on the loop", "on the pool");
    let (mut least_late, mut most_late) = (Duration::MAX, Duration::ZERO);
    for (name, culprit) in CULPRITS {
        let inline = on_the_loop(culprit, url).await;
        let pooled = on_the_pool(culprit, url).await;
        println!("{name:<34}{:>14}{:>14}", milliseconds(inline), milliseconds(pooled));
        assert!(BUSY / 2 < inline, "{name}: the heartbeat waits until the call is over");
        assert!(pooled < inline / 2, "{name}: on the pool it is in nobody's way");
        (least_late, most_late) = (least_late.min(inline), most_late.max(pooled));
    }
    let (least, most) = (milliseconds(least_late), milliseconds(most_late));
    println!(
        "\nWho blocks the loop blocks everybody: the worst beat was {least} late or more, with the pool {most} at most."
    );
}

async fn on_the_loop(culprit: fn(&str), url: &str) -> Duration {
    let heartbeat = Heartbeat::start();
    for _ in 0..CALLS {
        culprit(url);
        sleep(PAUSE).await;
    }
    heartbeat.stop().await
}

async fn on_the_pool(culprit: fn(&str), url: &str) -> Duration {
    let heartbeat = Heartbeat::start();
    for _ in 0..CALLS {
        let url = url.to_owned();
        spawn_blocking(move || culprit(&url)).await.expect("it does not panic");
        sleep(PAUSE).await;
    }
    heartbeat.stop().await
}

/// A service that answers late, in a process of its own.
async fn serve() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("http://{}/", server.local_addr());
    let _running = server.serve(async |_| {
        sleep(BUSY).await;
        Response::new(Body::full("late"))
    });
    released().await;
    Ok(())
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
