//! Sections H and J: limits of size and time, and what a cancelled call leaves behind.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use wheelwright_http::ErrorKind::{Connect, Dns, Timeout, TooLarge};
use wheelwright_http::{Body, Client, ClientBuilder, ErrorKind, Phase};

use crate::script::{Server, run};

/// Short enough to be waited for, and long enough for what should come in time.
const SHORT: Duration = Duration::from_millis(60);
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Sends the first part of a response and waits for the client to close.
fn stalling(answer: &'static str) -> Server {
    Server::start(move |mut connection| {
        if connection.request().is_some() {
            connection.send(answer);
        }
        connection.wait_for_close();
    })
}

async fn fetch(builder: ClientBuilder, url: &str) -> Result<(), ErrorKind> {
    let client = builder.build().map_err(|error| error.kind())?;
    let response = client.get(url).expect("the URL is good").send().await.map_err(|error| error.kind())?;
    response.bytes().await.map(drop).map_err(|error| error.kind())
}

#[test]
fn each_phase_has_a_limit_of_its_own() {
    run(async {
        let silent = stalling("");
        let limit = Client::builder().first_byte_timeout(SHORT);
        assert_eq!(fetch(limit, &silent.url("/")).await, Err(Timeout(Phase::FirstByte)), "J 168");
        for answer in ["HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"] {
            let server = stalling(answer);
            let limit = Client::builder().read_timeout(SHORT).first_byte_timeout(Duration::from_secs(20));
            assert_eq!(fetch(limit, &server.url("/")).await, Err(Timeout(Phase::Gap)), "J 168: {answer}");
            let limit = Client::builder().timeout(SHORT).read_timeout(Duration::from_secs(20));
            assert_eq!(fetch(limit, &server.url("/")).await, Err(Timeout(Phase::Total)), "J 168: {answer}");
            server.marks().reached("closed", 2).await;
        }
    });
}

#[test]
fn a_lookup_has_a_limit_and_errors_of_its_own() {
    run(async {
        let slow = Client::builder().dns_timeout(SHORT).resolver(|_, _| std::future::pending());
        assert_eq!(fetch(slow, "http://slow.test/").await, Err(Timeout(Phase::Dns)), "J 168");
        let failing = Client::builder().resolver(|_, _| async { Err(std::io::Error::other("no such name")) });
        assert_eq!(fetch(failing, "http://unknown.test/").await, Err(Dns), "I 159");
        let empty = Client::builder().resolver(|_, _| async { Ok(Vec::new()) });
        assert_eq!(fetch(empty, "http://nowhere.test/").await, Err(Dns), "I 159");
        let server = Server::answering(HELLO);
        let local = format!("http://localhost:{}/", server.addr.port());
        assert_eq!(fetch(Client::builder(), &local).await, Ok(()), "by the system's own lookup");
    });
}

#[test]
fn a_refused_connection_is_told_and_the_next_address_tried() {
    let server = Server::answering(HELLO);
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    run(async {
        assert_eq!(fetch(Client::builder(), &format!("http://{refused}/")).await, Err(Connect), "I 154");
        let addresses = vec![refused, refused, server.addr];
        let many = Client::builder().resolver(move |_, _| std::future::ready(Ok(addresses.clone())));
        assert_eq!(fetch(many, "http://many.test/").await, Ok(()), "I 156");
    });
}

#[test]
fn a_connection_that_is_never_answered_times_out() {
    let full = crate::connect::Full::listen();
    run(async {
        let limit = Client::builder().connect_timeout(SHORT);
        assert_eq!(fetch(limit, &format!("http://{}/", full.addr)).await, Err(Timeout(Phase::Connect)), "J 168");
    });
}

#[test]
fn the_wait_for_a_permit_has_a_limit() {
    let server = stalling("");
    run(async {
        let client = Client::builder().max_connections_per_host(1).pool_timeout(SHORT).build().unwrap();
        let (holding, url) = (client.clone(), server.url("/"));
        let first = wheelwright::spawn(async move { holding.get(url).unwrap().send().await.map(drop) });
        server.marks().reached("request", 1).await;
        let error = client.get(server.url("/")).unwrap().send().await.unwrap_err();
        assert_eq!(error.kind(), Timeout(Phase::Pool), "J 168");
        first.abort();
    });
}

