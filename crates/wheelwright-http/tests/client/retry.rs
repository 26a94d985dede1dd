//! What is tried again, how often, and at what price.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::Method;
use wheelwright_http::ErrorKind::{Closed, Connect, Dns, Incomplete, Timeout};
use wheelwright_http::{Body, Client, ErrorKind, Phase, Retry};

use crate::script::{Connection, Server, run};
use crate::sending::Pieces;

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

/// Tries that follow each other at once.
fn hasty() -> Retry {
    Retry::budget(1.0).base(Duration::ZERO)
}

fn with(retry: Retry) -> Client {
    Client::builder().retry(retry).build().expect("the settings are good")
}

async fn ask(client: &Client, method: Method, url: &str) -> Result<u16, ErrorKind> {
    let sent = client.method(method, url).expect("the URL is good").body("same").send().await;
    let response = sent.map_err(|error| error.kind())?;
    let status = response.status().as_u16();
    response.bytes().await.map_err(|error| error.kind())?;
    Ok(status)
}

/// Answers so many requests with these bytes, and those after them well; an empty answer closes instead.
fn failing(count: usize, answer: impl Into<String>) -> Server {
    let answer = answer.into();
    Server::start(move |mut connection| {
        while connection.request().is_some_and(|request| request.ends_with("same")) {
            match connection.marks().count("request") {
                number if count < number => connection.send(HELLO),
                _ if answer.is_empty() => return,
                _ => connection.send(&answer),
            }
        }
    })
}

#[test]
fn a_status_that_may_pass_is_tried_again_where_that_does_no_harm() {
    for (status, method, tries) in [
        (429, Method::GET, 2),
        (502, Method::HEAD, 2),
        (503, Method::PUT, 2),
        (504, Method::DELETE, 2),
        (503, Method::OPTIONS, 2),
        (503, Method::POST, 1),
        (503, Method::PATCH, 1),
        (500, Method::GET, 1),
        (501, Method::GET, 1),
        (404, Method::GET, 1),
        (408, Method::GET, 1),
    ] {
        let server = failing(1, format!("HTTP/1.1 {status} S\r\nContent-Length: 0\r\n\r\n"));
        let expected = if tries == 2 { 200 } else { status };
        // A HEAD's response has no body here either: its connection is closed behind it.
        let known = run(ask(&with(hasty()), method.clone(), &server.url("/")));
        assert_eq!(known, Ok(expected), "{status} {method}");
        assert_eq!(server.marks().count("request"), tries, "{status} {method}");
        assert_eq!(server.connections(), 1, "the connection is kept for the next try");
    }
}

#[test]
fn nothing_is_tried_again_unless_it_is_set() {
    let server = failing(1, BUSY);
    run(async { assert_eq!(ask(&Client::new(), Method::GET, &server.url("/")).await, Ok(503)) });
    let server = failing(1, "");
    run(async { assert_eq!(ask(&Client::new(), Method::GET, &server.url("/")).await, Err(Closed)) });
    assert_eq!(server.marks().count("request"), 1);
}

#[test]
fn a_body_that_can_be_sent_once_is_tried_once() {
    let server = Server::answering(BUSY);
    run(async {
        let request = with(hasty()).put(server.url("/")).unwrap().body(Body::stream(Pieces::of(["a", "b"])));
        assert_eq!(request.send().await.unwrap().status(), 503);
    });
    assert_eq!(server.marks().count("request"), 1);
}

#[test]
fn a_connection_lost_before_the_response_is_tried_again_and_one_lost_in_it_is_not() {
    for (method, outcome, tries) in
        [(Method::GET, Ok(200), 3), (Method::PUT, Ok(200), 3), (Method::POST, Err(Closed), 1)]
    {
        let server = failing(2, "");
        run(async { assert_eq!(ask(&with(hasty()), method.clone(), &server.url("/")).await, outcome, "{method}") });
        assert_eq!((server.connections(), server.marks().count("request")), (tries, tries), "{method}");
    }
    for begun in ["H", "HTTP/1.1 503 Service Unavail", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
        let server = Server::start(move |mut connection| {
            connection.request();
            connection.send(begun);
        });
        run(async { assert_eq!(ask(&with(hasty()), Method::GET, &server.url("/")).await, Err(Incomplete), "{begun}") });
        assert_eq!(server.connections(), 1, "{begun}");
    }
}

