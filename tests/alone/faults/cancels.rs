//! Turns a hundred thousand calls that are dropped at some await into the check that nobody else noticed.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use http::{Method, Request, Response};
use wheelwright::stream::{self, StreamExt};
use wheelwright::sync::remote;
use wheelwright::time::sleep;
use wheelwright::{block_on, join_all, yield_now};
use wheelwright_http::{Body, Client, Incoming, Server};

use super::hostile::page;
use super::{Held, SOON, ask, is_unhurt, raise_descriptor_limit};

const CANCELS: u64 = 100_000;
/// Tasks that call at the same time.
const CALLERS: u64 = 128;
/// Fewer than the callers, so that some calls are dropped in line.
const CONNECTIONS: usize = 4;
/// Calls are dropped after fewer polls than one of these: most in line, many on their way, some never.
const POLLS: [u32; 4] = [1, 2, 3, 10];

/// An honest server: `/WAY/ID` is answered with the page of the id, in one of several ways.
fn serve(bound: &std::sync::mpsc::Sender<SocketAddr>, mut stop: remote::Receiver<()>) {
    block_on(async {
        let server = Server::bind("0.0.0.0:0").expect("a free port");
        let running = server.serve(answer);
        bound.send(running.local_addr()).expect("the client waits");
        let _ = stop.recv().await;
        running.shutdown(SOON).await;
    });
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let (way, id) = path[1..].split_once('/').expect("a way and an id");
    let id: u64 = id.parse().expect("a number");
    if request.method() == Method::PUT {
        // Of a call that was dropped, a part may come.
        if let Ok(body) = request.into_body().bytes_limited(1_000).await {
            assert_eq!(body, page(id), "the body of another request");
        }
    }
    let body = match way {
        "late" => {
            sleep(Duration::from_millis(id % 3)).await;
            Body::from(page(id))
        }
        "pieces" => pieces(id, 4),
        _ => Body::from(page(id)),
    };
    Response::builder().header("x-id", id).body(body).expect("a good response")
}

/// The page in several pieces, with a pause behind each.
fn pieces(id: u64, count: usize) -> Body {
    let page = page(id);
    let parts: Vec<_> = page.as_bytes().chunks(page.len().div_ceil(count)).map(<[u8]>::to_vec).collect();
    Body::stream(
        stream::generator(async move |y| {
            for part in parts {
                y.yield_(part).await;
                yield_now().await;
            }
        })
        .map(Ok::<_, std::io::Error>),
    )
}

/// Makes one call, and drops it after so many polls; says whether it came to its end.
async fn call(client: &Client, addr: SocketAddr, id: u64, rng: &mut Rng) -> bool {
    let way = ["plain", "late", "pieces"][rng.usize(0..3)];
    // Several addresses, for a port that was used is blocked for a while towards the same one.
    let url = format!("http://127.0.0.{}:{}/{way}/{id}", 1 + id % 4, addr.port());
    let request = match rng.u32(0..4) {
        0 => client.put(url).map(|request| request.body(page(id))),
        1 => client.put(url).map(|request| request.body(pieces(id, 3))),
        _ => client.get(url),
    };
    let most = POLLS[rng.usize(0..4)];
    let Some(outcome) = up_to(rng.u32(0..most), ask(request.expect("a URL"), id)).await else { return false };
    assert_eq!(outcome.end, None, "an honest server, and {way} of {id}");
    true
}

/// Drops a future that is not ready after one more poll than this; `None` if it came to that.
pub(crate) async fn up_to<T>(mut polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match (polls, future.as_mut().poll(cx)) {
        (_, Poll::Ready(output)) => Poll::Ready(Some(output)),
        (0, Poll::Pending) => Poll::Ready(None),
        (_, Poll::Pending) => {
            polls -= 1;
            Poll::Pending
        }
    })
    .await
}

pub(crate) fn hundred_thousand() {
    raise_descriptor_limit();
    let (bound, address) = std::sync::mpsc::channel();
    let (stop, stopped) = remote::channel(1);
    let server = thread::spawn(move || serve(&bound, stopped));
    let addr = address.recv().expect("the server starts");
    block_on(async {
        let before = Held::now();
        let client = Client::builder().max_connections_per_host(CONNECTIONS).pool_idle_timeout(SOON / 5).build();
        let client = client.expect("the settings are good");
        let (next, cancelled, whole) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let callers = (0..CALLERS).map(async |seed| {
            let mut rng = Rng::with_seed(seed);
            while cancelled.get() < CANCELS {
                let id = next.replace(next.get() + 1);
                let counter = if call(&client, addr, id, &mut rng).await { &whole } else { &cancelled };
                counter.set(counter.get() + 1);
            }
        });
        join_all(callers).await;
        let (whole, opened) = (whole.get(), client.connections_opened());
        assert!(CANCELS / 20 < whole, "only {whole} calls came to their end");
        assert!(CANCELS / 20 < opened, "only {opened} connections: the calls were dropped before they began");
        before.regained().await;
        is_unhurt(&client, CONNECTIONS as u64);
        for id in 0..4 {
            let mut rng = Rng::with_seed(id);
            while !call(&client, addr, id, &mut rng).await {}
        }
        drop(client);
        before.regained().await;
    });
    drop(stop);
    server.join().expect("the server does not panic");
}
