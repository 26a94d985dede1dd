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
        server("20", request(fields, HELLO), Server::Refuses(Parse));
    }
}

#[test]
fn chunked_beats_a_length_in_a_response_whose_connection_is_then_closed() {
    for fields in
        ["Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n"]
    {
        let bytes = response(fields, HELLO);
        client("21", &bytes, Client::Closes(200, b"hello"));
        let story = ask(&http::Method::GET, &[&bytes], true);
        assert!(!story.heads[0].fields.iter().any(|(name, _)| name == "content-length"), "21: {story:?}");
    }
}

#[test]
fn only_chunked_alone_is_a_coding() {
    let values: [&[u8]; 19] = [
        b"gzip",
        b"chunked, gzip",
        b"chunked\r\nTransfer-Encoding: afterlol",
        b"afterlol\r\nTransfer-Encoding: chunked",
        b"xchunked",
        b"chunkedchunked",
        b"identityx",
        b"\xa0chunked",
        b"chunked\x85",
        b"\xffchunked",
        b"chunked, chunked",
        b"chunked\r\nTransfer-Encoding: chunked",
        b",chunked",
        b"chunked,",
        b"",
        b"identity",
        b"chunked;x=1",
        b"gzip, chunked",
        b"\"chunked\"",
    ];
    for value in values {
        let fields = [b"Transfer-Encoding: ", value, b"\r\n"].concat();
        server("22-33", request(&fields, HELLO), Server::Refuses(Parse));
        client("25-37", response(&fields, HELLO), Client::Fails(Decode));
    }
}

#[test]
fn a_control_byte_in_a_coding_is_refused() {
    for value in ["\u{b}chunked", "\u{c}chunked", "chunked\0", "chun\0ked", "chunked\u{b}"] {
        both_refuse("27", format!("Transfer-Encoding: {value}\r\n"));
    }
}

#[test]
fn chunked_is_known_in_any_case_and_between_blanks() {
    for value in ["chunked", "Chunked", "CHUNKED", " chunked \t ", "\tchunked"] {
        let fields = format!("Transfer-Encoding:{value}\r\n");
        server("29", request(&fields, HELLO), Server::Serves(b"hello"));
        client("29", response(&fields, HELLO), Client::Keeps(200, b"hello"));
    }
}

#[test]
fn http_1_0_knows_no_codings() {
    for fields in [
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Connection: keep-alive\r\nTransfer-Encoding: identity\r\n",
    ] {
        server("34", format!("POST / HTTP/1.0\r\nHost: a\r\n{fields}\r\n{HELLO}"), Server::Refuses(Parse));
        client("35", format!("HTTP/1.0 200 OK\r\n{fields}\r\n{HELLO}"), Client::Fails(Parse));
    }
}

#[test]
fn a_folded_coding_is_refused_by_a_server() {
    server("36", request("Transfer-\r\nEncoding: chunked\r\n", HELLO), Server::Refuses(Parse));
    server("36", request("Transfer-Encoding:\r\n chunked\r\n", HELLO), Server::Refuses(Parse));
}
