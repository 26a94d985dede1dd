//! Section H: what goes out.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use wheelwright::join;
use wheelwright::time::{Sleep, sleep};
use wheelwright_http::ErrorKind::{BadUrl, Closed, Incomplete, Io, Parse, TooLarge};
use wheelwright_http::{Body, Client};

use crate::script::{Server, run};

/// A body whose pieces come after a pause each.
pub(crate) struct Pieces {
    left: VecDeque<Result<&'static str, &'static str>>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pieces {
    pub(crate) fn of<const N: usize>(pieces: [&'static str; N]) -> Self {
        Self { left: pieces.into_iter().map(Ok).collect(), pause: None }
    }

    fn then_fail(mut self) -> Self {
        self.left.push_back(Err("the source is exhausted"));
        self
    }
}

impl futures_core::Stream for Pieces {
    type Item = Result<&'static str, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(2))));
        std::task::ready!(pause.as_mut().poll(cx));
        self.pause = None;
        Poll::Ready(self.left.pop_front())
    }
}

/// Sends each request back as the body of its response, but for what a feature of the crate adds to it.
fn mirror() -> Server {
    Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let request = request.replace("accept-encoding: gzip\r\n", "");
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{request}", request.len()));
        }
    })
}

#[test]
fn a_request_goes_out_as_it_was_asked_for() {
    let server = mirror();
    run(async {
        let (client, addr) = (Client::new(), server.addr);
        let text = client.get(server.url("?q#fragment")).unwrap().send().await.unwrap().text().await.unwrap();
        assert_eq!(text, format!("GET /?q HTTP/1.1\r\nHost: {addr}\r\n\r\n"), "H 145, H 149");
        let url = format!("http://user:secret@{addr}/a b");
        let text = client.delete(url).unwrap().header("x-a", "1").send().await.unwrap().text().await.unwrap();
        assert_eq!(text, format!("DELETE /a%20b HTTP/1.1\r\nHost: {addr}\r\nx-a: 1\r\n\r\n"), "H 148");
        let text = client.post(server.url("/")).unwrap().body("hello").send().await.unwrap().text().await.unwrap();
        assert_eq!(text, format!("POST / HTTP/1.1\r\nHost: {addr}\r\ncontent-length: 5\r\n\r\nhello"));
        let request = http::Request::put(server.url("/x")).header("x-a", "1").body(Body::from("hello")).unwrap();
        let text = client.request(request).await.unwrap().text().await.unwrap();
        assert_eq!(text, format!("PUT /x HTTP/1.1\r\nHost: {addr}\r\nx-a: 1\r\ncontent-length: 5\r\n\r\nhello"));
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_url_that_begins_like_the_last_one_may_be_for_another_host() {
    let server = mirror();
    let addr = server.addr;
    run(async {
        let client = Client::builder().resolver(move |_, _| std::future::ready(Ok(vec![addr]))).build().unwrap();
        for (url, host, target) in [
            ("http://one.test:8/a", "one.test:8", "/a"),
            ("http://one.test:8/b#c", "one.test:8", "/b"),
            ("http://one.test:8", "one.test:8", "/"),
            ("http://one.test:8?q", "one.test:8", "/?q"),
            ("http://one.test:83/", "one.test:83", "/"),
            ("http://one.test:8/", "one.test:8", "/"),
            ("http://one.test:8@x.test/", "x.test", "/"),
            ("http://x.test.y/", "x.test.y", "/"),
            ("http://X.test.y/é", "x.test.y", "/%C3%A9"),
        ] {
            let text = client.get(url).unwrap().send().await.unwrap().text().await.unwrap();
            assert_eq!(text, format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"), "F 123: {url}");
        }
        assert_eq!(client.get("http://x.test.y/\n").unwrap_err().kind(), BadUrl, "H 144");
    });
    assert_eq!(server.connections(), 4, "F 123");
}

#[test]
fn what_cannot_be_sent_is_an_error_and_touches_no_socket() {
    let server = mirror();
    run(async {
        let client = Client::new();
        let get = || client.get(server.url("/")).unwrap();
        for value in ["a\r\nb: c", "a\nb", "a\0b"] {
            assert_eq!(get().header("x", value).send().await.unwrap_err().kind(), Parse, "H 143: {value:?}");
        }
        assert_eq!(get().header("x y", "z").send().await.unwrap_err().kind(), Parse, "H 143");
        assert_eq!(get().header("host", "u@h").send().await.unwrap_err().kind(), Parse, "H 144");
        assert_eq!(get().header("content-length", "5").send().await.unwrap_err().kind(), Parse, "H 147");
        assert_eq!(get().header("transfer-encoding", "chunked").send().await.unwrap_err().kind(), Parse, "H 147");
        for url in ["http://h:0/", "http://h:65536/", "http:///", "http://[::g]/", "ftp://h/", "http://h/\r\n", ""] {
            assert_eq!(client.get(url).unwrap_err().kind(), BadUrl, "H 150: {url:?}");
        }
        let relative = http::Request::get("/x").body(Body::empty()).unwrap();
        assert_eq!(client.request(relative).await.unwrap_err().kind(), BadUrl);
    });
    assert_eq!(server.marks().count("request"), 0);
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_without_its_feature_is_a_clear_error_and_touches_no_socket() {
    let server = mirror();
    run(async {
        let url = server.url("/").replace("http:", "https:");
        let error = Client::new().get(url).unwrap().send().await.unwrap_err();
        assert_eq!(error.kind(), wheelwright_http::ErrorKind::Tls);
        assert!(error.to_string().contains("https needs the feature `tls`"), "{error}");
    });
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_streamed_body_goes_out_in_chunks_as_it_comes() {
    let server = mirror();
    run(async {
        let client = Client::new();
        let body = Body::stream(Pieces::of(["hello", "", ", world"]));
        let text = client.post(server.url("/")).unwrap().body(body).send().await.unwrap().text().await.unwrap();
        assert!(
            text.ends_with("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"),
            "H 151: {text}"
        );
        let (body, url) = (Body::stream(Pieces::of(["hello", ", world"])), server.url("/"));
        let sent = client.post(url).unwrap().header("content-length", "12").body(body).send().await;
        let text = sent.unwrap().text().await.unwrap();
        assert!(text.ends_with("content-length: 12\r\n\r\nhello, world"), "{text}");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_body_of_another_length_than_declared_is_an_error_and_closes() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.mark("closed");
    });
    run(async {
        let client = Client::builder().max_connections_per_host(1).build().unwrap();
        for (length, kind, pieces) in [("12", Incomplete, ["hello", "!"]), ("3", TooLarge, ["hello", "!"])] {
            let post = client.post(server.url("/")).unwrap().header("content-length", length);
            let error = post.body(Body::stream(Pieces::of(pieces))).send().await.unwrap_err();
            assert_eq!(error.kind(), kind, "H 146");
        }
        let body = Body::stream(Pieces::of(["hello"]).then_fail());
        let error = client.post(server.url("/")).unwrap().body(body).send().await.unwrap_err();
        assert_eq!(error.kind(), Io, "the source of the body failed");
        server.marks().reached("closed", 3).await;
        assert_eq!(server.marks().count("request"), 0);
    });
}

#[test]
fn an_error_in_the_middle_of_an_upload_is_delivered_and_ends_it() {
    let server = Server::start(|mut connection| {
        if connection.number == 1 {
            let mut first = [0; 1000];
            std::io::Read::read(&mut connection.stream, &mut first).expect("the head comes");
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge");
            connection.wait_for("over");
        }
        while connection.request().is_some() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    run(async {
        let client = Client::new();
        let post = client.post(server.url("/")).unwrap().body(vec![b'x'; 32 << 20]);
        let response = post.send().await.unwrap();
        assert_eq!(response.status(), 413, "E 108, F 117");
        assert_eq!(response.text().await.unwrap(), "large", "E 108");
        let second = client.post(server.url("/")).unwrap().body("x").send().await.unwrap();
        assert_eq!(second.status(), 200);
        assert_eq!(server.connections(), 2, "F 117: the first connection was not used again");
        server.marks().mark("over");
    });
}

#[test]
fn a_large_body_leaves_its_connection_for_the_next() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    run(async {
        let client = Client::new();
        for length in [4 << 20, 100_000, 0, 17_000] {
            let put = client.put(server.url("/")).unwrap().body(vec![b'x'; length]);
            assert_eq!(put.send().await.unwrap().status(), 200);
        }
    });
    assert_eq!(server.connections(), 1, "F 109");
}

#[test]
fn a_good_answer_in_the_middle_of_an_upload_does_not_cut_it() {
    let server = Server::start(|mut connection| {
        if connection.number == 1 {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            connection.mark("sent");
            // Until then the upload cannot end: no socket holds so much.
            connection.wait_for("seen");
        }
        while let Some(request) = connection.request() {
            if request.len() < 1000 {
                connection.send("HTTP/1.1 204 No Content\r\n\r\n");
            }
        }
    });
    run(async {
        let client = Client::new();
        let post = client.post(server.url("/")).unwrap().body(vec![b'x'; 8 << 20]);
        let seen = async {
            server.marks().reached("sent", 1).await;
            // The kernel is asked at least once, and the call has a turn.
            sleep(Duration::from_millis(20)).await;
            server.marks().mark("seen");
        };
        let (response, ()) = join(post.send(), seen).await;
        assert_eq!(response.unwrap().text().await.unwrap(), "ok");
        server.marks().reached("request", 1).await;
        assert_eq!(client.get(server.url("/")).unwrap().send().await.unwrap().status(), 204);
        assert_eq!(server.connections(), 2, "F 117: the first connection was not used again");
    });
}

#[test]
fn an_interim_response_does_not_stop_an_upload() {
    let server = Server::start(|mut connection| {
        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
        let request = connection.request().expect("the whole request comes");
        let length = request.len();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{length}", length.to_string().len()));
        connection.wait_for_close();
    });
    run(async {
        let post = Client::new().post(server.url("/")).unwrap().body(vec![b'x'; 4 << 20]);
        let length: usize = post.send().await.unwrap().text().await.unwrap().parse().unwrap();
        assert!((4 << 20) < length);
    });
}

#[test]
fn a_server_that_closes_instead_of_reading_is_closed() {
    let server = Server::start(drop);
    run(async {
        let client = Client::new();
        for body in [Body::empty(), Body::from("small"), Body::from(vec![b'x'; 8 << 20])] {
            let error = client.post(server.url("/")).unwrap().body(body).send().await.unwrap_err();
            assert_eq!(error.kind(), Closed, "{error:?}");
        }
    });
}

#[test]
fn large_bodies_go_both_ways_through_our_own_server() {
    use http::Response;
    use wheelwright_http::Server;
    let sent: Vec<u8> = (0..8u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    run(async {
        let server = Server::bind("127.0.0.1:0").unwrap().max_body(16 << 20);
        let running = server.serve(|request| async move {
            let body = request.into_body().bytes_limited(16 << 20).await.expect("the body comes whole");
            Response::new(Body::from(body))
        });
        let client = Client::new();
        let url = format!("http://{}/", running.local_addr());
        for _ in 0..2 {
            let response = client.put(&url).unwrap().body(sent.clone()).send().await.unwrap();
            assert!(response.bytes().await.unwrap() == sent, "the bytes came back as they were sent");
        }
        running.shutdown(Duration::from_secs(5)).await;
    });
}

#[test]
fn no_secret_is_shown() {
    run(async {
        let client = Client::new();
        let call = client.get("http://user:secret@127.0.0.1:1/").unwrap().header("authorization", "secret");
        assert!(!format!("{client:?} {call:?}").contains("secret"), "H 153: {call:?}");
        let error = call.send().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "H 153: {error:?}");
    });
}