/// How often a client looks a name up that gives `first` once, and then the server; and what it gets.
fn lookups(first: fn() -> std::io::Result<Vec<std::net::SocketAddr>>, retry: Retry) -> (usize, Result<u16, ErrorKind>) {
    let server = failing(0, "");
    let (count, addr) = (Rc::new(Cell::new(0)), server.addr);
    let counted = Rc::clone(&count);
    let builder = Client::builder().retry(retry).resolver(move |_, _| {
        counted.set(counted.get() + 1);
        let found = if counted.get() == 1 { first() } else { Ok(vec![addr]) };
        async { found }
    });
    let client = builder.build().expect("the settings are good");
    let outcome = run(async { ask(&client, Method::GET, "http://a.test/").await });
    (count.get(), outcome)
}

#[test]
fn a_connection_that_did_not_come_about_is_tried_again() {
    let refused = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        Ok(vec![listener.local_addr()?])
    };
    assert_eq!(lookups(refused, hasty()), (2, Ok(200)));
    assert_eq!(lookups(refused, hasty().max_tries(1)), (1, Err(Connect)));
    let unknown = || Err(std::io::Error::other("no such name"));
    assert_eq!(lookups(unknown, hasty()), (2, Ok(200)));
    assert_eq!(lookups(unknown, hasty().max_tries(1)), (1, Err(Dns)));
}

#[test]
fn a_lookup_out_of_time_is_tried_again_and_a_server_out_of_time_is_not() {
    let (calls, server) = (Rc::new(Cell::new(0)), Server::start(|mut connection| connection.wait_for_close()));
    let counted = Rc::clone(&calls);
    run(async {
        let short = Duration::from_millis(30);
        let client =
            Client::builder().retry(hasty()).dns_timeout(short).first_byte_timeout(short).resolver(move |_, _| {
                counted.set(counted.get() + 1);
                std::future::pending()
            });
        let client = client.build().unwrap();
        assert_eq!(ask(&client, Method::GET, "http://a.test/").await, Err(Timeout(Phase::Dns)));
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Err(Timeout(Phase::FirstByte)));
    });
    assert_eq!((calls.get(), server.connections()), (3, 1));
}

#[test]
fn the_last_try_is_what_the_caller_gets() {
    for (tries, retry) in
        [(3, hasty()), (1, hasty().max_tries(0)), (1, hasty().max_tries(1)), (5, hasty().max_tries(5))]
    {
        let server = failing(100, BUSY);
        run(async {
            let response = with(retry).get(server.url("/")).unwrap().body("same").send().await.unwrap();
            assert_eq!(response.status(), 503);
            assert_eq!(response.text().await.unwrap(), "busy");
        });
        assert_eq!(server.marks().count("request"), tries);
    }
}

/// How many requests so many calls came to, all of which fail.
async fn requests_of(client: &Client, server: &Server, calls: usize) -> usize {
    let before = server.marks().count("request");
    for _ in 0..calls {
        assert_eq!(ask(client, Method::GET, &server.url("/")).await, Ok(503));
    }
    server.marks().count("request") - before
}

#[test]
fn the_account_pays_for_ten_retries_and_then_for_the_share() {
    run(async {
        let server = failing(usize::MAX, BUSY);
        let client = with(Retry::budget(0.0).base(Duration::ZERO));
        assert_eq!(requests_of(&client, &server, 5).await, 15, "ten are there at the beginning");
        assert_eq!(requests_of(&client.clone(), &server, 20).await, 20, "and nothing comes, for a clone neither");
        let client = with(Retry::budget(0.1).base(Duration::ZERO));
        requests_of(&client, &server, 50).await;
        assert_eq!(requests_of(&client, &server, 100).await, 110, "one for ten calls");
    });
}

#[test]
fn the_account_holds_what_a_thousand_calls_bring_and_ten() {
    let server = failing(3_000, HELLO);
    run(async {
        let client = with(Retry::budget(0.01).base(Duration::ZERO).max_tries(100));
        for _ in 0..3_000 {
            assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200));
        }
        let busy = failing(usize::MAX, BUSY);
        assert_eq!(requests_of(&client, &busy, 1).await, 21);
    });
}

