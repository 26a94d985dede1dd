//! Section D: the heads of requests, and what both kinds of heads have in common.

use wheelwright_http::ErrorKind::{Parse, TooLarge};
use wheelwright_http::proto::RequestReader;

use crate::drive::{ask, serve};
use crate::table::{Client, Server, client, response, server};

const OK: Server = Server::Serves(b"");
const REFUSED: Server = Server::Refuses(Parse);

/// A GET of `/` with these lines behind its Host.
fn get(lines: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: a\r\n", lines.as_ref(), b"\r\n"].concat()
}

fn both(id: &str, lines: impl AsRef<[u8]>) {
    server(id, get(&lines), REFUSED);
    client(id, response(&lines, ""), Client::Fails(Parse));
}

#[test]
fn a_line_ends_with_both_its_bytes() {
    for (id, bytes) in [
        ("D 64", "GET / HTTP/1.1\nHost: a\n\n"),
        ("D 64", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
        ("D 64", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        ("D 64", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        ("D 64", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("D 77", "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n"),
        ("D 65", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
        ("D 65", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
        ("D 66", "GET / HTTP/1.1\r\nHost: a\r\n\rZ"),
        ("D 66", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"),
    ] {
        server(id, bytes, REFUSED);
    }
    for (id, lines) in [
        ("D 64", "x: a\ny: b\r\n"),
        ("D 65", "x: a\ry: b\r\n"),
        ("D 65", "x: a\r\r\n"),
        ("D 65", "x\r: a\r\n"),
        ("D 65", "x: a\r\r\n b\r\n"),
        ("D 66", "x: a\r\n\rZ"),
        ("D 66", "\r\r\n"),
    ] {
        both(id, lines);
    }
}

#[test]
fn control_bytes_in_a_value_are_refused_and_high_bytes_kept() {
    for byte in (0..32).filter(|byte| !b"\t\r\n".contains(byte)).chain([0x7F]) {
        both("D 67", [b"x: a".as_slice(), &[byte], b"b\r\n"].concat());
        both("D 67", [b"x:".as_slice(), &[byte], b"\r\n"].concat());
    }
    let high: Vec<u8> = (0x80..=0xFF).collect();
    let lines = [b"x: ".as_slice(), &high, b"\r\n"].concat();
    server("D 67", get(&lines), OK);
    client("D 67", response(&lines, ""), Client::Closes(200, b""));
    assert_eq!(serve(&[&get(&lines)], false).heads[0].fields[1].1, high, "D 67");
    assert_eq!(ask(&http::Method::GET, &[&response(&lines, "")], true).heads[0].fields[0].1, high, "D 67");
}

#[test]
fn a_nul_truncates_nothing() {
    both("D 68", "Content-Length: 3\0\r\n");
    both("D 68", "x\0y: a\r\n");
    server("D 68", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED);
}

#[test]
fn a_name_is_a_token() {
    for name in ["a b", "a\tb", "a\0b", "a\u{e9}", "a@", "a{", "", "/", "a[", "\"a\"", "a\u{7f}", "(a)", "a,b"] {
        both("D 69", format!("{name}: x\r\n"));
    }
    both("D 69", "no colon\r\n");
    both("D 69", "nocolon\r\n");
    server("D 69", get("!#$%&'*+-.^_`|~09azAZ: x\r\n"), OK);
    both("D 70", "Foo : x\r\n");
    both("D 70", "Foo\t: x\r\n");
}

#[test]
fn a_fold_is_refused_in_a_request_and_joined_in_a_response() {
    server("D 71", get("x: a\r\n b\r\n"), REFUSED);
    server("D 71", get("x: a\r\n\tb\r\n"), REFUSED);
    let bytes = response("x: a \r\n \tb\r\nContent-Length:\r\n 2\r\n", "hi");
    client("D 72", &bytes, Client::Keeps(200, b"hi"));
    assert_eq!(ask(&http::Method::GET, &[&bytes], true).heads[0].fields[0], ("x".into(), b"a b".into()), "D 72");
}

#[test]
fn a_blank_before_the_first_field_is_refused() {
    server("D 73", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", REFUSED);
    server("D 73", "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", REFUSED);
    client("D 73", response(" x: a\r\n", ""), Client::Fails(Parse));
    client("D 73", response("\tx: a\r\n", ""), Client::Fails(Parse));
}

#[test]
fn the_request_line_has_one_shape() {
    for (id, line) in [
        ("D 74", "GET  / HTTP/1.1"),
        ("D 74", "GET /  HTTP/1.1"),
        ("D 74", "GET\t/ HTTP/1.1"),
        ("D 74", "GET /\tHTTP/1.1"),
        ("D 74", " GET / HTTP/1.1"),
        ("D 74", "GET / HTTP/1.1 "),
        ("D 74", "GET  HTTP/1.1"),
        ("D 74", "GET HTTP/1.1"),
        ("D 75", "GET /a b HTTP/1.1"),
        ("D 75", "GET /a\0 HTTP/1.1"),
        ("D 75", "GET /a\u{7f} HTTP/1.1"),
        ("D 75", "GET /\u{e9} HTTP/1.1"),
        ("D 76", "GET /a#frag HTTP/1.1"),
        ("D 76", "GET /#frag HTTP/1.1"),
    ] {
        server(id, format!("{line}\r\nHost: a\r\n\r\n"), REFUSED);
    }
}

#[test]
fn the_version_is_1_0_or_1_1() {
    for version in [
        "HTTP/1",
        "HTTP/01.01",
        "HTTP/ 1.1",
        "http/1.1",
        "HTTP/1.32",
        "HTTP/5.6",
        "HTTP/1.2",
        "HTTP/2.0",
        "HTTP/1.",
        "HTTP/1.1x",
        "ICE/1.0",
        "HTTP-1.1",
    ] {
        server("D 78", format!("GET / {version}\r\nHost: a\r\n\r\n"), REFUSED);
    }
    server("D 79", "GET /\r\n\r\n", REFUSED);
    server("D 79", "GET /\r\nHost: a\r\n\r\n", REFUSED);
    server("D 80", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED);
    server("D 78", "GET / HTTP/1.0\r\n\r\n", Server::ServesLast(b""));
    server("D 78", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", OK);
}

#[test]
fn four_empty_lines_may_stand_before_a_request() {
    server("D 81", format!("{}GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n".repeat(4)), OK);
    server("D 81", format!("{}GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n".repeat(5)), REFUSED);
}

#[test]
fn the_method_is_a_token() {
    for method in ["G ET", "G\tT", "G\0T", ":GET", "GET/", "G@T", "", "G\u{e9}T"] {
        server("D 82", format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"), REFUSED);
    }
    server("D 82", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", OK);
    let story = serve(&[b"get / HTTP/1.1\r\nHost: a\r\n\r\n"], false);
    assert_eq!(story.heads[0].first, "get / HTTP/1.1", "D 82: methods keep their case");
}

#[test]
fn there_is_exactly_one_host() {
    server("D 83", "GET / HTTP/1.1\r\n\r\n", REFUSED);
    server("D 83", "GET / HTTP/1.0\r\n\r\n", Server::ServesLast(b""));
    server("D 83", get("Host: a\r\n"), REFUSED);
    server("D 83", get("hOST: b\r\n"), REFUSED);
    server("D 83", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", REFUSED);
    server("D 83", "GET http://a/ HTTP/1.1\r\n\r\n", REFUSED);
    let hosts: [&[u8]; 13] = [
        b"a,b", b"u@h", b"h/p", b"\x06", b"\xff", b"{", b"a b", b"a:b", b"a:65536", b"[::1", b"[::x]", b"h?q",
        b"[::1]x",
    ];
    for host in hosts {
        server("D 84", [b"GET / HTTP/1.1\r\nHost: ", host, b"\r\n\r\n"].concat(), REFUSED);
    }
    server("D 85", "GET / HTTP/1.1\r\nHost:\r\n\r\n", REFUSED);
    server("D 85", "GET / HTTP/1.1\r\nHost: \r\n\r\n", REFUSED);
    for host in ["a", "a.b-c:80", "127.0.0.1:8080", "[::1]", "[::1]:80", "xn--bcher-kva.example", "a_b"] {
        server("D 84", format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), OK);
    }
}

#[test]
fn an_absolute_target_beats_the_host() {
    let bytes = b"GET http://b:81/c?d HTTP/1.1\r\nHost: a\r\n\r\n";
    server("D 86", bytes, OK);
    let head = &serve(&[bytes], false).heads[0];
    assert_eq!(head.first, "GET http://b:81/c?d HTTP/1.1", "D 86");
    assert_eq!(head.fields, [("host".into(), b"b:81".into())], "D 86");
    for target in
        ["http://u@b/", "http://b:99999/", "http:///", "ftp://b/", "b", "b:80", "http://", "http://b,c/", "http://b#f"]
    {
        server("D 86", format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"), REFUSED);
    }
}

#[test]
fn the_asterisk_is_for_options_and_connect_is_for_nobody() {
    server("D 87", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", OK);
    server("D 87", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED);
    let error = RequestReader::new().read(b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").expect_err("D 87");
    assert_eq!(error.answer(), 501, "D 87");
}

#[test]
fn what_is_encoded_in_a_target_stays_encoded() {
    for target in ["/a%00b", "/a%0d%0aX:%20y", "/%2e%2e/%2f", "/..//.", "/a?b=c|{}"] {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        server("D 88", &bytes, OK);
        assert_eq!(serve(&[bytes.as_bytes()], false).heads[0].first, format!("GET {target} HTTP/1.1"), "D 88");
    }
}

#[test]
fn a_tls_client_hello_is_refused_at_its_first_byte() {
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    server("D 89", hello, REFUSED);
    assert_eq!(serve(&[&hello[..1]], false).error, Some(Parse), "D 89");
}

#[test]
fn a_head_has_limits_and_the_answer_names_which() {
    let answer = |bytes: &[u8]| {
        RequestReader::new().read(bytes).map(|head| head.is_some()).map_err(|e| (e.kind(), e.answer().as_u16()))
    };
    assert_eq!(answer(&get("x: y\r\n".repeat(99))), Ok(true), "E 105");
    assert_eq!(answer(&get("x: y\r\n".repeat(100))), Err((TooLarge, 431)), "E 105");
    let fill = |length: usize| format!("x: {}\r\n", "y".repeat(length - get("x: \r\n").len()));
    assert_eq!(answer(&get(fill(64 * 1024))), Ok(true), "E 105");
    assert_eq!(answer(&get(fill(64 * 1024 + 1))), Err((TooLarge, 431)), "E 105");
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "y".repeat(70_000));
    assert_eq!(answer(long.as_bytes()), Err((TooLarge, 414)), "K 184");
    assert_eq!(answer(&long.as_bytes()[..66_000]), Err((TooLarge, 414)), "K 184");
    let endless = [b"GET / HTTP/1.1\r\nHost: a\r\n".as_slice(), &[b'n'; 66_000]].concat();
    assert_eq!(answer(&endless), Err((TooLarge, 431)), "K 185: no more of it is waited for");
}
