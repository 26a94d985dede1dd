//! Turns bytes that are no request into refusals that end the connection and never reach the handler.

use crate::raw::{Raw, naming, run, server};

/// Heads after which nothing can be trusted, the status of the answer, and the rule that they break.
const REFUSED: &[(&str, u16, &str)] = &[
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\n", 400, "two lengths"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nContent-Length: 10\r\n\r\n", 400, "a length twice"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", 400, "a signed length"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "a length beyond 64 bits"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\n", 400, "a space before the colon"),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400, "both framings"),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "an unknown coding"),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n", 400, "a control byte before a coding"),
    ("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "chunks in 1.0"),
    ("GET / HTTP/1.1\nHost: h\n\n", 400, "bare line feeds"),
    ("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400, "a folded line"),
    ("GET / HTTP/1.1\r\nHost: h\r\nA\0: b\r\n\r\n", 400, "a NUL in a name"),
    ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "two spaces"),
    ("GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "a fragment"),
    ("GET / HTTP/1.1\r\n\r\n", 400, "no Host"),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two Hosts"),
    ("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, "a user in the Host"),
    ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "an asterisk without OPTIONS"),
    ("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 501, "CONNECT"),
    ("G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "a method that is no token"),
];

#[test]
fn what_is_no_request_is_refused_without_asking_the_handler() {
    run(async {
        let (running, asked) = naming(server());
        for (request, status, why) in REFUSED {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send(request.to_string() + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n").await;
            let reply = raw.reply().await;
            assert_eq!((reply.status, reply.field("connection")), (*status, Some("close")), "{why}");
            raw.ends_well().await;
        }
        assert_eq!(asked.get(), 0);
    });
}

#[test]
fn a_refusal_leaves_the_reply_before_it_intact() {
    run(async {
        let (running, asked) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(raw.reply().await.text(), "/good");
        assert_eq!(raw.reply().await.status, 400);
        assert_eq!((raw.rest().await, asked.get()), (Vec::new(), 1));
    });
}

#[test]
fn other_protocols_are_closed_without_a_panic() {
    run(async {
        let (running, asked) = naming(server());
        let hello: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        for bytes in [hello, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n\r\n", b"\r\n\r\n\r\n\r\n\r\n"] {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send(bytes).await;
            let status = raw.head().await.status;
            assert!(status == 400 || status == 505, "{status}");
            raw.rest().await;
        }
        assert_eq!(asked.get(), 0);
    });
}

#[test]
fn a_refusal_is_read_by_a_client_that_still_sends() {
    run(async {
        let (running, _) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        let more = "x".repeat(200_000);
        raw.send(format!("GET / HTTP/1.1\r\n\r\n{more}")).await;
        assert_eq!(raw.reply().await.status, 400);
        raw.ends_well().await;
    });
}

#[test]
fn a_connection_that_ends_within_a_head_gets_no_answer() {
    run(async {
        let (running, asked) = naming(server());
        for begun in ["", "G", "GET / HTTP/1.1\r\nHost"] {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send(begun).await;
            raw.stream.shutdown(std::net::Shutdown::Write).expect("an open connection");
            assert_eq!(raw.rest().await, b"");
        }
        assert_eq!(asked.get(), 0);
    });
}
