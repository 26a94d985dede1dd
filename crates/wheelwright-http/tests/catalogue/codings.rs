//! Section B: Transfer-Encoding.

use wheelwright_http::ErrorKind::{Decode, Parse};

use crate::drive::ask;
use crate::table::{Client, Server, both_refuse, client, request, response, server};

const HELLO: &str = "5\r\nhello\r\n0\r\n\r\n";

#[test]
fn chunked_beside_a_length_is_refused_by_a_server() {
    for fields in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: identity\r\n",
    ] {
        server("B 20", request(fields, HELLO), Server::Refuses(Parse));
    }
}

#[test]
fn chunked_beats_a_length_in_a_response_whose_connection_is_then_closed() {
    for fields in
        ["Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n"]
    {
        let bytes = response(fields, HELLO);
        client("B 21", &bytes, Client::Closes(200, b"hello"));
        let story = ask(&http::Method::GET, &[&bytes], true);
        assert!(!story.heads[0].fields.iter().any(|(name, _)| name == "content-length"), "B 21: {story:?}");
    }
}

#[test]
fn only_chunked_alone_is_a_coding() {
    let values: [(&str, &[u8]); 19] = [
        ("B 22", b"gzip"),
        ("B 23, B 25", b"chunked, gzip"),
        ("B 24", b"chunked\r\nTransfer-Encoding: afterlol"),
        ("B 24", b"afterlol\r\nTransfer-Encoding: chunked"),
        ("B 26", b"xchunked"),
        ("B 26", b"chunkedchunked"),
        ("B 26", b"identityx"),
        ("B 27", b"\xa0chunked"),
        ("B 27", b"chunked\x85"),
        ("B 27", b"\xffchunked"),
        ("B 28", b"chunked, chunked"),
        ("B 28", b"chunked\r\nTransfer-Encoding: chunked"),
        ("B 30", b",chunked"),
        ("B 30", b"chunked,"),
        ("B 31", b""),
        ("B 32", b"identity"),
        ("B 33", b"chunked;x=1"),
        ("B 33", b"\"chunked\""),
        ("B 37", b"gzip, chunked"),
    ];
    for (id, value) in values {
        let fields = [b"Transfer-Encoding: ", value, b"\r\n"].concat();
        server(id, request(&fields, HELLO), Server::Refuses(Parse));
        client(id, response(&fields, HELLO), Client::Fails(Decode));
    }
}

#[test]
fn a_control_byte_in_a_coding_is_refused() {
    for value in ["\u{b}chunked", "\u{c}chunked", "chunked\0", "chun\0ked", "chunked\u{b}"] {
        both_refuse("B 27", format!("Transfer-Encoding: {value}\r\n"));
    }
}

#[test]
fn chunked_is_known_in_any_case_and_between_blanks() {
    for value in ["chunked", "Chunked", "CHUNKED", " chunked \t ", "\tchunked"] {
        let fields = format!("Transfer-Encoding:{value}\r\n");
        server("B 29", request(&fields, HELLO), Server::Serves(b"hello"));
        client("B 29", response(&fields, HELLO), Client::Keeps(200, b"hello"));
    }
}

#[test]
fn http_1_0_knows_no_codings() {
    for fields in [
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Connection: keep-alive\r\nTransfer-Encoding: identity\r\n",
    ] {
        server("B 34", format!("POST / HTTP/1.0\r\nHost: a\r\n{fields}\r\n{HELLO}"), Server::Refuses(Parse));
        client("B 35", format!("HTTP/1.0 200 OK\r\n{fields}\r\n{HELLO}"), Client::Fails(Parse));
    }
}

#[test]
fn a_folded_coding_is_refused_by_a_server() {
    server("B 36", request("Transfer-\r\nEncoding: chunked\r\n", HELLO), Server::Refuses(Parse));
    server("B 36", request("Transfer-Encoding:\r\n chunked\r\n", HELLO), Server::Refuses(Parse));
}
