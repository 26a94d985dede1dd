//! Turns clients that ask for too much, or take too long, into bounded memory and closed connections.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use wheelwright::time::now;
use wheelwright_http::{Body, Incoming};

use crate::raw::{Raw, echoing, naming, run, server};

const SHORT: Duration = Duration::from_millis(50);

// K 184, K 185, K 186
#[test]
fn heads_targets_and_bodies_beyond_their_limits_have_their_own_status() {
    // K 184, 185, 186.
    let long = "x".repeat(100_000);
    let many: String = (0..10_000).map(|n| format!("a{n}: b\r\n")).collect();
    let cases = [
        (format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: h\r\na: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{long}: a\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2097153\r\n\r\n".to_owned(), 413),
    ];
    run(async {
        let (running, asked) = naming(server());
        for (request, status) in &cases {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send(request).await;
            assert_eq!(raw.reply().await.status, *status);
            assert_eq!(raw.rest().await, b"");
        }
        assert_eq!(asked.get(), 0);
    });
}

// K 184
#[test]
fn a_name_without_an_end_is_refused_where_the_limit_is() {
    // K 185: the answer comes although the head is not whole, and nothing of it is kept.
    run(async {
        let (running, asked) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET / HTTP/1.1\r\n").await;
        for _ in 0..65 {
            raw.send([b'x'; 1_024]).await;
        }
        assert_eq!((raw.reply().await.status, asked.get()), (431, 0));
    });
}

#[test]
fn a_chunked_body_is_limited_by_what_comes() {
    run(async {
        let running = echoing(server().max_body(10));
        let mut raw = Raw::connect(running.local_addr()).await;
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(raw.ask(format!("{head}5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")).await.text(), "helloworld");
        let reply = raw.ask(format!("{head}5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n")).await;
        assert_eq!((reply.text().as_str(), reply.field("connection")), ("failed: TooLarge", Some("close")));
        assert_eq!(raw.rest().await, b"");
    });
}

// K 182
#[test]
fn a_head_has_to_be_whole_in_time_from_the_accept_on() {
    // K 182.
    run(async {
        let (running, asked) = naming(server().header_read_timeout(SHORT));
        let begun = now();
        let mut silent = Raw::connect(running.local_addr()).await;
        assert_eq!(silent.rest().await, b"");
        assert!(SHORT <= now() - begun, "it had its time");
        let mut slow = Raw::connect(running.local_addr()).await;
        slow.send("GET / HTTP/1.1\r\n").await;
        assert_eq!(slow.reply().await.status, 408);
        assert_eq!((slow.rest().await, asked.get()), (Vec::new(), 0));
    });
}

// K 182
#[test]
fn a_first_byte_does_not_start_the_time_again() {
    // K 182.
    run(async {
        let (running, _) = naming(server().header_read_timeout(8 * SHORT));
        let mut first = Raw::connect(running.local_addr()).await;
        wheelwright::time::sleep(SHORT).await;
        let mut second = Raw::connect(running.local_addr()).await;
        wheelwright::time::sleep(SHORT).await;
        first.send("G").await;
        let (first, second) = (async { first.rest().await.len() }, async { second.rest().await.len() });
        match wheelwright::select(first, second).await {
            wheelwright::Either::Left(answer) => assert!(0 < answer, "the one that had begun was told"),
            wheelwright::Either::Right(_) => panic!("the connection that came later was closed first"),
        }
    });
}

// K 182
#[test]
fn a_later_head_has_its_time_again() {
    // K 182.
    run(async {
        let (running, _) = naming(server().header_read_timeout(SHORT));
        let mut raw = Raw::connect(running.local_addr()).await;
        assert_eq!(raw.ask("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await.text(), "/a");
        wheelwright::time::sleep(2 * SHORT).await;
        assert_eq!(raw.ask("GET /b HTTP/1.1\r\nHost: h\r\n\r\n").await.text(), "/b", "idle is no slow head");
        raw.send("GET /c HTTP/1.1\r\n").await;
        assert_eq!(raw.reply().await.status, 408);
    });
}

#[test]
fn an_idle_connection_is_closed_in_time() {
    run(async {
        let (running, _) = naming(server().idle_timeout(SHORT));
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.ask("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(raw.rest().await, b"");
        assert_eq!(running.connections(), 0);
    });
}

// K 183
#[test]
fn a_body_that_stalls_fails_and_one_that_drips_does_not() {
    // K 183.
    run(async {
        let running = echoing(server().stall_timeout(4 * SHORT));
        let mut raw = Raw::connect(running.local_addr()).await;
        // All in all they take longer than one may.
        raw.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n").await;
        for letter in ["h", "e", "l", "l", "o"] {
            wheelwright::time::sleep(SHORT).await;
            raw.send(letter).await;
        }
        assert_eq!(raw.reply().await.text(), "hello");
        raw.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell").await;
        assert_eq!(raw.reply().await.text(), "failed: Timeout(Gap)");
        assert_eq!(raw.rest().await, b"");
    });
}

/// An endless body that says how far it came and when it was dropped.
struct Endless(Rc<Cell<usize>>, Rc<Cell<bool>>);

impl futures_core::Stream for Endless {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.set(self.0.get() + 1);
        std::task::Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 1 << 16]))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.1.set(true);
    }
}

// K 183, K 189
#[test]
fn a_reader_that_stops_or_goes_away_ends_the_stream_it_was_sent() {
    // K 183, 189.
    run(async {
        let (pieces, gone) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let running = server().stall_timeout(2 * SHORT).serve({
            let (pieces, gone) = (Rc::clone(&pieces), Rc::clone(&gone));
            move |_: Request<Incoming>| {
                let stream = Endless(Rc::clone(&pieces), Rc::clone(&gone));
                async { Response::new(Body::stream(stream)) }
            }
        });
        for goes_away in [false, true] {
            gone.set(false);
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
            raw.head().await;
            let raw = if goes_away { None } else { Some(raw) };
            while !gone.get() {
                wheelwright::time::sleep(Duration::from_millis(1)).await;
            }
            drop(raw);
        }
        // What the kernel takes in for one connection is bounded; the stream never ran ahead of it.
        assert!(pieces.get() < 2_000, "{} pieces of 64 KiB", pieces.get());
    });
}
