//! Section F: which connection serves.

use std::time::Duration;

use http::header::CONNECTION;
use wheelwright::time::{sleep, timeout};
use wheelwright_http::ErrorKind::{Connect, Incomplete, Timeout};
use wheelwright_http::{Client, Phase};

use crate::script::{Server, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

async fn get(client: &Client, url: String) -> String {
    let response = client.get(url).expect("the URL is good").send().await.expect("the server answers");
    response.text().await.expect("the body comes whole")
}

#[test]
fn bodies_read_to_their_end_share_one_connection() {
    for answer in [
        HELLO,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
    ] {
        let server = Server::answering(answer);
        run(async {
            let client = Client::new();
            for _ in 0..5 {
                assert_eq!(get(&client, server.url("/")).await, "hello", "F 113");
            }
            assert_eq!(client.connections_opened(), 1);
        });
        assert_eq!(server.connections(), 1, "F 113: {answer}");
    }
}

#[test]
fn a_connection_serves_once_if_anybody_says_so_or_more_came_than_was_asked_for() {
    for (id, answer) in [
        ("F 110", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: foo, Close, bar\r\n\r\nhello"),
        ("F 111", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("F 109", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more"),
        ("B 21", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ] {
        let server = Server::answering(answer);
        run(async {
            let client = Client::new();
            for _ in 0..3 {
                assert_eq!(get(&client, server.url("/")).await, "hello", "{id}");
            }
        });
        assert_eq!(server.connections(), 3, "{id}: {answer}");
    }
}

#[test]
fn what_comes_behind_the_end_of_a_late_body_spoils_its_connection() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
            connection.wait_for("head seen");
            connection.send("lo, and more");
        }
    });
    run(async {
        let client = Client::new();
        for _ in 0..3 {
            let response = client.get(server.url("/")).unwrap().send().await.unwrap();
            server.marks().mark("head seen");
            assert_eq!(response.text().await.unwrap(), "hello", "A 16, F 109");
        }
    });
    assert_eq!(server.connections(), 3, "A 16, F 109");
}

#[test]
fn a_request_that_says_close_leaves_no_connection_behind() {
    let server = Server::answering(HELLO);
    run(async {
        let client = Client::new();
        for _ in 0..3 {
            client.get(server.url("/")).unwrap().header(CONNECTION, "close").send().await.unwrap();
        }
    });
    assert_eq!(server.connections(), 3, "F 112");
}

#[test]
fn a_dropped_body_that_has_arrived_is_read_over_and_another_closes_its_connection() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            if request.starts_with("GET /whole") {
                connection.send([b'x'; 100_000]);
            }
            connection.mark("sent");
        }
        connection.mark("closed");
    });
    run(async {
        let client = Client::new();
        for number in 1..=3 {
            let response = client.get(server.url("/whole")).unwrap().send().await.unwrap();
            server.marks().reached("sent", number).await;
            drop(response);
        }
        assert_eq!(server.connections(), 1, "F 114");
        drop(client.get(server.url("/part")).unwrap().send().await.unwrap());
        server.marks().reached("closed", 1).await;
        get(&client, server.url("/whole")).await;
        assert_eq!(server.connections(), 2, "F 114");
    });
}