#[test]
fn a_retry_after_is_waited_for_if_it_is_within_the_cap() {
    let after = |value: &str| format!("HTTP/1.1 503 S\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n");
    let server = failing(1, after("1"));
    let begin = Instant::now();
    run(async {
        // The wait is the call's own: no limit of one phase goes on through it.
        let client = Client::builder().retry(hasty()).first_byte_timeout(Duration::from_millis(500)).build().unwrap();
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200));
    });
    assert!(Duration::from_secs(1) <= begin.elapsed(), "it did not wait");
    for long in ["11", "99999999999999999999999999", "Fri, 31 Dec 2199 23:59:59 GMT"] {
        let server = failing(1, after(long));
        run(async { assert_eq!(ask(&with(hasty()), Method::GET, &server.url("/")).await, Ok(503), "{long}") });
        let second = Duration::from_secs(1);
        let cap = hasty().cap(second / 2);
        let server = failing(1, after("1"));
        run(async { assert_eq!(ask(&with(cap), Method::GET, &server.url("/")).await, Ok(503), "beyond the cap") });
        assert_eq!(server.marks().count("request"), 1);
    }
    for no_wait in ["0", "", "soon", "-5", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let server = failing(1, after(no_wait));
        run(async { assert_eq!(ask(&with(hasty()), Method::GET, &server.url("/")).await, Ok(200), "{no_wait}") });
    }
}

#[test]
fn a_wait_that_would_outlast_the_call_is_not_begun() {
    let server = failing(1, "HTTP/1.1 503 S\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n");
    run(async {
        let client = Client::builder().retry(hasty()).timeout(Duration::from_secs(5)).build().unwrap();
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(503));
    });
    assert_eq!(server.marks().count("request"), 1);
}

#[test]
fn the_total_limit_spans_all_tries() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            std::thread::sleep(Duration::from_millis(40));
            connection.send(BUSY);
        }
    });
    run(async {
        let retry = hasty().max_tries(u32::MAX);
        let client = Client::builder().retry(retry).timeout(Duration::from_millis(100)).build().unwrap();
        let outcome = ask(&client, Method::GET, &server.url("/")).await;
        // An answer that came as the limit passed is the last one.
        assert!(matches!(outcome, Err(Timeout(Phase::Total)) | Ok(503)), "{outcome:?}");
    });
    assert!(server.marks().count("request") < 10, "the limit began anew with each try");
}

#[test]
fn a_call_that_waits_for_its_next_try_holds_no_connection() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let later = request.starts_with("GET /later");
            connection.send(if later {
                "HTTP/1.1 503 S\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n"
            } else {
                HELLO
            });
        }
    });
    run(async {
        let client = Client::builder().retry(hasty()).max_connections_per_host(1).build().unwrap();
        let mut waiting = Box::pin(client.get(server.url("/later")).unwrap().send());
        let first = wheelwright::time::timeout(Duration::from_millis(200), &mut waiting).await;
        assert!(first.is_err() && format!("{waiting:?}").contains("pause"), "{waiting:?}");
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200));
        drop(waiting);
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200));
    });
    assert_eq!((server.connections(), server.marks().count("request")), (1, 3));
}

#[test]
fn a_hop_of_a_redirect_is_tried_again_by_itself() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let first = connection.marks().count("busy") == 0;
            match request.split(' ').nth(1) {
                Some("/") => connection.send("HTTP/1.1 302 F\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
                _ if first => {
                    connection.mark("busy");
                    connection.send(BUSY);
                }
                _ => connection.send(HELLO),
            }
        }
    });
    run(async {
        let response = with(hasty()).get(server.url("/#f")).unwrap().send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.url()), (200, &*server.url("/there#f")));
    });
    assert_eq!(server.marks().count("request"), 3);
}

#[test]
fn what_a_kept_connection_costs_is_not_paid_from_the_account() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.send(HELLO);
        if connection.number == 1 {
            connection.request();
            return;
        }
        connection.wait_for_close();
    });
    run(async {
        let client = with(hasty().max_tries(1));
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200));
        assert_eq!(ask(&client, Method::GET, &server.url("/")).await, Ok(200), "118");
    });
    assert_eq!(server.connections(), 2);
}

#[test]
#[should_panic(expected = "a share is from 0 to 1")]
fn a_share_beyond_one_is_a_mistake() {
    drop(Retry::budget(1.5));
}

#[test]
fn a_reset_before_the_response_is_tried_again() {
    let server = Server::start(|mut connection| {
        connection.request();
        match connection.number {
            1 => Connection::reset(connection),
            _ => connection.send(HELLO),
        }
    });
    run(async { assert_eq!(ask(&with(hasty()), Method::GET, &server.url("/")).await, Ok(200)) });
    assert_eq!(server.connections(), 2);
}
