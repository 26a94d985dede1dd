//! Section E: what comes back.

use std::time::Duration;

use wheelwright_http::Client;
use wheelwright_http::ErrorKind::{Closed, Incomplete, Parse, Status};

use crate::script::{Server, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Test: a\r\nX-Test: b\r\n\r\nhello";

#[test]
fn a_response_has_status_headers_and_body() {
    let server = Server::answering(HELLO);
    run(async {
        let response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, http::Version::HTTP_11));
        let values: Vec<_> = response.headers().get_all("x-test").iter().collect();
        assert_eq!(values, ["a", "b"]);
        assert_eq!(response.text().await.unwrap(), "hello");
    });
}

#[test]
fn a_response_may_drip() {
    let server = Server::start(|mut connection| {
        connection.request();
        for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nx: y\r\n\r\n" {
            connection.send([*byte]);
            std::thread::sleep(Duration::from_micros(200));
        }
        connection.wait_for_close();
    });
    run(async {
        let mut response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            assert!(!chunk.is_empty());
            body.extend_from_slice(&chunk);
        }
        assert_eq!(body, b"abcdefg");
        assert_eq!(response.trailers().unwrap()["x"], "y");
        assert!(response.chunk().await.unwrap().is_none(), "the end stays the end");
    });
}

/// Answers each connection's first request with these bytes, and ends it.
fn ending(answer: &'static [u8], reset: bool) -> Server {
    Server::start(move |mut connection| {
        connection.request();
        connection.send(answer);
        if reset {
            // The bytes must be read before the reset overtakes them.
            std::thread::sleep(Duration::from_millis(30));
            connection.reset();
        }
    })
}

#[test]
fn an_early_end_is_closed_before_a_response_and_incomplete_within_one() {
    for reset in [false, true] {
        for (answer, kind) in [
            (&b""[..], Closed),
            (b"HTTP/1.1 200 OK\r\nContent", Incomplete),
            (b"HTTP/1.1 100 Continue\r\n\r\n", Incomplete),
        ] {
            let server = ending(answer, reset);
            run(async {
                let error = Client::new().get(server.url("/")).unwrap().send().await.unwrap_err();
                assert_eq!(error.kind(), kind, "E 103: {error:?}");
            });
            assert_eq!(server.connections(), 1, "E 103: no retry on a fresh connection");
        }
    }
}

#[test]
fn a_body_cut_short_gives_what_came_and_then_the_error() {
    for reset in [false, true] {
        for answer in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello",
        ] {
            let server = ending(answer, reset);
            run(async {
                let client = Client::builder().max_connections_per_host(1).build().unwrap();
                let mut response = client.get(server.url("/")).unwrap().send().await.unwrap();
                assert_eq!(response.chunk().await.unwrap().unwrap(), "hello", "A 15, C 56");
                assert_eq!(response.chunk().await.unwrap_err().kind(), Incomplete, "A 15, C 56");
                assert_eq!(response.chunk().await.unwrap_err().kind(), Incomplete, "a failed body stays failed");
                let again = client.get(server.url("/")).unwrap().send().await.unwrap();
                assert_eq!(again.bytes().await.unwrap_err().kind(), Incomplete, "A 15, C 56");
            });
            assert_eq!(server.connections(), 2, "A 15: never pooled");
        }
    }
}

#[test]
fn a_broken_body_gives_what_came_before_the_fault() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n");
    run(async {
        let client = Client::new();
        let mut response = client.get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "hello");
        assert_eq!(response.chunk().await.unwrap_err().kind(), Parse);
        let response = client.get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap_err().kind(), Parse);
    });
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_response_without_framing_lasts_until_the_close_and_a_reset_cuts_it() {
    let server = ending(b"HTTP/1.1 200 OK\r\n\r\nhello", false);
    run(async {
        let response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello", "E 101");
    });
    let server = ending(b"HTTP/1.1 200 OK\r\n\r\nhello", true);
    run(async {
        let response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap_err().kind(), Incomplete, "E 101");
    });
}

#[test]
fn a_whole_response_before_a_reset_is_a_response() {
    let server = ending(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true);
    run(async {
        let response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        wheelwright::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(response.text().await.unwrap(), "hello", "E 107");
    });
}

#[test]
fn head_and_some_statuses_have_no_body_and_keep_the_connection() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            match request.split(' ').nth(1) {
                Some("/204") => connection.send("HTTP/1.1 204 No Content\r\n\r\n"),
                Some("/304") => connection.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
                _ => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            }
        }
    });
    run(async {
        let client = Client::new();
        let response = client.head(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.headers()["content-length"], "5", "E 95");
        assert_eq!(response.bytes().await.unwrap(), "", "E 95");
        for path in ["/204", "/304"] {
            let response = client.get(server.url(path)).unwrap().send().await.unwrap();
            assert_eq!(response.bytes().await.unwrap(), "", "E 95");
        }
    });
    assert_eq!(server.connections(), 1, "E 95");
}

#[test]
fn interim_responses_come_before_the_final_one_and_never_instead() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            std::thread::sleep(Duration::from_millis(5));
            connection
                .send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        }
    });
    run(async {
        let client = Client::new();
        for _ in 0..2 {
            let response = client.get(server.url("/")).unwrap().send().await.unwrap();
            assert_eq!((response.status().as_u16(), response.headers().len()), (200, 1), "E 98");
            assert_eq!(response.text().await.unwrap(), "hi", "E 98");
        }
    });
    assert_eq!(server.connections(), 1, "E 98");
    let server = Server::answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    run(async {
        let error = Client::new().get(server.url("/")).unwrap().send().await.unwrap_err();
        assert_eq!(error.kind(), Parse, "E 100");
    });
}

#[test]
fn an_error_status_is_an_error_only_for_who_asks() {
    let server = Server::answering("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
    run(async {
        let client = Client::new();
        let response = client.get(server.url("/")).unwrap().send().await.unwrap();
        let error = response.error_for_status().unwrap_err();
        assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (Status, Some(404)));
        let response = client.get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "gone");
    });
    assert_eq!(server.connections(), 1);
}