#[test]
fn an_idle_connection_with_bytes_or_an_end_on_it_is_not_used() {
    for (id, ending) in [
        ("F 115", ""),
        ("F 115", "x"),
        ("F 116", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ] {
        let server = Server::start(move |mut connection| {
            connection.request();
            connection.send(HELLO);
            connection.wait_for("parked");
            connection.send(ending);
            if ending.is_empty() {
                connection.end_writing();
            }
            connection.mark("spoiled");
            connection.wait_for_close();
        });
        run(async {
            let client = Client::new();
            get(&client, server.url("/")).await;
            server.marks().mark("parked");
            server.marks().reached("spoiled", 1).await;
            // The loop must have had a look at the kernel. A POST would not be sent twice.
            sleep(Duration::from_millis(20)).await;
            let response = client.post(server.url("/")).unwrap().send().await.unwrap();
            assert_eq!(response.status(), 200, "{id}");
            server.marks().reached("closed", 1).await;
        });
        assert_eq!(server.connections(), 2, "{id}: {ending}");
    }
}

#[test]
fn connections_are_kept_apart_by_host_and_port_in_lower_case() {
    let server = Server::answering(HELLO);
    let addr = server.addr;
    run(async {
        let client = Client::builder().resolver(move |_, _| async move { Ok(vec![addr]) }).build().unwrap();
        for url in ["http://one.test:81/", "http://ONE.test:81/a", "http://u:p@One.Test:81/b"] {
            get(&client, url.into()).await;
        }
        assert_eq!(server.connections(), 1, "F 123");
        for url in ["http://two.test:81/", "http://one.test:82/", "http://one.test/"] {
            get(&client, url.into()).await;
        }
        assert_eq!(server.connections(), 4, "F 123");
        for url in ["http://one.test:80/", "http://two.test:81/", "http://one.test:82/"] {
            get(&client, url.into()).await;
        }
        assert_eq!(server.connections(), 4, "F 123");
    });
}

#[test]
fn an_idle_connection_is_closed_in_time_without_a_further_request() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.send(HELLO);
        connection.wait_for_close();
    });
    run(async {
        let client = Client::builder().pool_idle_timeout(Duration::from_millis(40)).build().unwrap();
        get(&client, server.url("/")).await;
        server.marks().reached("closed", 1).await;
        // The sweeper has ended meanwhile; another connection starts it again.
        get(&client, server.url("/")).await;
        server.marks().reached("closed", 2).await;
        assert_eq!(server.connections(), 2, "F 124");
    });
}

#[test]
fn idle_connections_beyond_their_number_and_of_a_dropped_client_are_closed() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.mark("here");
            connection.wait_for("go");
            connection.send(HELLO);
        }
        connection.mark("closed");
    });
    run(async {
        let client = Client::builder().pool_max_idle_per_host(2).build().unwrap();
        let calls = (0..5).map(|_| get(&client, server.url("/")));
        let calls = wheelwright::join_all(calls);
        let all_here = async {
            server.marks().reached("here", 5).await;
            server.marks().mark("go");
        };
        wheelwright::join(calls, all_here).await;
        server.marks().reached("closed", 3).await;
        assert_eq!(server.marks().count("closed"), 3, "F 125");
        drop(client);
        server.marks().reached("closed", 5).await;
    });
}

#[test]
fn a_dropped_client_leaves_no_task_and_no_timer() {
    let server = Server::answering(HELLO);
    run(async {
        // By now the limit of the test itself is counted.
        wheelwright::yield_now().await;
        let before = wheelwright::inspect::live();
        let client = Client::new();
        assert_eq!(get(&client, server.url("/")).await, "hello");
        assert_ne!(wheelwright::inspect::live(), before, "an idle connection is watched over");
        drop(client);
        // An aborted task is dropped when its turn comes, long before the idle timeout.
        wheelwright::yield_now().await;
        wheelwright::yield_now().await;
        assert_eq!(wheelwright::inspect::live(), before, "128");
    });
}

#[test]
fn calls_beyond_the_limit_of_a_host_wait_in_line() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let path = request.split(' ').nth(1).expect("a request has a path").len();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {path}\r\n\r\n{}", "x".repeat(path)));
        }
    });
    run(async {
        for limit in [1, 3] {
            let before = server.connections();
            let client = Client::builder().max_connections_per_host(limit).build().unwrap();
            let order = std::cell::RefCell::new(Vec::new());
            let calls = (1..=20).map(|number| {
                let (client, url, order) = (&client, server.url(&format!("/{}", "y".repeat(number))), &order);
                async move {
                    let text = get(client, url).await;
                    assert_eq!(text.len(), number + 1, "no reply is another call's");
                    order.borrow_mut().push(number);
                }
            });
            wheelwright::join_all(calls).await;
            let connections = server.connections() - before;
            assert!(connections <= limit, "F 125: {connections} connections");
            let in_line = (1..=20).collect::<Vec<usize>>() == order.into_inner();
            assert!(in_line || 1 < limit, "F 125: one at a time, each in its turn");
        }
    });
}

