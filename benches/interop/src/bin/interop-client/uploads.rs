//! Turns bodies, whole and in pieces, into sums that the server has made of them.

use std::convert::Infallible;

use bytes::Bytes;
use http::Method;
use wheelwright::stream::{self, StreamExt};
use wheelwright_benches_interop::agreement::{Sum, page, pieces};
use wheelwright_http::Body;

use crate::asking::Asking;

pub(crate) async fn sums(asking: &Asking) {
    for length in [0, 1, 1_000, 300_000, 5_000_000] {
        let body = page(length);
        let sum = Sum::of(&body);
        for sent in [Body::full(body.clone()), streamed(body)] {
            asking.ask(Method::POST, "/sum", &[], sent).await.is("/sum", 200, sum.as_bytes());
        }
    }
    let body = page(5_000_000);
    let declared = [("content-length", "5000000")];
    let sum = Sum::of(&body);
    asking.ask(Method::PUT, "/sum", &declared, streamed(body)).await.is("/sum", 200, sum.as_bytes());
    // What nobody reads stands between this reply and the next.
    asking.ask(Method::POST, "/status/200", &[], Body::full(page(1_000))).await.is("/status/200", 200, b"200");
    asking.get("/bytes/1000", &page(1_000)).await;
}

/// What comes back while it is still being sent.
pub(crate) async fn echo(asking: &Asking) {
    for length in [0, 1, 300_000] {
        let body = page(length);
        for sent in [Body::full(body.clone()), streamed(body.clone())] {
            asking.ask(Method::POST, "/echo", &[], sent).await.is("/echo", 200, &body);
        }
    }
}

/// A server that refuses in the middle is heard, and the next one of its connections is sound.
pub(crate) async fn refused(asking: &Asking) {
    for sent in [Body::full(page(20_000_000)), streamed(page(20_000_000))] {
        let reply = asking.ask(Method::POST, "/refused", &[], sent).await;
        assert_eq!(reply.status, 413);
        asking.get("/bytes/1000", &page(1_000)).await;
    }
}

fn streamed(body: Bytes) -> Body {
    Body::stream(stream::iter(pieces(body)).map(Ok::<_, Infallible>))
}
