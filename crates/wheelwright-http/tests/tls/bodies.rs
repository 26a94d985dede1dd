//! Sections A, E, F and J: what comes and goes, and what a cut means.

use std::io::Write;
use std::time::Duration;

use wheelwright_http::ErrorKind::{Closed, Incomplete, Io, Timeout};
use wheelwright_http::{Body, Phase};

use crate::script::run;
use crate::secure::{HELLO, NAME, anywhere, authority, client, get, serve, trusted, url};

/// More than all buffers on the way hold together.
const LARGE: usize = 12_000_000;

fn large() -> Vec<u8> {
    b"0123456789ab".repeat(LARGE / 12)
}

#[test]
fn a_large_body_goes_both_ways() {
    let server = trusted(|mut secure| {
        while let Some((_, body)) = secure.request() {
            secure.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
            secure.send(body);
        }
    });
    run(async {
        let client = client();
        for length in [LARGE, 0, 1, 16_384, 16_385, 100_000] {
            let body = large()[..length].to_vec();
            let call = client.post(url(&server, NAME)).unwrap().body(body.clone()).send();
            assert!(call.await.unwrap().bytes().await.unwrap() == body, "{length} bytes");
        }
        assert_eq!(client.connections_opened(), 1);
    });
}

#[test]
fn a_server_that_reads_late_holds_the_upload_back_and_gets_all_of_it() {
    let server = trusted(|mut secure| {
        secure.wait_for("go", 1);
        let (_, body) = secure.request().unwrap();
        assert!(body == large());
        secure.send(HELLO);
    });
    run(async {
        let client = client();
        let call = client.post(url(&server, NAME)).unwrap().body(large()).send();
        let go = async {
            wheelwright::time::sleep(Duration::from_millis(20)).await;
            server.marks().mark("go");
        };
        let (response, ()) = wheelwright::join(call, go).await;
        assert_eq!(response.unwrap().text().await.unwrap(), "hello");
    });
}

#[test]
fn an_early_answer_ends_the_upload() {
    let server = trusted(|mut secure| {
        secure.send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nno!");
        secure.wait_for("answered", 1);
    });
    run(async {
        let response = client().post(url(&server, NAME)).unwrap().body(large()).send().await.unwrap();
        assert_eq!(response.status(), 413, "E 108");
        assert_eq!(response.text().await.unwrap(), "no!", "E 108");
        server.marks().mark("answered");
    });
}

#[test]
fn a_request_counts_as_sent_when_nothing_of_it_is_left_with_us() {
    let mut config = authority().identity(&[NAME]).config();
    // One that came when the client is gone would be answered by a reset, which takes from us what the kernel still holds.
    config.send_tls13_tickets = 0;
    let server = serve(config, |mut secure| {
        secure.wait_for("over", secure.number);
        secure.request();
        secure.mark("read");
    });
    run(async {
        let limit = Duration::from_millis(20);
        let client = anywhere().add_root_certificate(authority().der()).send_timeout(limit).first_byte_timeout(limit);
        let client = client.build().unwrap();
        // How much the kernel holds is for this to find out: where it just fits, the last piece tells.
        let (mut fits, mut exceeds, mut calls) = (0, LARGE, 0);
        while 16 * 1024 < exceeds - fits {
            let (length, whole) = ((fits + exceeds) / 2, server.marks().count("request"));
            let body = large()[..length].to_vec();
            let error = client.post(url(&server, NAME)).unwrap().body(body).send().await.unwrap_err();
            calls += 1;
            server.marks().mark("over");
            server.marks().reached("read", calls).await;
            match error.kind() {
                Timeout(Phase::FirstByte) => {
                    assert_eq!(server.marks().count("request"), whole + 1, "F 109: of {length} bytes");
                    fits = length;
                }
                // Even so all of it may have been sent in the end, with the farewell.
                kind => {
                    assert_eq!(kind, Timeout(Phase::Send), "J 168");
                    exceeds = length;
                }
            }
        }
        assert!(0 < fits && exceeds < LARGE);
    });
}