/// Whether the one permit of the client is free.
async fn has_permit(client: &Client, server: &Server) -> bool {
    let call = client.get(server.url("/good")).expect("the URL is good").send();
    timeout(Duration::from_secs(5), call).await.is_ok_and(|response| response.is_ok())
}

/// Answers `/good` and nothing else.
fn choosy() -> Server {
    Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            match request.starts_with("GET /good") {
                true => connection.send(HELLO),
                false => connection.wait_for_close(),
            }
        }
    })
}

#[test]
fn a_permit_comes_back_after_a_failed_dial() {
    let server = choosy();
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = std::rc::Rc::new(std::cell::Cell::new(refused));
    run(async {
        let asked = std::rc::Rc::clone(&address);
        let resolve = move |_, _| std::future::ready(Ok(vec![asked.get()]));
        let client = Client::builder().max_connections_per_host(1).resolver(resolve).build().unwrap();
        let error = client.get("http://one.test/good").unwrap().send().await.unwrap_err();
        assert_eq!(error.kind(), Connect, "F 127");
        address.set(server.addr);
        assert_eq!(get(&client, "http://one.test/good".into()).await, "hello", "F 127");
    });
}

#[test]
fn a_permit_comes_back_after_a_cancel_a_timeout_and_a_panic() {
    let server = choosy();
    run(async {
        let client = Client::builder().max_connections_per_host(1).build().unwrap();
        let call = client.get(server.url("/bad")).unwrap().send();
        assert!(timeout(Duration::from_millis(20), call).await.is_err());
        assert!(has_permit(&client, &server).await, "F 127: after a dropped call");

        let call = client.get(server.url("/bad")).unwrap().timeout(Duration::from_millis(20)).send();
        assert_eq!(call.await.unwrap_err().kind(), Timeout(Phase::Total));
        assert!(has_permit(&client, &server).await, "F 127: after a timeout");

        let (taken, url) = (client.clone(), server.url("/good"));
        let panicking = wheelwright::spawn(async move {
            let _response = taken.get(url).unwrap().send().await.unwrap();
            panic!("the task panics with a response in its hands");
        });
        assert!(panicking.await.is_err());
        assert!(has_permit(&client, &server).await, "F 127: after a panic");
    });
}

#[test]
fn a_waiter_that_is_dropped_gives_its_place_to_the_next() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.wait_for("go");
            connection.send(HELLO);
        }
    });
    run(async {
        let client = Client::builder().max_connections_per_host(1).build().unwrap();
        let call = || {
            let (client, url) = (client.clone(), server.url("/"));
            wheelwright::spawn(async move { get(&client, url).await })
        };
        let (first, second, third) = (call(), call(), call());
        server.marks().reached("request", 1).await;
        second.abort();
        server.marks().mark("go");
        assert_eq!(first.await.unwrap(), "hello", "F 125");
        assert_eq!(third.await.unwrap(), "hello", "F 125");
        assert!(second.await.is_err());
        assert_eq!(server.marks().count("request"), 2, "F 125: the dropped call was never sent");
    });
}

#[test]
fn a_program_ends_although_connections_are_idle_and_a_new_loop_uses_none_of_them() {
    let server = Server::answering(HELLO);
    let client = Client::new();
    let response = run(async {
        get(&client, server.url("/")).await;
        client.get(server.url("/")).unwrap().send().await.unwrap()
    });
    assert_eq!(server.connections(), 1, "F 128");
    run(async {
        assert_eq!(response.text().await.unwrap(), "hello", "it had come before its loop ended");
        assert_eq!(get(&client, server.url("/")).await, "hello");
    });
    assert_eq!(server.connections(), 2, "F 128: the first loop took its connection with it");
}

#[test]
fn a_response_that_outlives_its_loop_fails_and_does_not_hang() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        connection.wait_for_close();
    });
    let client = Client::new();
    let mut response = run(async { client.get(server.url("/")).unwrap().send().await.unwrap() });
    run(async {
        let first = response.chunk().await;
        assert!(matches!(&first, Ok(Some(data)) if data == "he"), "{first:?}");
        assert_ne!(response.chunk().await.unwrap_err().kind(), Incomplete, "the server did not cut it");
    });
}
