//! Turns bytes that are no request into refusals that end the connection and never reach the handler.

use crate::raw::{Raw, naming, run, server};

#[test]
fn what_is_no_request_is_refused_without_asking_the_handler() {
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n");
    // The rule that is broken, the status of the answer, and a head after which nothing can be trusted.
    let refused = [
        ("A 1: a length twice", 400, post("Content-Length: 10\r\nContent-Length: 10")),
        ("A 2: two lengths", 400, post("Content-Length: 10\r\nContent-Length: 11")),
        ("A 5: a signed length", 400, post("Content-Length: +5")),
        ("A 9: a length beyond 64 bits", 400, post("Content-Length: 99999999999999999999")),
        ("A 13: a space before the colon", 400, post("Content-Length : 5")),
        ("B 20: both framings", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5")),
        ("B 22: an unknown coding", 400, post("Transfer-Encoding: gzip")),
        ("B 27: a control byte before a coding", 400, post("Transfer-Encoding: \x0bchunked")),
        ("B 34: chunks in 1.0", 400, post("Transfer-Encoding: chunked").replace("1.1", "1.0")),
        ("D 64: bare line feeds", 400, "GET / HTTP/1.1\nHost: h\n\n".into()),
        ("D 69: a NUL in a name", 400, post("A\0: b")),
        ("D 71: a folded line", 400, post(" folded")),
        ("D 74: two spaces", 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n".into()),
        ("D 76: a fragment", 400, "GET /#a HTTP/1.1\r\nHost: h\r\n\r\n".into()),
        ("D 82: a method that is no token", 400, "G@T / HTTP/1.1\r\nHost: h\r\n\r\n".into()),
        ("D 83: no Host", 400, "GET / HTTP/1.1\r\n\r\n".into()),
        ("D 83: two Hosts", 400, post("Host: h")),
        ("D 84: a user in the Host", 400, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n".into()),
        ("D 87: an asterisk without OPTIONS", 400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n".into()),
        ("D 87: CONNECT", 501, "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n".into()),
    ];
    run(async {
        let (running, asked) = naming(server());
        for (rule, status, request) in refused {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.send(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n").await;
            let reply = raw.reply().await;
            assert_eq!((reply.status, reply.field("connection")), (status, Some("close")), "{rule}");
            raw.ends_well().await;
        }
        assert_eq!(asked.get(), 0);
    });
}

// K 179
#[test]
fn a_refusal_leaves_the_reply_before_it_intact() {
    // K 179.
    run(async {
        let (running, asked) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(raw.reply().await.text(), "/good");
        assert_eq!(raw.reply().await.status, 400);
        assert_eq!((raw.rest().await, asked.get()), (Vec::new(), 1));
    });
}

// D 79, D 80, D 81, D 89
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

// K 181
#[test]
fn a_refusal_is_read_by_a_client_that_still_sends() {
    // K 181.
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
fn a_client_that_neither_leaves_nor_falls_silent_after_a_refusal_is_left() {
    // K 181: what it still sends is read for half a second, and no longer.
    run(async {
        let (running, _) = naming(server());
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(raw.reply().await.status, 400);
        assert_eq!(running.connections(), 1, "it lingers");
        while raw.stream.write_all(&[b'x'; 1_000]).await.is_ok() {
            wheelwright::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(running.connections(), 0);
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
