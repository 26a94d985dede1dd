//! Turns many calls at once, some of them cancelled, into replies that each belong to their call.

use std::time::Duration;

use http::Response;
use wheelwright_http::ErrorKind::{Closed, Connect, Incomplete, Timeout};
use wheelwright_http::{Body, Client, ErrorKind, Phase, Server};

use crate::limits::Polls;
use crate::script::{self, run};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Asks for a number's own page, and drops the call after so many polls; returns whether it came to its end.
async fn ask(client: &Client, url: String, number: u64, polls: usize) -> bool {
    let post = client.put(format!("{url}/{number}")).expect("the URL is good").body(number.to_string());
    let call = Box::pin(async {
        let response = post.send().await.expect("the server answers");
        let told = response.headers()["x-number"].to_str().expect("a number is text").to_owned();
        (told, response.text().await.expect("the body comes whole"))
    });
    let reply = Polls { future: call, left: polls }.await;
    if let Some((told, text)) = &reply {
        assert_eq!(
            (told.as_str(), text.len() as u64),
            (number.to_string().as_str(), number),
            "a reply of another call"
        );
    }
    reply.is_some()
}

// J 170
#[test]
fn no_reply_is_another_calls_however_many_calls_are_dropped() {
    run(async {
        let server = Server::bind("127.0.0.1:0").unwrap();
        let running = server.serve(|request| async move {
            let number = request.uri().path().trim_start_matches('/').to_owned();
            let length: usize = number.parse().expect("the tests ask for numbers");
            if length.is_multiple_of(3) {
                wheelwright::time::sleep(Duration::from_millis(length as u64 % 4)).await;
            }
            let body = request.into_body().bytes_limited(100).await.expect("the body comes whole");
            assert_eq!(body, number, "a body of another call");
            Response::builder()
                .header("x-number", number)
                .body(Body::from("x".repeat(length)))
                .expect("a good response")
        });
        let url = format!("http://{}", running.local_addr());
        let client = Client::builder().max_connections_per_host(20).build().unwrap();
        let tasks = (0..50).map(|task| {
            let (client, url) = (client.clone(), url.clone());
            async move {
                let (mut numbers, mut whole) = (Numbers(task), 0);
                for _ in 0..60 {
                    let (number, polls) = (numbers.below(5_000), numbers.below(12) as usize);
                    whole += usize::from(ask(&client, url.clone(), number, polls).await);
                }
                whole
            }
        });
        let whole: usize = wheelwright::join_all(tasks).await.into_iter().sum();
        assert!(0 < whole && whole < 3_000, "{whole} of 3,000 calls came to their end");
        assert!(ask(&client, url, 7, usize::MAX).await, "the permits are all back");
        running.shutdown(Duration::from_secs(5)).await;
    });
}

/// A hundred calls at once; all must fail alike.
async fn all_fail(client: &Client, url: &str, kind: ErrorKind) {
    let calls = (0..100).map(|_| async {
        let response = client.get(url).expect("the URL is good").send().await.map_err(|error| error.kind())?;
        response.bytes().await.map_err(|error| error.kind())
    });
    for outcome in wheelwright::join_all(calls).await {
        assert_eq!(outcome.expect_err("the server is at fault"), kind, "{url}");
    }
}

// E 103, I 154
#[test]
fn a_fault_of_a_server_is_the_same_fault_for_a_hundred_calls() {
    let closing = script::Server::start(|mut connection| drop(connection.request()));
    let silent = script::Server::start(|mut connection| connection.wait_for_close());
    let cutting = script::Server::start(|mut connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    });
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    run(async {
        let client = Client::builder().first_byte_timeout(Duration::from_millis(100)).build().unwrap();
        all_fail(&client, &format!("http://{refused}/"), Connect).await;
        all_fail(&client, &silent.url("/"), Timeout(Phase::FirstByte)).await;
        silent.marks().reached("closed", 100).await;
        let patient = Client::new();
        all_fail(&patient, &closing.url("/"), Closed).await;
        all_fail(&patient, &cutting.url("/"), Incomplete).await;
        assert_eq!((closing.connections(), cutting.connections()), (100, 100), "each call was made once");
    });
}
