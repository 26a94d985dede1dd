//! Sections H and J: bodies as they flow, between our own client and our own server.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{Request, Response};
use rustix::time::{ClockId, clock_gettime};
use wheelwright::stream::generator;
use wheelwright::sync::Event;
use wheelwright::time::{now, sleep};
use wheelwright_http::ErrorKind::Incomplete;
use wheelwright_http::{Body, Client, Incoming, Running, Server};

use crate::script::{self, run};

const PIECE: usize = 64 << 10;

/// Fifty megabytes.
const PIECES: usize = 800;

/// What all the buffers between two ends may hold: those of the kernel, which grow to some megabytes, and ours.
const BUFFERED: usize = (24 << 20) / PIECE;

fn serve<F>(handler: impl Fn(Request<Incoming>) -> F + 'static) -> (Running, String)
where
    F: Future<Output = Response<Body>> + 'static,
{
    let running = Server::bind("127.0.0.1:0").expect("a free port").max_body(u64::MAX).serve(handler);
    let url = format!("http://{}/", running.local_addr());
    (running, url)
}

/// Fifty megabytes in pieces that are counted as they are taken.
fn counted(given: &Rc<Cell<usize>>) -> impl Stream<Item = Result<Bytes, std::io::Error>> + 'static {
    let given = Rc::clone(given);
    generator(async move |y| {
        for number in 1..=PIECES {
            given.set(number);
            y.yield_(Ok(Bytes::from_static(&[b'x'; PIECE]))).await;
        }
    })
}

/// Takes a body slowly; it may never be far behind what was given. Says how long it was.
async fn read_slowly<C, E>(mut next: C, given: &Cell<usize>) -> usize
where
    C: AsyncFnMut() -> Result<Option<Bytes>, E>,
    E: std::fmt::Debug,
{
    let (mut total, mut chunks) = (0, 0);
    while let Some(chunk) = next().await.expect("the body comes whole") {
        assert!(chunk.len() <= PIECE, "J 171: {} bytes in one chunk", chunk.len());
        (total, chunks) = (total + chunk.len(), chunks + 1);
        let ahead = given.get() - total / PIECE;
        assert!(ahead < BUFFERED, "J 171: {ahead} pieces lie between the two ends");
        if chunks % 64 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
    total
}

#[test]
fn a_slow_reader_of_fifty_megabytes_holds_up_the_server() {
    run(async {
        let given = Rc::new(Cell::new(0));
        let (_running, url) = serve({
            let given = Rc::clone(&given);
            move |_| std::future::ready(Response::new(Body::stream(counted(&given))))
        });
        let mut response = Client::new().get(url).unwrap().send().await.unwrap();
        // Nobody reads yet: the server gives what the buffers take, and waits.
        sleep(Duration::from_millis(50)).await;
        let total = read_slowly(async || response.chunk().await, &given).await;
        assert_eq!((total, given.get()), (PIECES * PIECE, PIECES), "J 171");
    });
}

#[test]
fn a_slow_reader_of_fifty_megabytes_holds_up_the_client() {
    run(async {
        let given = Rc::new(Cell::new(0));
        let (_running, url) = serve({
            let given = Rc::clone(&given);
            move |request: Request<Incoming>| {
                let given = Rc::clone(&given);
                async move {
                    let mut body = request.into_body();
                    let total = read_slowly(async || body.chunk().await, &given).await;
                    Response::new(Body::from(total.to_string()))
                }
            }
        });
        let response = Client::new().post(url).unwrap().body(Body::stream(counted(&given))).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), (PIECES * PIECE).to_string(), "J 171");
    });
}

/// What this thread has had of a processor so far.
fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Waits, and proves that the loop did nothing meanwhile.
async fn quiet(what: &str) {
    let (begun, worked) = (now(), busy());
    sleep(Duration::from_millis(200)).await;
    let (passed, worked) = (now() - begun, busy() - worked);
    assert!(worked * 20 < passed, "J 172: {worked:?} of {passed:?} at work, {what}");
}

#[test]
fn a_client_that_ends_within_its_body_costs_nothing_until_somebody_reads() {
    run(async {
        let (_running, url) = serve(|request: Request<Incoming>| async move {
            quiet("with a handler that does not read").await;
            let error = request.into_body().bytes_limited(100).await.expect_err("half of the body is missing");
            Response::new(Body::from(error.kind().to_string()))
        });
        let addr = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let raw = wheelwright::spawn_blocking(move || {
            let mut stream = TcpStream::connect(addr).expect("the server listens");
            stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello").expect("it reads");
            stream.shutdown(Shutdown::Write).expect("the connection is open");
            let mut reply = String::new();
            stream.read_to_string(&mut reply).expect("it answers and closes");
            reply
        });
        assert!(raw.await.unwrap().ends_with("\r\n\r\nIncomplete"), "J 172");
    });
}

#[test]
fn a_server_that_ends_within_its_body_costs_nothing_until_somebody_reads() {
    let server = script::Server::start(|mut connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        connection.end_writing();
        connection.wait_for_close();
    });
    run(async {
        let mut response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        quiet("with a body that nobody reads").await;
        assert_eq!(response.chunk().await.unwrap().unwrap(), "hello", "J 172");
        assert_eq!(response.chunk().await.unwrap_err().kind(), Incomplete, "J 172");
        quiet("with a body that has failed").await;
        server.marks().reached("closed", 1).await;
    });
}

/// "one", a wait for the event, and "two".
fn gated(gate: &Rc<Event>) -> Body {
    let gate = Rc::clone(gate);
    Body::stream(generator(async move |y| {
        y.yield_(Ok::<_, std::io::Error>("one")).await;
        gate.wait().await;
        y.yield_(Ok("two")).await;
    }))
}

#[test]
fn a_piece_of_an_upload_is_sent_before_the_next_is_waited_for() {
    run(async {
        let gate = Rc::new(Event::new());
        let (_running, url) = serve({
            let gate = Rc::clone(&gate);
            move |request: Request<Incoming>| {
                let gate = Rc::clone(&gate);
                async move {
                    let mut body = request.into_body();
                    assert_eq!(body.chunk().await.unwrap().unwrap(), "one", "H 152");
                    gate.set();
                    Response::new(Body::from(body.bytes_limited(100).await.expect("the last chunk comes")))
                }
            }
        });
        let response = Client::new().post(url).unwrap().body(gated(&gate)).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "two", "H 152");
    });
}

#[test]
fn a_shutdown_waits_until_the_last_chunk_is_sent() {
    run(async {
        let gate = Rc::new(Event::new());
        let (running, url) = serve({
            let gate = Rc::clone(&gate);
            move |_| std::future::ready(Response::new(gated(&gate)))
        });
        let mut response = Client::new().get(url).unwrap().send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "one", "H 152");
        let ending = wheelwright::spawn(running.shutdown(Duration::from_secs(20)));
        sleep(Duration::from_millis(10)).await;
        gate.set();
        assert_eq!(response.text().await.unwrap(), "two", "H 152, K 191");
        ending.await.expect("the server ends well");
    });
}
