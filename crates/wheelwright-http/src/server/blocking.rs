//! Turns a request into a job for a thread of the pool, and what the thread makes of it into a response.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::Incoming;
use super::connection::{plain, refusal};
use crate::body::Body;
use crate::{Error, ErrorKind};

/// Reads a request to its end and has a thread answer it.
pub(super) async fn answer<H, B>(handler: Arc<H>, request: Request<Incoming>) -> Response<Body>
where
    H: Fn(Request<Bytes>) -> Response<B> + Send + Sync + 'static,
    B: Into<Bytes> + 'static,
{
    if wheelwright::blocking_is_full() {
        // Before the body is read, and before anybody is told to send it.
        return busy();
    }
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(body.peer_addr());
    let body = match body.bytes_limited(usize::MAX).await {
        Ok(body) => body,
        Err(error) => return refusal(&error),
    };
    let request = Request::from_parts(parts, body);
    match wheelwright::spawn_blocking(move || handler(request).map(Into::into)).await {
        Ok(response) => response.map(|bytes: Bytes| Body::full(bytes)),
        Err(error) if error.is_refused() => busy(),
        // It panicked, and the thread has told stderr of it.
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, ""),
    }
}

fn busy() -> Response<Body> {
    let busy = Error::new(ErrorKind::Busy, "too many requests wait for a thread");
    refusal(&busy.answered(StatusCode::SERVICE_UNAVAILABLE))
}
