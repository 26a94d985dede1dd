//! Sections H and K, as far as they are about the bytes that are sent.

use http::{HeaderMap, Method, StatusCode, Version, header};
use wheelwright_http::ErrorKind::{Incomplete, Parse, TooLarge};
use wheelwright_http::proto::{Answering, BodyEncoder, BodyLength, BodySize, RequestParts};
use wheelwright_http::{Error, ErrorKind};

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(*name, header::HeaderValue::from_static(value));
    }
    map
}

fn request(
    method: Method,
    target: &str,
    fields: &[(&'static str, &'static str)],
    body: BodySize,
) -> Result<String, Error> {
    let mut out = Vec::new();
    RequestParts { method: &method, target, host: "h:81", headers: &headers(fields), body }.write_head(&mut out)?;
    Ok(String::from_utf8(out).expect("the head is ASCII"))
}

#[test]
fn a_request_without_a_body_declares_none() {
    for method in [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS] {
        let head = request(method.clone(), "/", &[], BodySize::None).expect("H 145");
        assert_eq!(head, format!("{method} / HTTP/1.1\r\nHost: h:81\r\n\r\n"), "H 145");
    }
    let head = request(Method::POST, "/", &[], BodySize::None).expect("H 145");
    assert_eq!(head, "POST / HTTP/1.1\r\nHost: h:81\r\ncontent-length: 0\r\n\r\n", "H 145");
    let head = request(Method::POST, "/", &[], BodySize::Unknown).expect("H 145");
    assert_eq!(head, "POST / HTTP/1.1\r\nHost: h:81\r\ntransfer-encoding: chunked\r\n\r\n", "H 145");
}

#[test]
fn the_users_framing_agrees_with_the_body_and_is_written_once() {
    let good = [
        (&[("content-length", "3")][..], BodySize::Exact(3), "content-length: 3\r\n"),
        (&[("content-length", "3")], BodySize::Unknown, "content-length: 3\r\n"),
        (&[("content-length", "0")], BodySize::None, "content-length: 0\r\n"),
        (&[("transfer-encoding", "chunked")], BodySize::Unknown, "transfer-encoding: chunked\r\n"),
    ];
    for (fields, body, framing) in good {
        let head = request(Method::PUT, "/", fields, body).expect("H 147");
        assert_eq!(head, format!("PUT / HTTP/1.1\r\nHost: h:81\r\n{framing}\r\n"), "H 147");
    }
    let bad = [
        (&[("content-length", "4")][..], BodySize::Exact(3)),
        (&[("content-length", "4")], BodySize::None),
        (&[("content-length", "+3")], BodySize::Exact(3)),
        (&[("content-length", "3"), ("content-length", "3")], BodySize::Exact(3)),
        (&[("transfer-encoding", "chunked")], BodySize::Exact(3)),
        (&[("transfer-encoding", "chunked")], BodySize::None),
        (&[("transfer-encoding", "gzip")], BodySize::Unknown),
        (&[("transfer-encoding", "chunked"), ("content-length", "3")], BodySize::Unknown),
        (&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], BodySize::Unknown),
    ];
    for (fields, body) in bad {
        assert_eq!(
            request(Method::PUT, "/", fields, body).expect_err("H 147").kind(),
            Parse,
            "H 147: {fields:?} {body:?}"
        );
    }
}

#[test]
fn there_is_one_host_and_an_origin_form() {
    let head = request(Method::GET, "/a?b", &[("host", "other"), ("x", "y")], BodySize::None).expect("H 148");
    assert_eq!(head, "GET /a?b HTTP/1.1\r\nHost: other\r\nx: y\r\n\r\n", "H 148");
    assert_eq!(
        request(Method::GET, "?q", &[], BodySize::None).expect("H 149"),
        "GET /?q HTTP/1.1\r\nHost: h:81\r\n\r\n"
    );
    assert_eq!(request(Method::GET, "", &[], BodySize::None).expect("H 149"), "GET / HTTP/1.1\r\nHost: h:81\r\n\r\n");
    for fields in [&[("host", "a"), ("host", "a")][..], &[("host", "u@a")], &[("host", "a,b")], &[("host", "")]] {
        assert_eq!(request(Method::GET, "/", fields, BodySize::None).expect_err("H 148").kind(), Parse, "H 148");
    }
    for target in ["/a b", "/\r\nX: y", "/\0", "/\u{e9}"] {
        assert_eq!(request(Method::GET, target, &[], BodySize::None).expect_err("H 144").kind(), Parse, "H 144");
    }
    assert_eq!(request(Method::CONNECT, "/", &[], BodySize::None).expect_err("H 144").kind(), Parse, "H 144");
}

fn body(length: BodyLength, runs: &[&str]) -> Result<String, ErrorKind> {
    let (mut encoder, mut out) = (BodyEncoder::new(length), Vec::new());
    for run in runs {
        encoder.write(run.as_bytes(), &mut out).map_err(|error| error.kind())?;
    }
    encoder.finish(&mut out).map_err(|error| error.kind())?;
    Ok(String::from_utf8(out).expect("the runs are text"))
}

