//! Turns statuses into replies: those that have no body by their status, and those that are errors and answers all the same.

use http::Method;
use wheelwright_http::Body;

use crate::asking::Asking;

pub(crate) async fn statuses(asking: &Asking) {
    for status in [200, 201, 204, 304, 400, 404, 429, 500, 503] {
        let (path, text) = (format!("/status/{status}"), status.to_string());
        let body = if matches!(status, 204 | 304) { "" } else { &*text };
        asking.ask(Method::GET, &path, &[], Body::empty()).await.is(&path, status, body.as_bytes());
    }
    let refused = asking.ask(Method::DELETE, "/bytes/1", &[], Body::empty()).await;
    assert_eq!(refused.status, 405);
}
