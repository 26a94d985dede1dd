//! Turns the crate's own client and server loose on each other: no reply may ever carry another request's id.

use std::future::Future;
use std::time::Duration;

use http::{Request, Response};
use wheelwright::time::{sleep, timeout};
use wheelwright_http::{Body, Client, Incoming, Running, Server};

/// It only keeps a test that hangs from hanging for ever.
const LIMIT: Duration = Duration::from_secs(60);

fn run(test: impl Future<Output = ()>) {
    wheelwright::block_on(async { timeout(LIMIT, test).await.expect("the test hangs") });
}

/// A server that takes a moment, which depends on the target, and sends the body back as it comes.
fn echo() -> Running {
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    server.serve(|request: Request<Incoming>| async move {
        let moment = request.uri().path().len() as u64 * 37 % 5;
        sleep(Duration::from_millis(moment)).await;
        let target = request.uri().path().to_owned();
        let response = Response::builder().header("target", target);
        response.body(Body::stream(request.into_body())).expect("the target is a header's value")
    })
}

/// One call, under a number that goes as target and as body, and has to come back as both.
async fn call(client: &Client, running: &Running, number: usize) -> bool {
    let url = format!("http://{}/{number}/{}", running.local_addr(), "x".repeat(number % 11));
    let sent = format!("{number} ").repeat(1 + number * 7 % 900);
    let posted = client.post(&url).expect("a URL").body(sent.clone());
    let response = posted.send().await.expect("the server answers");
    let target = response.headers()["target"].to_str().expect("a path").to_owned();
    url.ends_with(&target) && response.bytes().await.expect("a whole body") == sent
}

#[test]
fn every_call_of_a_thousand_gets_its_own_reply() {
    run(async {
        let (running, client) = (echo(), Client::new());
        let own = wheelwright::map_concurrent(100, 0..1_000, |number| call(&client, &running, number)).await;
        assert_eq!(own.iter().filter(|own| **own).count(), 1_000);
        assert!(running.connections() <= 100, "connections are used again");
    });
}

// J 170
#[test]
fn calls_cancelled_anywhere_leave_the_others_their_replies() {
    run(async {
        let (running, client) = (echo(), Client::new());
        let outcomes = wheelwright::map_concurrent(50, 0..2_000, |number| {
            // Less than a call takes, for two of three: they end while connecting, sending, waiting or reading.
            let limit = if number % 3 == 0 { LIMIT } else { Duration::from_micros(number as u64 * 131 % 5_000) };
            timeout(limit, call(&client, &running, number))
        });
        let outcomes = outcomes.await;
        assert!(outcomes.iter().flatten().all(|own| *own), "a reply that answers another request");
        assert!(outcomes.iter().step_by(3).all(Result::is_ok));
        assert!(outcomes.iter().any(Result::is_err), "nothing was cancelled, so nothing was tested");
        drop(client);
        while 0 < running.connections() {
            sleep(Duration::from_millis(1)).await;
        }
        running.shutdown(LIMIT).await;
    });
}
