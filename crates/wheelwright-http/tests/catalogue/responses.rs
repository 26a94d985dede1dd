//! Section E: the heads of responses, and where their bodies end.

use http::Method;
use wheelwright_http::ErrorKind::{Closed, Incomplete, Parse, TooLarge};

use wheelwright_http::proto::ResponseReader;
use wheelwright_http::proto::response::header_map;

use crate::drive::ask;
use crate::table::{Client, client, client_for, response};

#[test]
fn a_reason_may_be_missing() {
    for line in ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 OK", "HTTP/1.1 200 \u{e9} or\tother"] {
        client("E 90", format!("{line}\r\nContent-Length: 0\r\n\r\n"), Client::Keeps(200, b""));
    }
}

#[test]
fn a_status_is_three_digits_from_100_to_599() {
    for status in ["1", "20", "2000", "200X", "-1", "00000000000000000200", "", "600", "999", "2 0", "+20"] {
        client("E 91", format!("HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n"), Client::Fails(Parse));
    }
    for status in ["001", "099"] {
        client("E 92", format!("HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n"), Client::Fails(Parse));
    }
}

#[test]
fn what_does_not_begin_as_a_response_is_refused() {
    for line in [
        "HEAT/1.1 200 OK",
        " 200 OK",
        " HTTP/1.1 200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/2 200 OK",
        "<html>",
    ] {
        client("E 93", format!("{line}\r\nContent-Length: 0\r\n\r\n"), Client::Fails(Parse));
    }
    client("E 93", "<html>no line end", Client::Fails(Parse));
    client("E 94", b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Client::Keeps(200, b""));
    client("E 94", b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Client::Fails(Parse));
}

#[test]
fn some_responses_are_empty_whatever_they_declare() {
    client("E 95", "HTTP/1.1 204 No Content\r\n\r\n", Client::Keeps(204, b""));
    client("E 95", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", Client::Keeps(204, b""));
    client("E 95", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Client::Closes(204, b""));
    client("E 95", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Client::Keeps(304, b""));
    client(
        "E 96",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Client::Closes(304, b""),
    );
    client("E 96", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", Client::Closes(304, b""));
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""] {
        client_for(&Method::HEAD, "E 95", response(fields, ""), Client::Keeps(200, b""));
        client_for(&Method::HEAD, "E 97", response(fields, "hello"), Client::Closes(200, b""));
    }
}

#[test]
fn interim_responses_are_passed_over() {
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 100\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 199 Odd\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        client("E 98", format!("{interim}{last}"), Client::Keeps(200, b"hi"));
        client("E 98", interim, Client::Fails(Incomplete));
    }
    let endless = "HTTP/1.1 102 Processing\r\n\r\n".repeat(3_000);
    assert_eq!(ask(&Method::GET, &[endless.as_bytes()], false).error, Some(TooLarge), "E 99");
    let pieces: Vec<&[u8]> = endless.as_bytes().chunks(100).collect();
    assert_eq!(ask(&Method::GET, &pieces, false).error, Some(TooLarge), "E 99");
    client("E 100", format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{last}"), Client::Fails(Parse));
}

#[test]
fn a_response_without_framing_lasts_until_the_close() {
    client("E 101", response("", "until the end"), Client::Closes(200, b"until the end"));
    client("E 101", response("Connection: keep-alive\r\n", ""), Client::Closes(200, b""));
}

#[test]
fn an_early_end_says_how_far_the_response_came() {
    let bytes = response("Content-Length: 0\r\n", "");
    assert_eq!(ask(&Method::GET, &[], true).error, Some(Closed), "E 103");
    for end in 1..bytes.len() {
        let story = ask(&Method::GET, &[&bytes[..end]], true);
        assert_eq!((story.error, story.open), (Some(Incomplete), false), "E 103, cut at {end}");
    }
}

#[test]
fn a_second_response_is_never_delivered() {
    let first = response("Content-Length: 2\r\n", "hi");
    let both = [&first[..], &first[..]].concat();
    client("E 104", &both, Client::Closes(200, b"hi"));
    assert_eq!(ask(&Method::GET, &[&both], true).heads.len(), 1, "E 104");
}

#[test]
fn a_head_has_limits() {
    let error = |bytes: &[u8]| ask(&Method::GET, &[bytes], false).error;
    assert_eq!(error(&response("x: y\r\n".repeat(100), "")), None, "E 105");
    assert_eq!(error(&response("x: y\r\n".repeat(101), "")), Some(TooLarge), "E 105");
    assert_eq!(error(&response(format!("x: {}\r\n", "y".repeat(70_000)), "")), Some(TooLarge), "E 105");
    assert_eq!(error(format!("HTTP/1.1 200 {}", "y".repeat(70_000)).as_bytes()), Some(TooLarge), "E 105");
}

#[test]
fn a_connection_is_kept_only_if_nobody_says_close() {
    let with = |version: &str, fields: &str| format!("HTTP/{version} 200 OK\r\nContent-Length: 2\r\n{fields}\r\nhi");
    for fields in [
        "Connection: close\r\n",
        "Connection: foo, Close, bar\r\n",
        "Connection: keep-alive\r\nConnection: a,close\r\n",
    ] {
        client("F 110", with("1.1", fields), Client::Closes(200, b"hi"));
    }
    client("F 110", with("1.1", "Connection: closed, not-close\r\n"), Client::Keeps(200, b"hi"));
    client("F 111", with("1.0", ""), Client::Closes(200, b"hi"));
    client("F 111", with("1.0", "Connection: Keep-Alive\r\n"), Client::Keeps(200, b"hi"));
    client("F 111", with("1.0", "Connection: keep-alive, close\r\n"), Client::Closes(200, b"hi"));
}

#[test]
fn every_head_that_is_read_makes_a_map() {
    for length in [65_534, 65_535, 65_536, 200_000] {
        let bytes = response(format!("{}: x\r\n", "n".repeat(length)), "");
        let mut reader = ResponseReader::new(&Method::GET).max_head(1 << 20);
        match reader.read(&bytes) {
            Ok(head) => {
                let head = head.expect("the head is whole").1.bytes.into_owned().into();
                assert_eq!(header_map(&head).expect("the head was read").len(), 1, "a name of {length}");
            }
            Err(error) => assert_eq!((error.kind(), 65_535 < length), (TooLarge, true), "a name of {length}"),
        }
    }
}
