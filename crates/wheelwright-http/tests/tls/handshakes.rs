//! Section I: who is let in.

use std::error::Error as _;
use std::io::{Read, Write};
use std::time::Duration;

use wheelwright_http::ErrorKind::{Connect, Timeout, Tls};
use wheelwright_http::{Error, Phase};

use crate::certificates::{Authority, CERTIFICATE, Identity, pem};
use crate::script::{Connection, Server, run};
use crate::secure::{HELLO, NAME, answering, anywhere, authority, client, get, serve, url};

/// The error of a GET by a client that trusts the tests' authority.
fn refusal(server: &Server, host: &str) -> Error {
    let call = client().get(url(server, host)).expect("the URL is good").send();
    run(call).expect_err("the server is not let in")
}

/// What the errors are about, from the outermost to the first.
fn story(error: &Error) -> String {
    let mut story = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        story += &format!(": {error}");
        source = error.source();
    }
    story
}

#[test]
fn a_server_that_proves_its_name_or_its_address_is_let_in() {
    let server = answering(HELLO);
    for host in [NAME, "WHEEL.test", "wheel.test.", "127.0.0.1", "user:secret@wheel.test"] {
        let response = run(async { client().get(url(&server, host)).unwrap().send().await.unwrap().text().await });
        assert_eq!(response.unwrap(), "hello", "I 161: {host}");
    }
}

#[test]
fn both_versions_of_tls_are_spoken() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = serve(authority().identity(&[NAME]).config_of(&[version]), |mut secure| {
            while secure.request().is_some() {
                secure.send(HELLO);
            }
        });
        run(async {
            let client = client();
            for _ in 0..3 {
                assert_eq!(get(&client, &server).await, "hello", "{version:?}");
            }
            assert_eq!(client.connections_opened(), 1, "{version:?}");
        });
    }
}

#[test]
fn a_certificate_that_proves_nothing_is_an_error_and_not_a_byte_is_sent() {
    let names = &[NAME, "127.0.0.1"];
    for (case, identity, host, why) in [
        ("wrong host", authority().identity(&["other.test"]), NAME, "not valid for name"),
        ("no wildcard", authority().identity(&["*.wheel.test"]), NAME, "not valid for name"),
        ("wrong address", authority().identity(&["127.0.0.2"]), "127.0.0.1", "not valid for name"),
        ("a name and no address", authority().identity(&[NAME]), "127.0.0.1", "not valid for name"),
        ("expired", authority().identity_for_years(names, 2001, 2002), NAME, "expired"),
        ("not yet valid", authority().identity_for_years(names, 2901, 2902), NAME, "not valid yet"),
        ("self-signed", Identity::self_signed(names), NAME, "UnknownIssuer"),
        ("another authority", Authority::new(2).identity(names), NAME, "UnknownIssuer"),
    ] {
        let server = serve(identity.config(), |mut secure| drop(secure.request()));
        let error = refusal(&server, host);
        assert_eq!(error.kind(), Tls, "I 161: {case}");
        assert!(error.is_connect(), "I 161: {case}");
        assert!(story(&error).contains(why), "I 161: {case}: {}", story(&error));
        server.marks().wait_for("alert", 1);
        assert_eq!(server.marks().count("request"), 0, "I 161: {case}");
    }
}

#[test]
fn a_name_that_no_certificate_can_have_is_an_error() {
    let server = answering(HELLO);
    assert_eq!(refusal(&server, "1.2").kind(), Tls);
}

/// Answers each connection's first bytes with this, and closes it.
fn saying(bytes: &'static [u8]) -> Server {
    Server::start(move |mut connection| {
        let _count = connection.stream.read(&mut [0; 4096]);
        connection.send(bytes);
    })
}

#[test]
fn a_server_without_tls_is_an_error_at_once() {
    let plain = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (case, bytes) in [
        ("a plain server", plain.as_slice()),
        ("closes", b""),
        ("half a record", b"\x16\x03\x03\x01\x00abc"),
        ("close_notify", b"\x15\x03\x03\x00\x02\x01\x00"),
        ("an alert", b"\x15\x03\x03\x00\x02\x02\x28"),
        ("zeros", &[0; 100]),
    ] {
        let server = saying(bytes);
        let error = refusal(&server, NAME);
        assert_eq!(error.kind(), Tls, "I 162: {case}");
        assert_eq!(server.connections(), 1, "I 162: {case}");
    }
    let reset = Server::start(|mut connection| {
        let _count = connection.stream.read(&mut [0]);
        connection.reset();
    });
    assert_eq!(refusal(&reset, NAME).kind(), Tls, "I 162");
}

