//! Turns responses of every kind into the bytes that a client must see.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wheelwright::time::sleep;
use wheelwright_http::{Body, Incoming};

use crate::raw::{Raw, naming, run, server};

/// Pieces that are there at once.
struct Pieces(std::vec::IntoIter<Result<Bytes, std::io::Error>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

/// A piece, a pause until the gate opens, and another piece.
struct Gated {
    gate: Rc<Gate>,
    given: usize,
}

#[derive(Default)]
struct Gate {
    is_open: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl futures_core::Stream for Gated {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.given == 1 && !self.gate.is_open.get() {
            self.gate.waker.replace(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        self.given += 1;
        Poll::Ready((self.given <= 2).then(|| Ok(Bytes::from_static(b"piece"))))
    }
}

// H 152
#[test]
fn a_piece_is_sent_before_the_next_is_waited_for() {
    // K 190, H 152.
    run(async {
        let gate: Rc<Gate> = Rc::default();
        let running = server().serve({
            let gate = Rc::clone(&gate);
            move |_: Request<Incoming>| {
                let gated = Gated { gate: Rc::clone(&gate), given: 0 };
                async { Response::new(Body::stream(gated)) }
            }
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/")).await;
        raw.head().await;
        assert_eq!(raw.exactly(10).await, b"5\r\npiece\r\n");
        gate.is_open.set(true);
        gate.waker.take().expect("the stream waits").wake();
        assert_eq!(raw.chunks().await.as_deref(), Some(&b"piece"[..]));
    });
}

fn pieces(pieces: &[&'static str]) -> Body {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
    Body::stream(Pieces(pieces.into_iter()))
}

/// The response that a target asks for by its name.
fn by_name(target: &str) -> Response<Body> {
    let builder = Response::builder();
    let built = match target {
        "/pieces" => builder.body(pieces(&["one", "", "two"])),
        "/much" => builder.header("content-length", 4).body(pieces(&["one", "two"])),
        "/little" => builder.header("content-length", 9).body(pieces(&["one", "two"])),
        "/contradiction" => builder.header("content-length", 9).body(Body::full("one")),
        "/100" | "/101" | "/199" => {
            builder.status(target[1..].parse::<u16>().expect("a number")).body(Body::full("never sent"))
        }
        "/204/declared" => {
            let builder = builder.status(StatusCode::NO_CONTENT).header("content-length", 10);
            builder.header("transfer-encoding", "chunked").body(pieces(&["never sent"]))
        }
        "/204" => builder.status(StatusCode::NO_CONTENT).body(Body::full("never sent")),
        "/304" => builder.status(StatusCode::NOT_MODIFIED).body(Body::full("never sent")),
        "/large" => builder.body(Body::full(vec![b'x'; 1 << 20])),
        "/close" => builder.header("connection", "close").body(Body::full("last")),
        "/close/late" => builder.header("connection", "close").body(Body::full("last")),
        "/fails" => builder.body(Body::stream(Pieces(
            vec![Ok(Bytes::from_static(b"one")), Err(std::io::Error::other("lost"))].into_iter(),
        ))),
        other => builder.body(Body::full(other.to_owned())),
    };
    built.expect("the parts are well-formed")
}

fn named() -> wheelwright_http::Running {
    server().serve(|request: Request<Incoming>| async move {
        if request.uri().path().ends_with("/late") {
            sleep(Duration::from_millis(50)).await;
        }
        by_name(request.uri().path())
    })
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")
}

// H 151
#[test]
fn a_connection_serves_one_request_after_another() {
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        for target in ["/a", "/b", "/large", "/pieces", "/c"] {
            let reply = raw.ask(get(target)).await;
            assert_eq!(reply.status, 200);
            match target {
                "/large" => assert_eq!(reply.body.len(), 1 << 20),
                "/pieces" => assert_eq!(reply.text(), "onetwo"),
                _ => assert_eq!(reply.text(), target),
            }
        }
        assert_eq!(running.connections(), 1);
    });
}

// K 193
#[test]
fn every_response_has_a_date() {
    // K 193.
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        let ok = raw.ask(get("/a")).await;
        let bad = raw.ask("GET / HTTP/1.1\r\n\r\n").await;
        for reply in [ok, bad] {
            let date = reply.field("date").expect("a Date");
            assert!(date.len() == 29 && date.ends_with(" gmt"), "{date}");
        }
    });
}

// K 175
#[test]
fn head_and_statuses_without_a_body_send_none() {
    // K 175.
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(raw.head().await.field("content-length"), Some("1048576"));
        raw.send("HEAD /large HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n").await;
        assert_eq!(raw.head().await.status, 413);
        raw.ends_well().await;
        let mut raw = Raw::connect(running.local_addr()).await;
        for target in ["/204", "/204/declared", "/304"] {
            let reply = raw.ask(get(target)).await;
            assert_eq!((reply.field("content-length"), reply.field("transfer-encoding")), (None, None), "{target}");
        }
        assert_eq!(raw.ask(get("/next")).await.text(), "/next");
    });
}

