//! Turns request bodies, read, half read or ignored, into what becomes of their connection.

use std::cell::RefCell;
use std::rc::Rc;

use http::{Request, Response};
use wheelwright::stream;
use wheelwright_http::{Body, ErrorKind, Incoming, Running};

use crate::raw::{Raw, echoing, naming, run, server};

const GET: &str = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
}

// C 51
#[test]
fn declared_and_chunked_bodies_reach_the_handler_however_they_are_cut() {
    run(async {
        let running = echoing(server());
        let whole = post(11) + "hello world";
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nt: u\r\n\r\n";
        for request in [whole.as_str(), chunked] {
            let mut raw = Raw::connect(running.local_addr()).await;
            for cut in (1..request.len()).step_by(7) {
                raw.send(&request[..cut]).await;
                wheelwright::yield_now().await;
                assert_eq!(raw.ask(&request[cut..]).await.text(), "hello world", "cut at {cut}");
            }
        }
    });
}

// C 58, C 60
#[test]
fn trailers_come_behind_the_body_and_apart_from_the_headers() {
    run(async {
        let running = server().serve(|request: Request<Incoming>| async move {
            let (parts, mut body) = request.into_parts();
            let before = body.trailers().is_some();
            while body.chunk().await.expect("a whole body").is_some() {}
            let sums = body.trailers().map(|trailers| trailers.get_all("sum").iter().count());
            Response::new(Body::full(format!("{before} {sums:?} {}", parts.headers.contains_key("sum"))))
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(
            raw.ask(format!("{head}1\r\na\r\n0\r\nsum: 1\r\nsum: 2\r\n\r\n")).await.text(),
            "false Some(2) false"
        );
        assert_eq!(raw.ask(format!("{head}1\r\na\r\n0\r\n\r\n")).await.text(), "false None false");
    });
}

#[test]
fn a_large_body_is_read_piece_by_piece() {
    run(async {
        let running = server().max_body(u64::MAX).serve(|request: Request<Incoming>| async move {
            let mut body = request.into_body();
            let (mut total, mut largest) = (0, 0);
            while let Some(chunk) = body.chunk().await.expect("a whole body") {
                (total, largest) = (total + chunk.len(), chunk.len().max(largest));
            }
            Response::new(Body::full(format!("{total} {}", largest <= 16 * 1024)))
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        let megabytes = vec![b'x'; 8 << 20];
        raw.send(post(megabytes.len())).await;
        assert_eq!(raw.ask(&megabytes).await.text(), "8388608 true");
    });
}

// K 173
#[test]
fn a_little_unread_body_is_drained_and_much_of_it_closes() {
    // K 173.
    run(async {
        let (running, _) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(post(100_000)).await;
        assert_eq!(raw.reply().await.field("connection"), None, "answered before the body was sent");
        raw.send(vec![b'x'; 100_000]).await;
        assert_eq!(raw.ask(GET).await.text(), "/next");

        raw.send([post(300_000).as_bytes(), &[b'x'; 300_000]].concat()).await;
        assert_eq!(raw.reply().await.field("connection"), Some("close"));
        raw.ends_well().await;
    });
}

// K 173
#[test]
fn an_endless_unread_body_closes_the_connection() {
    // K 173.
    run(async {
        let (running, asked) = naming(server().max_body(u64::MAX));
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        assert_eq!(raw.reply().await.status, 200);
        let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
        // The server stops reading at some time; how much fits the kernel's buffers is its own affair.
        for _ in 0..9 {
            if raw.stream.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        assert_eq!((raw.rest().await, asked.get()), (Vec::new(), 1));
    });
}

// K 174
#[test]
fn a_client_that_asks_is_told_to_continue_when_the_body_is_wanted() {
    // K 174.
    let expecting = |version: &str, length: usize| {
        format!("POST / HTTP/{version}\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
    };
    run(async {
        let running = echoing(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(expecting("1.1", 5)).await;
        assert_eq!(raw.head().await.head, "http/1.1 100 continue\r\n\r\n");
        assert_eq!(raw.ask("hello").await.text(), "hello");
        // Nobody waits for an invitation who has sent the body, or has none, or speaks HTTP/1.0.
        assert_eq!(raw.ask(expecting("1.1", 5) + "hello").await.status, 200);
        assert_eq!(raw.ask(expecting("1.1", 0)).await.status, 200);
        raw.send(expecting("1.0", 5)).await;
        assert_eq!(raw.ask("hello").await.status, 200);
    });
}

// K 174
#[test]
fn a_response_made_of_the_requests_body_asks_for_it_and_is_never_whole_without_it() {
    const EXPECTING: &str = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    run(async {
        let running =
            server().serve(async |request: Request<Incoming>| Response::new(Body::stream(request.into_body())));
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(EXPECTING).await;
        assert_eq!(raw.head().await.head, "http/1.1 100 continue\r\n\r\n");
        assert_eq!(raw.ask("hello").await.text(), "hello");

        // Whoever asks when the response has begun is late: the client takes it as the answer, and sends nothing.
        let running = server().serve(async |request: Request<Incoming>| {
            let mut body = request.into_body();
            Response::new(Body::stream(stream::generator(async move |y| {
                wheelwright::yield_now().await;
                while let Some(piece) = body.chunk().await.transpose() {
                    y.yield_(piece).await;
                }
            })))
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(EXPECTING).await;
        assert_eq!(raw.head().await.status, 200);
        assert_eq!(raw.chunks().await, None, "it breaks off, for it cannot be whole");
    });
}

// C 63
#[test]
fn a_client_that_was_not_told_to_continue_is_told_to_close() {
    // K 174, C 63.
    run(async {
        let (running, _) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let reply = raw.reply().await;
        assert_eq!((reply.status, reply.field("connection")), (200, Some("close")));
        assert_eq!(raw.rest().await, b"");
    });
}

// C 39, C 48, C 49
#[test]
fn a_fault_in_a_streaming_body_fails_the_body_and_ends_the_connection() {
    let cases = [
        ("transfer-encoding: chunked\r\n\r\n5\r\nhelloX", "failed: Parse"),
        ("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "failed: Parse"),
        ("transfer-encoding: chunked\r\n\r\n0\r\n\n", "failed: Parse"),
    ];
    run(async {
        let running = echoing(server());
        for (request, answer) in cases {
            let mut raw = Raw::connect(running.local_addr()).await;
            let reply = raw.ask(format!("POST / HTTP/1.1\r\nHost: h\r\n{request}")).await;
            assert_eq!((reply.text().as_str(), reply.field("connection")), (answer, Some("close")), "{request:?}");
            assert_eq!(raw.rest().await, b"");
        }
    });
}

// A 15
#[test]
fn a_body_that_ends_too_soon_is_incomplete() {
    run(async {
        let running = echoing(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(post(10) + "hello").await;
        raw.stream.shutdown(std::net::Shutdown::Write).expect("an open connection");
        assert_eq!(raw.reply().await.text(), "failed: Incomplete");
        assert_eq!(raw.rest().await, b"");
    });
}

/// A server whose handler keeps the body of the last request, and where it is kept.
fn keeping() -> (Running, Rc<RefCell<Option<Incoming>>>) {
    let kept: Rc<RefCell<Option<Incoming>>> = Rc::default();
    let there = Rc::clone(&kept);
    let running = server().serve(move |request: Request<Incoming>| {
        there.replace(Some(request.into_body()));
        async { Response::new(Body::empty()) }
    });
    (running, kept)
}

#[test]
fn a_body_kept_beyond_its_request_cannot_read_the_next() {
    run(async {
        let (running, kept) = keeping();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.ask(post(5) + "hello").await;
        let mut first = kept.take().expect("the handler kept its body");
        raw.ask(post(5) + "later").await;
        assert_eq!(first.chunk().await.map_err(|error| error.kind()), Err(ErrorKind::Incomplete));
    });
}

#[test]
fn a_connection_ends_although_somebody_keeps_its_body() {
    run(async {
        let (running, kept) = keeping();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.ask("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        raw.ends_well().await;
        assert!(kept.take().is_some_and(|body| body.peer_addr().ip().is_loopback()));
    });
}