#[test]
fn a_server_that_does_not_read_stops_an_upload_in_time() {
    let server = Server::start(|connection| connection.wait_for("over"));
    run(async {
        let client = Client::builder().send_timeout(SHORT).build().unwrap();
        let post = client.post(server.url("/")).unwrap().body(vec![0; 64 << 20]);
        assert_eq!(post.send().await.unwrap_err().kind(), Timeout(Phase::Send), "J 168");
        server.marks().mark("over");
    });
}

#[test]
fn slow_bytes_keep_the_gap_from_ending_a_call_but_not_the_total() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..10_000 {
            connection.send("1\r\nx\r\n");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    run(async {
        // Each gap is a small part of its limit, all of them together exceed it.
        let limits = Client::builder().read_timeout(Duration::from_millis(1_000)).timeout(Duration::from_millis(1_400));
        assert_eq!(fetch(limits, &server.url("/")).await, Err(Timeout(Phase::Total)), "J 168");
    });
}

#[test]
fn limits_beyond_all_time_are_none() {
    let server = Server::answering(HELLO);
    run(async {
        let ever = Duration::MAX;
        let limits = Client::builder().timeout(ever).connect_timeout(ever).first_byte_timeout(ever).read_timeout(ever);
        let limits = limits.pool_timeout(ever).dns_timeout(ever).send_timeout(ever).pool_idle_timeout(ever);
        assert_eq!(fetch(limits.max_connections_per_host(1), &server.url("/")).await, Ok(()), "J 169");
    });
}

#[test]
fn a_body_is_limited_by_what_comes_whatever_was_declared() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for answer in [HELLO, chunked, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"] {
        let server = Server::answering(answer);
        run(async {
            let client = Client::new();
            let get = || client.get(server.url("/")).unwrap().send();
            assert_eq!(get().await.unwrap().bytes_limited(5).await.unwrap(), "hello", "J 165");
            assert_eq!(get().await.unwrap().bytes_limited(4).await.unwrap_err().kind(), TooLarge, "J 165");
            assert_eq!(get().await.unwrap().bytes_limited(0).await.unwrap_err().kind(), TooLarge, "J 165");
        });
    }
    let server = stalling("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nhello");
    run(async {
        let response = Client::new().get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(response.bytes_limited(1 << 20).await.unwrap_err().kind(), TooLarge, "J 165: before it came");
        let endless = Client::builder().max_head(100);
        let server = stalling(
            "HTTP/1.1 200 OK\r\nx: 0123456789012345678901234567890123456789\r\ny: 0123456789012345678901234567890123456789\r\n",
        );
        assert_eq!(fetch(endless, &server.url("/")).await, Err(TooLarge), "E 105");
    });
}

/// Polls a future so often, and then drops it.
pub(crate) struct Polls<F> {
    pub(crate) future: F,
    pub(crate) left: usize,
}

impl<F: Future + Unpin> Future for Polls<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

#[test]
fn a_call_dropped_at_any_await_gives_back_its_permit_and_its_connection() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".chunks(7) {
                connection.send(byte);
                if request.starts_with("POST") {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        connection.mark("closed");
    });
    run(async {
        let client = Client::builder().max_connections_per_host(1).timeout(Duration::from_secs(20)).build().unwrap();
        let mut finished = 0;
        for polls in 0..60 {
            let pieces = crate::sending::Pieces::of(["a", "b"]);
            let post = client.post(server.url("/")).unwrap().body(Body::stream(pieces));
            let call = Box::pin(async { post.send().await.unwrap().text().await.unwrap() });
            finished += usize::from(Polls { future: call, left: polls }.await.is_some_and(|text| text == "hello"));
            let text = client.get(server.url("/")).unwrap().send().await.unwrap().text().await.unwrap();
            assert_eq!(text, "hello", "J 170: after {polls} polls");
        }
        assert!(0 < finished && finished < 60, "J 170: {finished} calls came to their end");
        drop(client);
        server.marks().reached("closed", server.connections()).await;
    });
}