// H 146, K 176
#[test]
fn a_body_longer_than_declared_is_cut_and_a_shorter_one_closes() {
    // K 176.
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/much") + &get("/never")).await;
        assert_eq!(raw.reply().await.text(), "onet");
        assert_eq!(raw.rest().await, b"");
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/little") + &get("/never")).await;
        assert_eq!(raw.head().await.field("content-length"), Some("9"));
        assert_eq!(raw.rest().await, b"onetwo");
    });
}

// H 147
#[test]
fn a_response_that_contradicts_itself_becomes_a_500() {
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        assert_eq!(raw.ask(get("/contradiction")).await.status, 500);
        assert_eq!(raw.ask(get("/next")).await.text(), "/next");
    });
}

// K 175
#[test]
fn an_interim_status_from_a_handler_becomes_a_500_that_says_so() {
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        for target in ["/100", "/101", "/199"] {
            let reply = raw.ask(get(target)).await;
            assert_eq!((reply.status, reply.text().as_str()), (500, "Parse: an interim status for a final response\n"));
            raw.send(format!("HEAD {target} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
            assert_eq!(raw.head().await.status, 500);
        }
        assert_eq!(raw.ask(get("/next")).await.text(), "/next");
    });
}

#[test]
fn a_stream_that_fails_leaves_its_body_without_an_end() {
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/fails")).await;
        raw.head().await;
        assert_eq!(raw.rest().await, b"3\r\none\r\n");
    });
}

// K 177
#[test]
fn an_http_1_0_client_gets_no_chunks() {
    // K 177.
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET /pieces HTTP/1.0\r\n\r\n").await;
        assert_eq!(raw.head().await.field("transfer-encoding"), None);
        assert_eq!(raw.rest().await, b"onetwo");
        let mut raw = Raw::connect(running.local_addr()).await;
        let kept = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(raw.ask(kept).await.field("connection"), Some("keep-alive"));
        assert_eq!(raw.ask(kept).await.text(), "/a");
    });
}

// K 178
#[test]
fn pipelined_requests_are_answered_in_order() {
    // K 178.
    run(async {
        let running = server().serve(|request: Request<Incoming>| async move {
            let target = request.uri().path().to_owned();
            if target == "/0" {
                sleep(Duration::from_millis(20)).await;
            }
            Response::new(Body::full(target))
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send((0..50).map(|n| get(&format!("/{n}"))).collect::<String>()).await;
        for n in 0..50 {
            assert_eq!(raw.reply().await.text(), format!("/{n}"));
        }
    });
}

// K 180
#[test]
fn nothing_is_processed_after_a_close() {
    // K 180.
    run(async {
        let (running, asked) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".to_owned() + &get("/b")).await;
        assert_eq!(raw.reply().await.field("connection"), Some("close"));
        raw.ends_well().await;
        assert_eq!(asked.get(), 1);
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/close") + &get("/b")).await;
        assert_eq!(raw.reply().await.text(), "last");
        raw.ends_well().await;
    });
}

// K 180, K 181
#[test]
fn a_server_that_closes_first_destroys_no_reply_by_it() {
    run(async {
        let running = named();
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(get("/close/late")).await;
        // It has not been told yet that the first one was the last.
        sleep(Duration::from_millis(10)).await;
        raw.send(get("/b")).await;
        assert_eq!(raw.reply().await.text(), "last");
        raw.ends_well().await;
    });
}

// K 187
#[test]
fn a_panic_is_a_500_and_the_server_lives() {
    // K 187.
    run(async {
        let calls = Rc::new(Cell::new(0));
        let running = server().serve(move |request: Request<Incoming>| {
            calls.set(calls.get() + 1);
            assert!(calls.get() != 1, "the handler panics before its future is made");
            async move {
                assert!(request.uri().path() != "/panic", "the handler's future panics");
                Response::new(Body::full("well"))
            }
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        assert_eq!(raw.ask(get("/first")).await.status, 500);
        assert_eq!(raw.ask(get("/panic")).await.status, 500);
        assert_eq!(raw.ask(get("/then")).await.text(), "well");
        let mut other = Raw::connect(running.local_addr()).await;
        assert_eq!(other.ask(get("/then")).await.text(), "well");
    });
}
