//! Turns a handler into another one, around it: a layer is a function, and a handler that blocks passes one like any other.

use std::cell::Cell;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use wheelwright::spawn_blocking;
use wheelwright_http::{Body, ErrorKind, Incoming};

use crate::page;

pub(crate) type Answer = Pin<Box<dyn Future<Output = Response<Body>>>>;

/// Tells in a header how long the answer took; a browser's tools show it.
pub(crate) fn timed<B, F>(handler: impl Fn(Request<B>) -> F) -> impl Fn(Request<B>) -> Answer
where
    F: Future<Output = Response<Body>> + 'static,
{
    move |request| {
        let (begun, answer) = (Instant::now(), handler(request));
        Box::pin(async move {
            let mut response = answer.await;
            let took = format!("handler;dur={:.3}", begun.elapsed().as_secs_f64() * 1e3);
            response.headers_mut().insert("server-timing", HeaderValue::try_from(took).expect("it is ASCII"));
            response
        })
    }
}

/// Numbers the requests: a handler finds the number among the extensions, the client in a header.
pub(crate) fn numbered<B, F>(handler: impl Fn(Request<B>) -> F) -> impl Fn(Request<B>) -> Answer
where
    F: Future<Output = Response<Body>> + 'static,
{
    let last = Cell::new(0_u64);
    move |mut request| {
        let number = last.get() + 1;
        last.set(number);
        request.extensions_mut().insert(number);
        let answer = handler(request);
        Box::pin(async move {
            let mut response = answer.await;
            response.headers_mut().insert("x-request-id", number.into());
            response
        })
    }
}

/// Reads bodies of at most so many bytes, for a handler that takes them whole.
pub(crate) fn whole<F>(
    limit: usize,
    handler: impl Fn(Request<Bytes>) -> F + Clone + 'static,
) -> impl Fn(Request<Incoming>) -> Answer
where
    F: Future<Output = Response<Body>> + 'static,
{
    move |request| {
        let (handler, (parts, body)) = (handler.clone(), request.into_parts());
        Box::pin(async move {
            let fault = match body.bytes_limited(limit).await {
                Ok(bytes) => return handler(Request::from_parts(parts, bytes)).await,
                Err(error) if error.kind() == ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                Err(_) => StatusCode::BAD_REQUEST,
            };
            page::fault(fault, "The request could not be read.").map(Body::full)
        })
    }
}

/// Has a thread of the pool answer, while the loop goes on: a handler that blocks, mounted among those that await.
///
/// `Server::serve_blocking` does so with every request of a server.
pub(crate) async fn on_the_pool(blocks: impl FnOnce() -> Response<Bytes> + Send + 'static) -> Response<Body> {
    let answered = spawn_blocking(blocks).await;
    let answered = answered.unwrap_or_else(|error| match error.is_refused() {
        true => page::fault(StatusCode::SERVICE_UNAVAILABLE, "Too many requests wait for a thread."),
        false => page::fault(StatusCode::INTERNAL_SERVER_ERROR, "That went wrong, and it is not your fault."),
    });
    answered.map(Body::full)
}
