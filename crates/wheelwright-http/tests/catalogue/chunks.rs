//! Section C: chunks and trailers.

use wheelwright_http::ErrorKind::{self, Incomplete, Parse, TooLarge};
use wheelwright_http::proto::{BodyDecoder, BodyLength};

use crate::drive::{ask, serve};
use crate::table::{Client, Server, client, request, response, server, server_cut};

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

fn whole(id: &str, body: impl AsRef<[u8]>, data: &'static [u8]) {
    server(id, request(CHUNKED, &body), Server::Serves(data));
    client(id, response(CHUNKED, &body), Client::Keeps(200, data));
}

fn broken(id: &str, body: impl AsRef<[u8]>, data: &'static [u8], kind: ErrorKind) {
    server(id, request(CHUNKED, &body), Server::FailsBody(data, kind));
    client(id, response(CHUNKED, &body), Client::FailsBody(data, kind));
}

#[test]
fn a_size_is_hex_in_any_case_with_up_to_sixteen_digits() {
    whole("C 38", "a\r\n0123456789\r\n0\r\n\r\n", b"0123456789");
    whole("C 38", "A\r\n0123456789\r\n000\r\n\r\n", b"0123456789");
    whole("C 38", "0B\r\nhello world\r\n0\r\n\r\n", b"hello world");
    whole("C 39", "0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", b"abc");
    broken("C 39", "00000000000000003\r\nabc\r\n0\r\n\r\n", b"", Parse);
    broken("C 40", "f0000000000000003\r\nabc\r\n0\r\n\r\n", b"", Parse);
    let mut long = b"aA\r\n".to_vec();
    long.extend_from_slice(&[b'x'; 170]);
    long.extend_from_slice(b"\r\n0\r\n\r\n");
    let story = serve(&[&request(CHUNKED, long)], false);
    assert_eq!((story.bodies[0].len(), story.whole), (170, 1), "C 38");
}

#[test]
fn the_largest_size_neither_allocates_nor_overflows() {
    let body = "ffffffffffffffff\r\nabc";
    server_cut("C 41", &request(CHUNKED, body), Incomplete);
    client("C 41", response(CHUNKED, body), Client::FailsBody(b"abc", Incomplete));
}

#[test]
fn a_size_that_is_no_bare_hex_number_is_refused() {
    let nines = "9".repeat(100);
    for (id, sizes) in [
        ("C 42", &[""][..]),
        ("C 43", &["0x1", "+1", "-1", "1_0", " 1", "-0x0", "\u{b}1", "g"]),
        ("C 44", &["1 ", "1\t", "1 A", "1these", "1 ;a"]),
        ("C 45", &["10\0", &nines]),
    ] {
        for size in sizes {
            broken(id, format!("{size}\r\na\r\n0\r\n\r\n"), b"", Parse);
        }
    }
}

#[test]
fn data_ends_where_its_size_says() {
    for (id, body) in [
        ("C 46", "3\r\nxxx__1a\r\n0\r\n\r\n"),
        ("C 46", "3\r\nxxx\r_1a"),
        ("C 46", "3\r\nxxx_\n1a"),
        ("C 47", "3\r\nxxx0\r\n\r\n"),
        ("C 48", "3\r\nxxx1234\r\n0\r\n\r\n"),
    ] {
        broken(id, body, b"xxx", Parse);
    }
}

#[test]
fn a_bare_line_feed_or_carriage_return_is_refused() {
    broken("C 49", "1\na\r\n0\r\n\r\n", b"", Parse);
    for body in [
        "1\r\na\n0\r\n\r\n",
        "1\r\na\r\n0\n\r\n",
        "1\r\na\r\n0\r\n\n",
        "1\r\na\r\n0\r\nx: y\n\r\n",
        "1\r\na\r\n0\r\nx: y\r\n\n",
    ] {
        broken("C 49", body, b"a", Parse);
    }
    broken("C 50", "5\rX\nhello\r\n0\r\n\r\n", b"", Parse);
    broken("C 50", "5\r\r;hello\r\n0\r\n\r\n", b"", Parse);
}

#[test]
fn well_formed_extensions_are_ignored() {
    whole("C 51", "5;a;b=c;d=\"x;y\\\"\r\\\\\"".replace('\r', "") + "\r\nhello\r\n0;last\r\n\r\n", b"hello");
    whole("C 51", "5;ext=\"some quoted string\"\r\nhello\r\n0;x=y\r\n\r\n", b"hello");
}

