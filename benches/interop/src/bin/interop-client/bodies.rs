//! Turns pages into the same bytes, whether their length is declared or their end marked.

use http::Method;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use wheelwright_benches_interop::agreement::page;
use wheelwright_http::Body;

use crate::asking::Asking;

/// Lengths on both sides of the buffers of either party; a server of files has just these.
const LENGTHS: [usize; 6] = [0, 1, 1_000, 65_536, 300_000, 5_000_000];

pub(crate) async fn bytes(asking: &Asking) {
    for length in LENGTHS {
        let path = format!("/bytes/{length}");
        let headers = asking.get(&path, &page(length)).await;
        assert_eq!(headers[CONTENT_LENGTH], length.to_string().as_str());
        let head = asking.ask(Method::HEAD, &path, &[], Body::empty()).await.is(&path, 200, b"");
        // RFC 9110 section 8.6: it may tell what a GET would bring, but nothing else.
        let told = head.headers.get(CONTENT_LENGTH);
        assert!(told.is_none_or(|told| *told == length.to_string()), "{path}: {told:?}");
    }
    assert_eq!(asking.ask(Method::GET, "/bytes/none", &[], Body::empty()).await.status, 404);
}

pub(crate) async fn chunks(asking: &Asking) {
    for length in LENGTHS {
        let headers = asking.get(&format!("/chunks/{length}"), &page(length)).await;
        // A server may find out in time that there is nothing.
        assert!(headers.get(TRANSFER_ENCODING).map_or(length == 0, |coding| coding == "chunked"), "{headers:?}");
    }
}
