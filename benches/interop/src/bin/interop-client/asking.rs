//! Turns requests into replies that are those to them: by status, by id, by every byte.

use std::cell::Cell;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use wheelwright_http::{Body, Client, Error, Response};

/// A client and whom it asks.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) client: Client,
    base: String,
    exchanges: Cell<usize>,
}

/// A whole reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asking {
    pub(crate) fn new(client: Client, base: &str) -> Self {
        Self { client, base: base.trim_end_matches('/').to_owned(), exchanges: Cell::new(0) }
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.exchanges.get()
    }

    /// Adds what somebody else has asked.
    pub(crate) fn add(&self, other: &Self) {
        self.exchanges.set(self.exchanges() + other.exchanges());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends a request with an id and sees that the reply bears it.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
        body: Body,
    ) -> Result<Response, Error> {
        self.exchanges.set(self.exchanges() + 1);
        let id = format!("ours-{}", self.exchanges());
        let request = self.client.method(method, self.url(path))?.header("x-id", &id).body(body);
        let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await?;
        let answered = response.headers().get("x-id").expect("every reply bears the id of its request");
        assert_eq!(answered, id.as_str(), "{path}: the reply is to this request");
        Ok(response)
    }

    /// A request with a body, and the whole reply.
    pub(crate) async fn ask(&self, method: Method, path: &str, fields: &[(&str, &str)], body: Body) -> Reply {
        let sent = self.send(method, path, fields, body).await;
        let response = sent.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        Reply { status, headers, body }
    }

    /// A GET of what is known, byte for byte.
    pub(crate) async fn get(&self, path: &str, expected: &[u8]) -> HeaderMap {
        let reply = self.ask(Method::GET, path, &[], Body::empty()).await;
        reply.is(path, 200, expected).headers
    }
}

impl Reply {
    /// Sees that it is this one.
    pub(crate) fn is(self, path: &str, status: u16, expected: &[u8]) -> Self {
        assert_eq!(self.status, status, "{path}: {:?}", self.body.slice(..self.body.len().min(200)));
        let (came, wanted) = (self.body.len(), expected.len());
        assert!(self.body == expected, "{path}: the body has {came} bytes instead of {wanted}, or others");
        self
    }

    /// The port that the server saw it asked from.
    pub(crate) fn connection(&self) -> &str {
        self.headers["x-connection"].to_str().expect("a port is a number")
    }
}