#[test]
fn a_body_until_the_end_is_whole_only_if_the_server_says_farewell() {
    let server = trusted(|mut secure| {
        let (head, _) = secure.request().unwrap();
        secure.send("HTTP/1.1 200 OK\r\n\r\nhello");
        if head.starts_with("GET /whole ") {
            secure.farewell();
        }
    });
    run(async {
        let client = client();
        let ask = |path| client.get(format!("{}{path}", url(&server, NAME))).unwrap().send();
        assert_eq!(ask("whole").await.unwrap().text().await.unwrap(), "hello", "E 101");
        let mut cut = ask("cut").await.unwrap();
        assert_eq!(cut.chunk().await.unwrap().unwrap(), "hello", "E 102");
        assert_eq!(cut.chunk().await.unwrap_err().kind(), Incomplete, "E 102");
        assert_eq!(client.connections_opened(), 2, "E 101, E 102");
    });
}

#[test]
fn a_response_that_is_cut_short_is_an_error_with_a_farewell_or_without() {
    for (answer, kind) in [
        ("", Closed),
        ("HTTP/1.1 200 O", Incomplete),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Incomplete),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Incomplete),
    ] {
        for farewell in [false, true] {
            let server = trusted(move |mut secure| {
                secure.request();
                secure.send(answer);
                if farewell {
                    secure.farewell();
                }
            });
            run(async {
                let outcome = match client().get(url(&server, NAME)).unwrap().send().await {
                    Ok(response) => response.text().await.map(drop),
                    Err(error) => Err(error),
                };
                assert_eq!(outcome.unwrap_err().kind(), kind, "A 15, C 56, E 103: {answer:?}, farewell: {farewell}");
            });
            assert_eq!(server.connections(), 1, "F 121: {answer:?}");
        }
    }
}

#[test]
fn a_forged_record_is_an_error_behind_what_came_before_it() {
    let server = trusted(|mut secure| {
        secure.request();
        let mut records = Vec::new();
        secure.stream.conn.writer().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").unwrap();
        secure.stream.conn.write_tls(&mut records).unwrap();
        records.extend_from_slice(b"\x17\x03\x03\x00\x1aforged bytes, and no key..");
        secure.stream.sock.write_all(&records).unwrap();
        secure.wait_for("told", 1);
    });
    run(async {
        let mut response = client().get(url(&server, NAME)).unwrap().send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "hello");
        let error = response.chunk().await.unwrap_err();
        assert_eq!(error.kind(), Io);
        server.marks().mark("told");
        assert!(!error.is_connect(), "it was connected: whoever repeats must know");
    });
}

#[test]
fn records_that_come_byte_by_byte_are_put_together() {
    let server = trusted(|mut secure| {
        while secure.request().is_some() {
            let mut records = Vec::new();
            secure.stream.conn.writer().write_all(HELLO.as_bytes()).unwrap();
            secure.stream.conn.write_tls(&mut records).unwrap();
            for byte in records {
                secure.stream.sock.write_all(&[byte]).unwrap();
            }
        }
    });
    run(async {
        let client = client();
        for _ in 0..3 {
            assert_eq!(get(&client, &server).await, "hello");
        }
        assert_eq!(client.connections_opened(), 1);
    });
}

#[test]
fn keys_may_change_in_the_middle_of_a_body() {
    let config = authority().identity(&[NAME]).config_of(&[&rustls::version::TLS13]);
    let server = serve(config, |mut secure| {
        while let Some((_, body)) = secure.request() {
            secure.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
            for part in body.chunks(100_000) {
                secure.stream.conn.refresh_traffic_keys().unwrap();
                secure.send(part);
            }
        }
    });
    run(async {
        let client = client();
        let body = large()[..1_000_000].to_vec();
        for _ in 0..2 {
            let call = client.post(url(&server, NAME)).unwrap().body(Body::from(body.clone())).send();
            assert!(call.await.unwrap().bytes().await.unwrap() == body);
        }
        assert_eq!(client.connections_opened(), 1);
    });
}
