//! Section F: what is sent again.

use std::time::Duration;

use wheelwright_http::ErrorKind::{self, Closed, Incomplete};
use wheelwright_http::{Body, Client};

use crate::script::{Connection, Server, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers one request on each connection up to `stale`, and ends it by `end` when the next one comes.
fn going_stale(stale: usize, end: impl Fn(Connection) + Send + Sync + 'static) -> Server {
    Server::start(move |mut connection| {
        connection.request();
        connection.send(HELLO);
        while connection.number > stale && connection.request().is_some() {
            connection.send(HELLO);
        }
        if connection.number <= stale && connection.request().is_some() {
            end(connection);
        }
    })
}

async fn call(client: &Client, method: http::Method, server: &Server) -> Result<String, ErrorKind> {
    let sent = client.method(method, server.url("/")).expect("the URL is good").send().await;
    let response = sent.map_err(|error| error.kind())?;
    response.text().await.map_err(|error| error.kind())
}

#[test]
fn a_stale_connection_costs_an_idempotent_request_one_retry() {
    for method in [http::Method::GET, http::Method::PUT, http::Method::DELETE, http::Method::OPTIONS] {
        let server = going_stale(1, drop);
        run(async {
            let client = Client::new();
            assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
            assert_eq!(call(&client, method.clone(), &server).await.as_deref(), Ok("hello"), "F 118: {method}");
        });
        assert_eq!((server.connections(), server.marks().count("request")), (2, 3), "F 118: {method}");
    }
    let server = going_stale(1, Connection::reset);
    run(async {
        let client = Client::new();
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"), "F 118: after a reset");
    });
}

#[test]
fn a_post_on_a_stale_connection_is_closed_and_sent_once() {
    let server = going_stale(1, drop);
    run(async {
        let client = Client::new();
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
        assert_eq!(call(&client, http::Method::POST, &server).await, Err(Closed), "F 119");
    });
    assert_eq!((server.connections(), server.marks().count("request")), (1, 2), "F 119");
}

#[test]
fn a_post_of_which_nothing_was_sent_goes_out_on_a_fresh_connection() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.send(HELLO);
        connection.wait_for("parked");
        if connection.number == 1 {
            let marks = connection.marks();
            connection.reset();
            return marks.mark("reset");
        }
        connection.wait_for_close();
    });
    run(async {
        let client = Client::new();
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
        server.marks().mark("parked");
        // Blocks the loop, so that the kernel knows of the reset and the loop does not: the first write takes nothing.
        server.marks().wait_for("reset", 1);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(call(&client, http::Method::POST, &server).await.as_deref(), Ok("hello"), "F 120");
    });
    assert_eq!((server.connections(), server.marks().count("request")), (2, 2), "F 120");
}

#[test]
fn a_body_that_cannot_be_repeated_is_sent_once() {
    let server = going_stale(1, drop);
    run(async {
        let client = Client::new();
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
        let body = Body::stream(crate::sending::Pieces::of(["a", "b"]));
        let error = client.put(server.url("/")).unwrap().body(body).send().await.unwrap_err();
        assert_eq!(error.kind(), Closed, "F 118");
    });
    assert_eq!(server.connections(), 1, "F 118");
}

#[test]
fn there_is_no_second_retry_and_none_on_a_fresh_connection() {
    let server = Server::start(|mut connection| {
        connection.request();
        if connection.number == 1 {
            connection.send(HELLO);
            connection.request();
        }
    });
    run(async {
        let client = Client::new();
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
        assert_eq!(call(&client, http::Method::GET, &server).await, Err(Closed), "F 121");
        assert_eq!(server.connections(), 2, "F 121: one retry");
        assert_eq!(call(&client, http::Method::GET, &server).await, Err(Closed), "F 121");
        assert_eq!(server.connections(), 3, "F 121: none on a fresh connection");
    });
}

#[test]
fn a_response_that_has_begun_is_never_asked_for_again() {
    for end in [drop, Connection::reset] {
        let server = going_stale(1, move |mut connection| {
            connection.send("H");
            std::thread::sleep(Duration::from_millis(20));
            end(connection);
        });
        run(async {
            let client = Client::new();
            assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"));
            assert_eq!(call(&client, http::Method::GET, &server).await, Err(Incomplete), "F 121");
        });
        assert_eq!(server.connections(), 1, "F 121");
    }
}

#[test]
fn a_request_succeeds_though_all_idle_connections_are_stale() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.mark("here");
            if connection.number <= 5 {
                connection.wait_for("all here");
                connection.send(HELLO);
                // The next request on this connection finds it closed, seen by the client or not.
                return;
            }
            connection.send(HELLO);
        }
    });
    run(async {
        let client = Client::new();
        let five = wheelwright::join_all((0..5).map(|_| call(&client, http::Method::GET, &server)));
        let gate = async {
            server.marks().reached("here", 5).await;
            server.marks().mark("all here");
        };
        wheelwright::join(five, gate).await;
        assert_eq!(call(&client, http::Method::GET, &server).await.as_deref(), Ok("hello"), "F 122");
    });
}