#[test]
fn a_bad_extension_is_refused() {
    for (id, extensions) in [
        ("C 52", &["a\nb", "a\rb", "a\0b", "a=\"\n\"", "a=\"\r\"", "a=\"\0\""][..]),
        ("C 53", &["", "bad[", "a=", "a=;b", "a=\"b\"c", "a=\"x", ";", " a"]),
    ] {
        for extension in extensions {
            broken(id, format!("5;{extension}\r\nhello\r\n0\r\n\r\n"), b"", Parse);
        }
    }
}

/// Decodes without cutting: these bodies are long, and the cutting is proven by the short ones.
fn decode(body: &[u8]) -> (usize, Option<ErrorKind>) {
    let story = ask(&http::Method::GET, &[&response(CHUNKED, body)], true);
    (story.bodies[0].len(), story.error)
}

#[test]
fn extensions_have_a_limit_over_the_whole_body() {
    let chunk = [b"1000;".as_slice(), &[b'e'; 1_000], b"\r\n", &[b'd'; 4_096], b"\r\n"].concat();
    assert_eq!(decode(&[&chunk.repeat(16), b"0\r\n\r\n".as_slice()].concat()), (16 * 4_096, None), "C 54");
    assert_eq!(decode(&chunk.repeat(17)).1, Some(TooLarge), "C 54");
    assert_eq!(decode(&[b"1;".as_slice(), &[b'e'; 17_000]].concat()).1, Some(TooLarge), "C 54");
}

#[test]
fn framing_has_a_limit_beyond_what_small_chunks_need() {
    assert_eq!(decode(&[&b"1\r\nx\r\n".repeat(100_000), b"0\r\n\r\n".as_slice()].concat()), (100_000, None), "C 55");
    assert_eq!(
        decode(&[&b"0000000000000001\r\nx\r\n".repeat(8_000), b"0\r\n\r\n".as_slice()].concat()).1,
        None,
        "C 55"
    );
    assert_eq!(decode(&b"0000000000000001\r\nx\r\n".repeat(9_000)).1, Some(TooLarge), "C 55");
}

#[test]
fn every_beginning_of_a_chunked_body_is_incomplete() {
    server_cut("C 56", &request(CHUNKED, "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n"), Incomplete);
    let head = response(CHUNKED, "");
    let body = b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nx: y\r\n\r\n";
    for end in 0..body.len() {
        let story = ask(&http::Method::GET, &[&head, &body[..end]], true);
        assert_eq!((story.error, story.whole, story.open), (Some(Incomplete), 0, false), "C 56, C 57, cut at {end}");
    }
}

#[test]
fn trailers_come_apart_from_the_head_and_keep_duplicates() {
    let body = "1\r\na\r\n0\r\nx: 1\r\nX: 2\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nHost: b\r\nAuthorization: c\r\n\r\n";
    whole("C 58", body, b"a");
    let bytes = request(CHUNKED, body);
    let story = serve(&[&bytes], false);
    let values: Vec<&[u8]> =
        story.trailers[0].iter().filter(|(name, _)| name == "x").map(|(_, value)| &value[..]).collect();
    assert_eq!(values, [b"1", b"2"], "C 58");
    assert_eq!(story.heads[0].fields.len(), 2, "C 60: {story:?}");
    assert!(story.heads[0].fields.contains(&("host".into(), b"a".into())), "C 60: {story:?}");
}

#[test]
fn trailers_have_limits() {
    let lines = |count: usize| [b"0\r\n".as_slice(), &b"a: b\r\n".repeat(count), b"\r\n"].concat();
    assert_eq!(decode(&lines(100)), (0, None), "C 59");
    assert_eq!(decode(&lines(101)).1, Some(TooLarge), "C 59");
    let long = |length: usize| [b"0\r\na: ".as_slice(), &vec![b'x'; length], b"\r\n\r\n"].concat();
    assert_eq!(decode(&long(16 * 1024 - 7)), (0, None), "C 59");
    assert_eq!(decode(&long(16 * 1024 - 6)).1, Some(TooLarge), "C 59");
}

#[test]
fn a_bad_trailer_is_refused() {
    for trailer in ["a: \0", "bad", "bad\r", "a\0: b", "a : b", ": b", " a: b", "a: b\r\n c", "a\r\n: b", "a: \u{7f}"] {
        broken("C 61", format!("1\r\na\r\n0\r\n{trailer}\r\n\r\n"), b"a", Parse);
    }
}

#[test]
fn a_partial_chunk_yields_its_data_at_once() {
    let mut decoder = BodyDecoder::new(BodyLength::Chunked);
    let piece = decoder.decode(b"10\r\nhel").expect("nothing is wrong so far");
    assert_eq!((piece.data, piece.taken, piece.ended), (4..7, 7, false), "C 62");
}