#[test]
fn a_body_is_as_long_as_declared() {
    assert_eq!(body(BodyLength::Exact(5), &["he", "", "llo"]), Ok("hello".into()), "H 146");
    assert_eq!(body(BodyLength::Exact(5), &["hell"]), Err(Incomplete), "H 146");
    assert_eq!(body(BodyLength::Exact(5), &["hello", "!"]), Err(TooLarge), "H 146");
    assert_eq!(body(BodyLength::UntilClose, &["he", "llo"]), Ok("hello".into()), "H 146");
}

#[test]
fn an_empty_run_never_ends_a_chunked_body() {
    let runs = ["hello", "", "0123456789abcdef0"];
    assert_eq!(
        body(BodyLength::Chunked, &runs),
        Ok("5\r\nhello\r\n11\r\n0123456789abcdef0\r\n0\r\n\r\n".into()),
        "H 151"
    );
    assert_eq!(body(BodyLength::Chunked, &[]), Ok("0\r\n\r\n".into()), "H 151");
}

const CLIENT: Answering = Answering { version: Version::HTTP_11, head: false, keep_alive: true };

fn answer(
    to: Answering,
    status: u16,
    fields: &[(&'static str, &'static str)],
    size: BodySize,
) -> (String, BodyLength, bool) {
    let (status, mut out) = (StatusCode::from_u16(status).expect("a status of the table"), Vec::new());
    let (encoder, lives) =
        to.write_head(&mut out, status, &headers(fields), size, Some(b"now")).expect("the head can be sent");
    (String::from_utf8(out).expect("the head is ASCII"), encoder.length(), lives)
}

#[test]
fn a_response_declares_its_body_as_the_client_understands_it() {
    let (head, length, lives) = answer(CLIENT, 200, &[("x", "y")], BodySize::Exact(2));
    assert_eq!(head, "HTTP/1.1 200 OK\r\nx: y\r\ndate: now\r\ncontent-length: 2\r\n\r\n");
    assert_eq!((length, lives), (BodyLength::Exact(2), true));
    let (head, length, lives) = answer(CLIENT, 200, &[("date", "then")], BodySize::Unknown);
    assert_eq!(head, "HTTP/1.1 200 OK\r\ndate: then\r\ntransfer-encoding: chunked\r\n\r\n", "K 193");
    assert_eq!((length, lives), (BodyLength::Chunked, true));

    let old = Answering { version: Version::HTTP_10, ..CLIENT };
    let (head, length, lives) = answer(old, 200, &[("transfer-encoding", "chunked")], BodySize::Unknown);
    assert_eq!(head, "HTTP/1.1 200 OK\r\ndate: now\r\nconnection: close\r\n\r\n", "K 177");
    assert_eq!((length, lives), (BodyLength::UntilClose, false), "K 177");
    let (head, ..) = answer(old, 200, &[], BodySize::Exact(1));
    assert_eq!(head, "HTTP/1.1 200 OK\r\ndate: now\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\n", "K 177");
}

#[test]
fn head_204_and_304_send_no_body() {
    for status in [204, 304] {
        let (head, length, lives) = answer(CLIENT, status, &[("content-length", "5")], BodySize::Exact(5));
        assert!(!head.contains("content-length"), "K 175: {head}");
        assert_eq!((length, lives), (BodyLength::Exact(0), true), "K 175");
    }
    let to_head = Answering { head: true, ..CLIENT };
    for (fields, size, framing) in [
        (&[][..], BodySize::Exact(5), "content-length: 5\r\n"),
        (&[("content-length", "9")], BodySize::None, "content-length: 9\r\n"),
        (&[], BodySize::Unknown, "transfer-encoding: chunked\r\n"),
        (&[], BodySize::None, ""),
    ] {
        let (head, length, lives) = answer(to_head, 200, fields, size);
        assert_eq!(head, format!("HTTP/1.1 200 OK\r\ndate: now\r\n{framing}\r\n"), "K 175");
        assert_eq!((length, lives), (BodyLength::Exact(0), true), "K 175");
    }
}

#[test]
fn whoever_closes_says_so_once() {
    let (head, _, lives) = answer(Answering { keep_alive: false, ..CLIENT }, 200, &[], BodySize::None);
    assert_eq!((head.matches("connection: close").count(), lives), (1, false));
    let (head, _, lives) = answer(CLIENT, 200, &[("connection", "x, close")], BodySize::None);
    assert_eq!((head.matches("close").count(), lives), (1, false));
}

#[test]
fn a_response_that_contradicts_its_body_is_an_error() {
    for (status, fields, size) in [
        (200, &[("content-length", "4")][..], BodySize::Exact(3)),
        (200, &[("transfer-encoding", "gzip")], BodySize::Unknown),
        (101, &[], BodySize::None),
    ] {
        let status = StatusCode::from_u16(status).expect("a status of the table");
        let error = CLIENT.write_head(&mut Vec::new(), status, &headers(fields), size, None).expect_err("H 147");
        assert_eq!(error.kind(), Parse, "H 147");
    }
}