#[test]
fn a_port_that_nobody_listens_at_is_no_matter_of_tls() {
    let error = run(async { client().get("https://127.0.0.1:1/").unwrap().send().await.unwrap_err() });
    assert_eq!(error.kind(), Connect, "I 154");
}

#[test]
fn a_handshake_without_end_has_its_limit() {
    let silent = |mut connection: Connection| connection.wait_for_close();
    let dripping = |mut connection: Connection| {
        let _count = connection.stream.read(&mut [0; 4096]);
        // The head of a record of 16 KiB, and then a byte of it at a time.
        connection.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc");
        while connection.stream.write_all(b"\x03").is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        connection.mark("closed");
    };
    // An alert that means nothing before there are keys, and an open connection.
    let parting = |mut connection: Connection| {
        connection.send(b"\x15\x03\x03\x00\x02\x01\x00");
        connection.wait_for_close();
    };
    for server in [Server::start(silent), Server::start(dripping), Server::start(parting)] {
        let kind = run(async {
            let client = anywhere().tls_timeout(Duration::from_millis(50)).max_connections_per_host(1).build().unwrap();
            let first = client.get(url(&server, NAME)).unwrap().send().await.unwrap_err().kind();
            // Its permit is free again.
            assert_eq!(client.get(url(&server, NAME)).unwrap().send().await.unwrap_err().kind(), first);
            first
        });
        assert_eq!(kind, Timeout(Phase::Tls), "I 163");
        server.marks().wait_for("closed", 2);
    }
}

#[test]
fn a_call_that_is_dropped_in_its_handshake_closes_its_connection() {
    let server = Server::start(|mut connection| {
        connection.mark("accepted");
        connection.wait_for_close();
    });
    run(async {
        let client = client();
        let call = client.get(url(&server, NAME)).unwrap().send();
        wheelwright::race(async { drop(call.await) }, server.marks().reached("accepted", 1)).await;
        server.marks().reached("closed", 1).await;
    });
}

#[test]
fn http_1_1_is_what_is_offered() {
    let mut config = authority().identity(&[NAME]).config();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = serve(config, |mut secure| {
        assert_eq!(secure.stream.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
        assert_eq!(secure.stream.conn.server_name(), Some(NAME));
        secure.request();
        secure.send(HELLO);
    });
    run(async { assert_eq!(get(&client(), &server).await, "hello") });

    let mut config = authority().identity(&[NAME]).config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    assert_eq!(refusal(&serve(config, |_| {}), NAME).kind(), Tls);
}

#[test]
fn roots_are_taken_as_text_and_as_bytes_and_rubbish_is_refused() {
    let server = answering(HELLO);
    let text =
        format!("# Two of them.\n{}{}", pem(CERTIFICATE, Authority::new(3).der()), pem(CERTIFICATE, authority().der()));
    run(async {
        let client = anywhere().add_root_certificate(text).build().unwrap();
        assert_eq!(get(&client, &server).await, "hello");
    });
    for rubbish in ["", "rubbish", "-----BEGIN CERTIFICATE-----\nrubbish", &pem(CERTIFICATE, b"rubbish")] {
        let error =
            anywhere().add_root_certificate(authority().der()).add_root_certificate(rubbish).build().unwrap_err();
        assert_eq!(error.kind(), Tls, "{rubbish:?}");
    }
}

#[test]
fn each_client_trusts_by_its_own_settings() {
    let server = answering(HELLO);
    run(async {
        let (trusting, doubting) = (client(), anywhere().build().unwrap());
        assert_eq!(get(&trusting, &server).await, "hello");
        assert_eq!(doubting.get(url(&server, NAME)).unwrap().send().await.unwrap_err().kind(), Tls, "F 123");
        assert_eq!(get(&trusting, &server).await, "hello");
    });
    assert_eq!(server.connections(), 2, "F 123");
}
