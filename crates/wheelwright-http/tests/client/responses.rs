//! Section E: what comes back.

use std::time::Duration;

use wheelwright_http::Client;
use wheelwright_http::ErrorKind::{Closed, Incomplete, Parse};

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
