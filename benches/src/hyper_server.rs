//! Turns a connection into hyper's answers to GETs, on whichever loop it runs.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::server;

/// Serves requests until the connection ends.
///
/// # Errors
/// What hyper says.
pub async fn serve(connection: impl Read + Write + Unpin + 'static) -> hyper::Result<()> {
    Builder::new().serve_connection(connection, service_fn(answer)).await
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(server::page(request.uri().path())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(server::CONTENT_TYPE));
    Ok(response)
}
