//! Turns four kinds of blocking code into late heartbeats, and the same code on the pool into punctual ones.
//!
//! `cargo run --release --example never_block --features sqlite,ureq` takes about six seconds.
//! `spawn_blocking` is asyncio's `to_thread`. Who blocks is named by the runtime, on stderr, as it is told to look for slow polls. With `-- --timeline FILE.html` the run is drawn: who had the thread, and who had to wait.
//!
//! Try: put a `yield_now()` in the place of the `sleep` in `on_the_loop`. It helps nobody: a call that blocks is one step, and
//! who is due meanwhile waits for its end. Then time two calls at once, `join(spawn_blocking(…), spawn_blocking(…))`, on a
//! pool of one thread (`Runtime::builder().max_blocking_threads(1)`): who waits for whom now?

mod culprits;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use culprits::CULPRITS;
use http::Response;
use support::heartbeat::{Heartbeat, PERIOD};
use support::process::{Child, released};
use support::timeline;
use wheelwright::slow::{self, Report};
use wheelwright::{Runtime, block_on, spawn_blocking, spawn_named, time::sleep};
use wheelwright_http::{Body, Server};

/// How often each is called, how long a call takes, and how long the loop is left alone after it.
const CALLS: u32 = 10;
const BUSY: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(20);

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("--serve") {
        return block_on(serve());
    }
    let mut server = Child::start(&["--serve"])?;
    timeline::run(Runtime::builder().slow_poll(BUSY / 2), measure(&server.line()?))
}

async fn measure(url: &str) {
    let (period, busy) = (PERIOD.as_millis(), BUSY.as_millis());
    println!("A heartbeat is due every {period} ms. How late the worst beat is (but for one in 100), while");
    println!("something else is called {CALLS} times and takes about {busy} ms each time:\n");
    println!("{:<34}{:>14}{:>14}", "", "on the loop", "on the pool");
    let (mut least_late, mut most_late) = (Duration::MAX, Duration::ZERO);
    let reports = Rc::new(RefCell::new(Vec::<Report>::new()));
    let told = Rc::clone(&reports);
    slow::listen(move |report| told.borrow_mut().push(report.clone()));
    for (name, _, culprit) in CULPRITS {
        let inline = on_the_loop(name, culprit, url).await;
        let pooled = on_the_pool(culprit, url).await;
        println!("{name:<34}{:>14}{:>14}", milliseconds(inline), milliseconds(pooled));
        assert!(BUSY / 2 < inline, "{name}: the heartbeat waits until the call is over");
        assert!(pooled < inline / 2, "{name}: on the pool it is in nobody's way");
        (least_late, most_late) = (least_late.min(inline), most_late.max(pooled));
    }
    println!("\nWhat the runtime says of them, without knowing what was called:\n");
    for (name, why, _) in CULPRITS {
        // A busy machine may take the CPU from some of them, and not from all.
        let is_it = |report: &&Report| report.name() == Some(name) && report.why() == why;
        let text = reports.borrow().iter().find(is_it).expect("each is named, and how it blocked").to_string();
        println!("{}", text.lines().next().unwrap_or_default());
    }
    let (least, most) = (milliseconds(least_late), milliseconds(most_late));
    println!(
        "\nWho blocks the loop blocks everybody and is named: the worst beat was {least} late or more, with the pool {most} at most."
    );
}

async fn on_the_loop(name: &str, culprit: fn(&str), url: &str) -> Duration {
    let (heartbeat, url) = (Heartbeat::start(), url.to_owned());
    let calls = async move {
        for _ in 0..CALLS {
            culprit(&url);
            sleep(PAUSE).await;
        }
    };
    spawn_named(name, calls).await.expect("it does not panic");
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
