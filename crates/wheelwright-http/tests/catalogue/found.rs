//! What the fuzzers found, each as the input that showed it, and what it taught.

use http::Method;
use wheelwright_http::ErrorKind::{BadUrl, TooLarge};
use wheelwright_http::proto::{RequestReader, ResponseReader};
use wheelwright_http::url::{Url, resolve};

/// Each head had the limit for itself: with interim ones before it a response could have nearly twice as much.
#[test]
fn interim_and_final_heads_share_one_limit() {
    let bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let read = |limit: usize, buf: &[u8]| {
        let head = ResponseReader::new(&Method::GET).max_head(limit).read(buf).map_err(|error| error.kind());
        head.map(|found| found.map(|(taken, head)| (taken, head.status.as_u16())))
    };
    assert_eq!(read(bytes.len(), bytes), Ok(Some((bytes.len(), 200))), "E 99, E 105");
    assert_eq!(read(bytes.len() - 1, bytes), Err(TooLarge), "E 99, E 105");
    assert_eq!(read(50, &bytes[..51]), Err(TooLarge), "E 99, E 105: before the final head is whole");
    assert_eq!(read(51, &bytes[..51]), Ok(None), "E 99, E 105");
}

/// An empty line before a head counts, so that the limit is the same however the bytes come.
#[test]
fn empty_lines_before_a_head_are_within_its_limit() {
    let bytes = b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let read = |limit: usize| RequestReader::new().max_head(limit).read(bytes).map_err(|error| error.kind());
    assert!(read(bytes.len()).is_ok_and(|head| head.is_some()), "D 81, E 105");
    assert_eq!(read(bytes.len() - 1).map(|head| head.is_some()), Err(TooLarge), "D 81, E 105");
}

/// A browser takes the backslash for a slash and goes to `a`; we went to `b`.
#[test]
fn a_backslash_before_the_host_is_a_bad_url() {
    for text in ["http://a\\@b/", "http://a\\b:c@d", "https://\\@b/", "http://a\0@b/", "http://a\r\n@b/"] {
        assert_eq!(Url::parse(text).expect_err(text).kind(), BadUrl, "H 150, G 141: {text:?}");
    }
    assert!(Url::parse("http://a@b/\\@c").is_ok_and(|url| url.host == "b"), "behind the host it is a byte of the path");
}

/// The `url` crate took `P:` for a drive of Windows, which no dots lead out of; under http it is none.
#[test]
fn a_letter_with_a_colon_is_a_segment_like_others() {
    assert_eq!(resolve("http://h/a", "b/P:/../"), "http://h/b/", "G 138");
}

/// Browsers resolve a base first and would go to `/a/c` here; RFC 3986 section 5.2.3 takes it as it stands.
#[test]
fn dots_at_the_end_of_a_base_are_a_segment_like_others() {
    assert_eq!(resolve("http://h/a/b/..?q", "c"), "http://h/a/b/c", "G 138");
    // An empty host is nobody's: browsers go on to the path for one, we refuse.
    let hostless = resolve("http://u@a/u", "HTTPS:///../c");
    assert!(Url::parse(&hostless).is_err(), "G 139: {hostless}");
}
