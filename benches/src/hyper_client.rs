//! Turns one of hyper's connections into GETs, on whichever loop it runs.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};

use crate::client::BODY;

/// Where requests go in, and what their Host says.
#[derive(Debug)]
pub struct Sender {
    /// The server's address.
    pub host: String,
    /// Hyper's end of the connection.
    pub requests: SendRequest<Empty<Bytes>>,
}

/// Sends requests one after another until none is left, and gives the connection back.
///
/// # Errors
/// What hyper says.
///
/// # Panics
/// If the server answers something else than was asked for.
pub async fn work(mut sender: Sender, path: Rc<str>, left: Rc<Cell<usize>>) -> hyper::Result<Sender> {
    while 0 < left.get() {
        left.set(left.get() - 1);
        sender.requests.ready().await?;
        let request = Request::get(&*path).header("host", &*sender.host).header("accept", "*/*").body(Empty::new());
        let response = sender.requests.send_request(request.expect("the parts are valid")).await?;
        assert_eq!(response.status(), StatusCode::OK, "the server has what is asked for");
        let body = response.into_body().collect().await?.to_bytes();
        assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
    }
    Ok(sender)
}
