//! Turns a URL, and what is said about it step by step, into a request.

use std::fmt;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::call::{Call, Sending};
use crate::body::Body;
use crate::{Error, ErrorKind};

/// A request that is being put together.
///
/// ```
/// # use http::Response;
/// # use wheelwright_http::{Body, Client, Server};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), wheelwright_http::Error> {
/// # wheelwright::block_on(async {
/// # let server = Server::bind("127.0.0.1:0").expect("a free port");
/// # let running = server.serve(|request| async {
/// #     Response::new(Body::from(request.into_body().bytes_limited(100).await.expect("the body comes whole")))
/// # });
/// # let (client, url) = (Client::new(), format!("http://{}/orders", running.local_addr()));
/// let response = client
///     .post(url)?
///     .header("content-type", "application/json")
///     .body(r#"{"item": 7}"#)
///     .timeout(Duration::from_secs(2))
///     .send()
///     .await?;
/// # assert_eq!(response.text().await?, r#"{"item": 7}"#);
/// # Ok(())
/// # })
/// # }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    call: Call,
    /// The whole call may take so long.
    total: Option<Duration>,
    /// The first thing that was wrong.
    fault: Option<Error>,
}

impl RequestBuilder {
    pub(crate) fn new(call: Call) -> Self {
        Self { total: call.pool.options.total, call, fault: None }
    }

    /// Adds a header. One that cannot be sent makes [`send`](Self::send) fail.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        // A map holds 24,576 fields at most, and panics beyond.
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) if self.call.headers.as_ref().is_none_or(|map| map.len() < 1_000) => {
                self.call.headers.get_or_insert_default().append(name, value);
            }
            _ => {
                self.fault.get_or_insert_with(|| Error::new(ErrorKind::Parse, "a header that cannot be sent"));
            }
        }
        self
    }

    /// Sets all the headers; those set before are gone.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.call.headers = Some(Box::new(headers));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.call.body = body.into();
        self
    }

    /// Limits this whole call, instead of the client's own limit.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.total = Some(limit);
        self
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// A connection that was kept from an earlier call may have been closed by the server unseen. If it was, and nothing of
    /// a response came, and the method is idempotent (or not a byte was sent), the request is sent once more on a fresh one.
    ///
    /// Where none was kept, one is made; if another call gives one back meanwhile, that is taken, and what was begun lies with
    /// the kept ones until a further call needs it or the idle timeout ends it.
    ///
    /// Redirects are followed as [`ClientBuilder::redirect`](crate::ClientBuilder::redirect) says, all within the limits of one
    /// call; other failures are told, unless the client was built with a [`Retry`](crate::Retry).
    ///
    /// A server may answer before it has read all of the body. An error, or an answer that says close, ends the upload; after
    /// any other the rest is sent first. Either way the connection is not used again.
    ///
    /// # Errors
    /// Whatever [`ErrorKind`] tells.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection. The server may have seen the request or not.
    pub fn send(self) -> Sending {
        match self.fault {
            Some(fault) => Sending::fault(fault),
            None => Sending::new(self.call, self.total),
        }
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("method", &self.call.method)
            .field("host", &self.call.host.field)
            .field("headers", &self.call.headers.as_ref().map_or(0, |map| map.len()))
            .field("body", &self.call.body)
            .finish_non_exhaustive()
    }
}
