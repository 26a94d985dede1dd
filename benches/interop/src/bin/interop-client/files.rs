//! Turns what nginx does with files into the bytes that are in them: parts, packed, without an end, in place of others.

use std::time::Duration;

use http::Method;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, TRANSFER_ENCODING};
use wheelwright::time::sleep;
use wheelwright_benches_interop::agreement::page;
use wheelwright_http::Body;

use crate::asking::Asking;

pub(crate) async fn ranges(asking: &Asking) {
    let (path, whole) = ("/bytes/65536", page(65_536));
    let ask = async |field, value| asking.ask(Method::GET, path, &[(field, value)], Body::empty()).await;
    let part = ask("range", "bytes=100-199").await.is(path, 206, &whole[100..200]);
    assert_eq!(part.headers[CONTENT_RANGE], "bytes 100-199/65536");
    assert_eq!(ask("range", "bytes=70000-").await.status, 416);
    let tag = part.headers[ETAG].to_str().expect("a tag is text").to_owned();
    ask("if-none-match", &tag).await.is(path, 304, b"");
    ask("if-match", "\"another\"").await.is(path, 412, b"the error page of 412\n");
}

/// What comes packed is unpacked, and says nothing of having been so.
pub(crate) async fn gzip(asking: &Asking) {
    for length in [0, 1_000, 65_536, 5_000_000] {
        let path = format!("/packed/{length}");
        let headers = asking.get(&path, &page(length)).await;
        assert!(!headers.contains_key(CONTENT_ENCODING));
        let plain = asking.ask(Method::GET, &path, &[("accept-encoding", "identity")], Body::empty()).await;
        assert_eq!(plain.headers[CONTENT_LENGTH], length.to_string().as_str());
        let wanted = asking.ask(Method::GET, &path, &[("accept-encoding", "gzip")], Body::empty()).await;
        let is_packed = wanted.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        assert_eq!(is_packed, 0 < length, "whoever asks for it gets it as it is");
    }
}

/// Bodies that end with their connection.
pub(crate) async fn unframed(asking: &Asking) {
    for length in [1, 1_000, 300_000] {
        let headers = asking.get(&format!("/unframed/{length}"), &page(length)).await;
        assert!(!headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING));
    }
}

pub(crate) async fn error_pages(asking: &Asking) {
    for (path, status) in [("/bytes/none", 404), ("/failing", 500), ("/nobody", 502)] {
        let page = format!("the error page of {status}\n");
        asking.ask(Method::GET, path, &[], Body::empty()).await.is(path, status, page.as_bytes());
    }
}

/// A connection that the server closes while nobody uses it is not used again.
pub(crate) async fn idle(asking: &Asking) {
    let mut connections = Vec::new();
    for _ in 0..3 {
        let reply = asking.ask(Method::POST, "/idle", &[], Body::full("a POST is never sent twice")).await;
        connections.push(reply.is("/idle", 200, b"idle").connection().to_owned());
        sleep(Duration::from_millis(200)).await;
    }
    connections.dedup();
    assert_eq!(connections.len(), 3);
}
