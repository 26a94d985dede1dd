//! Turns what comes beside a body, or in place of one, into events, trailers, and responses behind others.

use http::Method;
use http::header::CONTENT_TYPE;
use wheelwright::stream::StreamExt;
use wheelwright_benches_interop::agreement::{Sum, TRAILER, page};
use wheelwright_http::Body;

use crate::asking::Asking;

pub(crate) async fn events(asking: &Asking) {
    let response = asking.send(Method::GET, "/events/50", &[], Body::empty()).await.expect("it answers");
    assert_eq!(
        response.headers()[CONTENT_TYPE].as_bytes().split(|byte| *byte == b';').next(),
        Some(&b"text/event-stream"[..])
    );
    let mut events = response.events();
    for number in 0..50 {
        let event = events.next().await.expect("it is one of fifty").expect("it comes whole");
        let told = (event.id().unwrap_or_default(), event.data());
        assert_eq!(told, (&*number.to_string(), &*format!("event {number}")));
    }
    assert!(events.next().await.is_none(), "the stream has ended");
    // Who has heard enough goes; the next request does not notice.
    let endless = asking.send(Method::GET, "/events/1000000", &[], Body::empty()).await.expect("it answers");
    drop(endless.events().next().await.expect("there are many").expect("it comes whole"));
    asking.get("/bytes/1000", &page(1_000)).await;
}

pub(crate) async fn trailers(asking: &Asking) {
    for length in [0, 1, 300_000] {
        let sent = asking.send(Method::GET, &format!("/trailers/{length}"), &[("te", "trailers")], Body::empty()).await;
        let mut response = sent.expect("it answers");
        let mut sum = Sum::default();
        while let Some(bytes) = response.chunk().await.expect("it comes whole") {
            sum.add(&bytes);
        }
        let sum = sum.told();
        assert_eq!(sum, Sum::of(&page(length)));
        let trailers = response.trailers().expect("there are some");
        assert_eq!(trailers[TRAILER], sum.as_str());
        assert!(!response.headers().contains_key(TRAILER), "they are kept apart");
    }
}

/// Responses that are none yet.
pub(crate) async fn hints(asking: &Asking) {
    asking.get("/hints/1000", &page(1_000)).await;
}

/// Another protocol is asked for and not wanted: a server that refuses is an answer, one that agrees an error.
pub(crate) async fn upgrade(asking: &Asking) {
    let refused = asking.ask(Method::GET, "/socket", &[], Body::empty()).await;
    assert!(refused.status.is_client_error());
    let fields = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "d2hlZWx3cmlnaHQtaHR0cA=="),
    ];
    let error = asking.send(Method::GET, "/socket", &fields, Body::empty()).await.expect_err("nobody speaks that here");
    assert!(error.to_string().contains("a switch of protocols"), "{error}");
    asking.get("/bytes/1000", &page(1_000)).await;
}
