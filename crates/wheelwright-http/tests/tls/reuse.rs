//! Sections F and I: which connection serves, and how it is closed.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use wheelwright::time::sleep;
use wheelwright_http::ErrorKind::Closed;

use crate::script::{Server, run};
use crate::secure::{HELLO, NAME, answering, anywhere, authority, client, get, serve, trusted, url};

#[test]
fn calls_one_after_another_share_a_connection() {
    let server = answering(HELLO);
    run(async {
        let client = client();
        for _ in 0..5 {
            assert_eq!(get(&client, &server).await, "hello", "F 113");
        }
        assert_eq!(client.connections_opened(), 1, "F 113");
    });
    assert_eq!(server.marks().count("shaken"), 1, "F 113");
}

#[test]
fn an_idle_connection_with_a_farewell_an_end_or_bytes_on_it_is_not_used() {
    for ending in ["farewell", "end", "bytes"] {
        let server = trusted(move |mut secure| {
            secure.request();
            secure.send(HELLO);
            if secure.number == 1 {
                secure.wait_for("idle", 1);
                match ending {
                    "farewell" => secure.farewell(),
                    "bytes" => secure.send("x"),
                    _ => secure.stream.sock.shutdown(Shutdown::Write).unwrap(),
                }
                secure.mark("ended");
                // Open, so that nothing but what was sent tells the client.
                secure.request();
            }
        });
        run(async {
            let client = client();
            assert_eq!(get(&client, &server).await, "hello");
            server.marks().mark("idle");
            server.marks().reached("ended", 1).await;
            // The loop looks at the kernel.
            sleep(Duration::from_millis(5)).await;
            assert_eq!(get(&client, &server).await, "hello", "F 115: {ending}");
        });
        assert_eq!(server.connections(), 2, "F 115: {ending}");
        assert_eq!(server.marks().count("request"), 2, "F 115: {ending}: nothing was sent twice");
    }
}

#[test]
fn what_tls_says_on_an_idle_connection_spoils_nothing() {
    let config = authority().identity(&[NAME]).config_of(&[&rustls::version::TLS13]);
    let server = serve(config, |mut secure| {
        for _ in 0..3 {
            secure.request();
            secure.send(HELLO);
            secure.wait_for("idle", 1);
            secure.stream.conn.refresh_traffic_keys().unwrap();
            secure.send("");
            secure.mark("refreshed");
        }
    });
    run(async {
        let client = client();
        for number in 1..=3 {
            assert_eq!(get(&client, &server).await, "hello");
            server.marks().mark("idle");
            server.marks().reached("refreshed", number).await;
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(client.connections_opened(), 1);
    });
}

#[test]
fn a_farewell_in_the_records_of_the_answer_is_heard() {
    let server = trusted(|mut secure| {
        secure.request();
        // One write, so that the client reads both at once.
        secure.stream.conn.writer().write_all(HELLO.as_bytes()).unwrap();
        secure.farewell();
        secure.request();
    });
    run(async {
        let client = client();
        for _ in 0..3 {
            assert_eq!(get(&client, &server).await, "hello", "F 115");
        }
    });
    assert_eq!(server.marks().count("request"), 3, "F 115: nothing was sent twice");
    assert_eq!(server.connections(), 3, "F 115");
}

#[test]
fn a_stale_connection_is_replaced_for_a_get_and_not_for_a_post() {
    for farewell in [false, true] {
        let server = trusted(move |mut secure| {
            secure.request();
            secure.send(HELLO);
            if secure.number == 1 {
                // It closes on the second request, unread or read.
                secure.request();
                if farewell {
                    secure.farewell();
                }
            }
        });
        run(async {
            let client = client();
            assert_eq!(get(&client, &server).await, "hello");
            assert_eq!(get(&client, &server).await, "hello", "F 118: farewell: {farewell}");
            assert_eq!(client.connections_opened(), 2, "F 118: farewell: {farewell}");
        });
        let server = trusted(|mut secure| {
            secure.request();
            secure.send(HELLO);
            secure.request();
        });
        run(async {
            let client = client();
            assert_eq!(get(&client, &server).await, "hello");
            let error = client.post(url(&server, NAME)).unwrap().body("once").send().await.unwrap_err();
            assert_eq!(error.kind(), Closed, "F 119");
            assert_eq!(client.connections_opened(), 1, "F 119");
        });
    }
}

#[test]
fn whoever_closes_says_farewell() {
    let server = answering(HELLO);
    run(async {
        let client = client();
        assert_eq!(get(&client, &server).await, "hello");
        drop(client);
        server.marks().reached("farewell", 1).await;

        let client = anywhere().add_root_certificate(authority().der()).pool_idle_timeout(Duration::from_millis(20));
        let client = client.build().unwrap();
        assert_eq!(get(&client, &server).await, "hello");
        server.marks().reached("farewell", 2).await;

        let close = client.get(url(&server, NAME)).unwrap().header("connection", "close").send();
        assert_eq!(close.await.unwrap().text().await.unwrap(), "hello");
        server.marks().reached("farewell", 3).await;
    });
    assert_eq!(server.marks().count("cut"), 0, "I 164");
}

#[test]
fn the_schemes_of_one_port_share_nothing() {
    let server = Server::start(|mut connection| {
        let mut first = [0];
        connection.stream.peek(&mut first).unwrap();
        match first[0] {
            0x16 => connection.mark("tls"),
            _ => {
                connection.request();
                connection.send(HELLO);
                connection.wait_for("asked");
            }
        }
    });
    run(async {
        let client = client();
        let plain = client.get(server.url("/")).unwrap().send().await.unwrap();
        assert_eq!(plain.text().await.unwrap(), "hello", "F 123");
        client.get(url(&server, "127.0.0.1")).unwrap().send().await.unwrap_err();
        server.marks().mark("asked");
    });
    assert_eq!((server.connections(), server.marks().count("tls")), (2, 1), "F 123");
}

#[test]
fn each_of_many_calls_at_once_gets_its_own_reply() {
    let server = trusted(|mut secure| {
        while let Some((_, body)) = secure.request() {
            secure.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
            secure.send(body);
        }
    });
    run(async {
        let client = client();
        let own = wheelwright::map_concurrent(20, 0..200, |number| {
            let (client, url) = (client.clone(), url(&server, NAME));
            async move {
                let sent = format!("{number} ").repeat(1 + number * 7 % 900);
                let response = client.post(url).unwrap().body(sent.clone()).send().await.unwrap();
                response.text().await.unwrap() == sent
            }
        });
        assert!(own.await.iter().all(|own| *own));
        assert!(client.connections_opened() <= 20);
    });
}
