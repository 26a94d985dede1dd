//! Section A: Content-Length.

use http::Method;
use wheelwright_http::ErrorKind::{Incomplete, Parse};
use wheelwright_http::proto::{BodyLength, RequestReader};

use crate::table::{Client, Server, both_refuse, client, client_for, request, response, server, server_cut};

#[test]
fn a_length_that_stands_twice_is_one_value_for_a_client_and_refused_by_a_server() {
    for (id, fields) in [
        ("A 1", "Content-Length: 3\r\nContent-Length: 3\r\n"),
        ("A 3", "Content-Length: 3,3\r\n"),
        ("A 3", "Content-Length: 3, 3\r\n"),
    ] {
        server(id, request(fields, "abc"), Server::Refuses(Parse));
        client(id, response(fields, "abc"), Client::Keeps(200, b"abc"));
    }
}

#[test]
fn two_lengths_are_refused_wherever_they_stand() {
    for (id, fields) in [
        ("A 2", "Content-Length: 10\r\nContent-Length: 11\r\n"),
        ("A 4", "Content-Length: 3,4\r\n"),
        ("A 4", "Content-Length: 3,\r\n"),
    ] {
        both_refuse(id, fields);
        client(id, format!("HTTP/1.1 204 No Content\r\n{fields}\r\n"), Client::Fails(Parse));
        client(id, format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n"), Client::Fails(Parse));
        client_for(&Method::HEAD, id, response(fields, ""), Client::Fails(Parse));
    }
}

#[test]
fn what_is_no_number_is_no_length() {
    for (id, values) in [
        ("A 5", &["+5", "-6", "-0"][..]),
        ("A 6", &["0x5", "0o5", "1_0", "1 0", "6bad", "abc", "5\0", "\u{b}5", "٣"]),
        ("A 7", &[""]),
        ("A 12", &["\r-6"]),
    ] {
        for value in values {
            both_refuse(id, format!("Content-Length: {value}\r\n"));
        }
    }
    both_refuse("A 8", "Content-Length:\r\nContent-Length: 43\r\n");
    both_refuse("A 8", "Content-Length: 43\r\nContent-Length: \r\n");
}

#[test]
fn a_length_beyond_63_bits_is_refused_and_never_wraps() {
    for value in
        ["9223372036854775808", "18446744073709551616", "18446744073709551621", "184467440737095516150000000005"]
    {
        both_refuse("A 9", format!("Content-Length: {value}\r\n"));
    }
    let (_, head) = RequestReader::new()
        .read(&request("Content-Length: 9223372036854775807\r\n", ""))
        .expect("the largest legal length is accepted")
        .expect("the head is whole");
    assert_eq!(head.framing.body, BodyLength::Exact(i64::MAX as u64));
}

#[test]
fn leading_zeros_are_decimal_and_blanks_are_trimmed() {
    for (id, fields) in [
        ("A 10", "Content-Length: 0000000000000000000000003\r\n"),
        ("A 10", "Content-Length: 003\r\n"),
        ("A 11", "Content-Length: \t 3 \t\r\n"),
        ("A 11", "Content-Length:3\r\n"),
        ("A 11", "cOnTeNt-LeNgTh:\t3\r\n"),
    ] {
        server(id, request(fields, "abc"), Server::Serves(b"abc"));
        client(id, response(fields, "abc"), Client::Keeps(200, b"abc"));
    }
    server("A 10", request("Content-Length: 010\r\n", "0123456789"), Server::Serves(b"0123456789"));
}

#[test]
fn a_name_that_is_nearly_content_length_frames_nothing() {
    both_refuse("A 13", "Content-Length : 5\r\n");
    both_refuse("A 13", "Content\tLength: 5\r\n");
    server("A 14", request("Content_Length: 5\r\n", ""), Server::Serves(b""));
    client("A 14", response("Content_Length: 5\r\n", "hello!"), Client::Closes(200, b"hello!"));
}

#[test]
fn a_body_cut_short_is_incomplete_and_never_pooled() {
    server_cut("A 15", &request("Content-Length: 10\r\n", "01234"), Incomplete);
    client("A 15", response("Content-Length: 10\r\n", "01234"), Client::FailsBody(b"01234", Incomplete));
}

#[test]
fn surplus_behind_a_response_is_never_a_response() {
    client("A 16", response("Content-Length: 5\r\n", "hello!!"), Client::Closes(200, b"hello"));
    let second = response("Content-Length: 2\r\n", "no");
    client("A 16", [response("Content-Length: 5\r\n", "hello"), second].concat(), Client::Closes(200, b"hello"));
}

#[test]
fn a_huge_length_allocates_nothing_and_waits() {
    let bytes = request("Content-Length: 999999999\r\n", "");
    let story = crate::drive::serve(&[&bytes], false);
    assert_eq!((story.heads.len(), story.whole, story.error), (1, 0, None), "A 17");
    assert_eq!(story.bodies[0].capacity(), 0, "A 17");
}

#[test]
fn a_bad_length_is_not_mended_by_chunked() {
    both_refuse("A 18", "Content-Length: +3\r\nTransfer-Encoding: chunked\r\n");
    both_refuse("A 18", "Transfer-Encoding: chunked\r\nContent-Length: abc\r\n");
}

#[test]
fn bytes_behind_a_length_of_zero_are_the_next_request() {
    server("A 19", request("Content-Length: 0\r\n", ""), Server::Serves(b""));
}
