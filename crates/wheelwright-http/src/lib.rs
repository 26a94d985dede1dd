//! Turns requests into bytes and bytes into responses: an HTTP/1.1 client and server for the `wheelwright` runtime.
//!
//! Small and strict. What has two readings is refused, connections are kept and reused by rules that are tested one by one,
//! and every wait can be limited. The types are those of the `http` crate.
//!
//! ```
//! use std::time::Duration;
//! use http::Response;
//! use wheelwright_http::{Body, Client, Error, Server};
//!
//! # fn main() -> Result<(), Error> {
//! wheelwright::block_on(async {
//!     let server = Server::bind("127.0.0.1:0").expect("a free port");
//!     let running = server.serve(|request| async move { Response::new(Body::from(request.uri().to_string())) });
//!
//!     let client = Client::builder().timeout(Duration::from_secs(10)).build()?;
//!     let url = format!("http://{}/hello", running.local_addr());
//!     let response = client.get(url)?.send().await?;
//!     assert_eq!(response.status(), 200);
//!     assert_eq!(response.text().await?, "/hello");
//!
//!     running.shutdown(Duration::from_secs(1)).await;
//!     Ok(())
//! })
//! # }
//! ```
//!
//! The client takes `https` with the feature `tls` (without it such a URL is a clear error), and asks for bodies packed by gzip
//! and hands them out unpacked with the feature `gzip`.
//!
//! Not here yet: TLS for the server.
#![warn(clippy::print_stdout)] // what stdout is for is the program's to say

// In reading order: the two sides, what both carry, and the core that both share.
mod client; // URLs -> responses
mod server; // a listener and a handler -> a running server

mod body; // what somebody wants to send -> the bytes of a message
mod buffers; // one buffer a thread -> the buffers of all its connections
mod date; // seconds <-> the dates of headers
mod error; // whatever goes wrong -> one error with a kind

#[doc(hidden)]
pub mod proto; // bytes <-> messages, without I/O
#[doc(hidden)]
pub mod url; // the text of a URL -> where to connect and what to ask for

pub use body::{Body, BodySender, sse};
pub use client::{
    Chunk, Client, ClientBuilder, Collect, EventStream, Policy, RequestBuilder, Response, Retry, Sending, Text,
};
pub use error::{Error, ErrorKind, Phase};
pub use proto::Event;
pub use server::{Incoming, Running, Server};

// The page's program is compiled as a test: the runtime's names and ours.
#[cfg(doctest)]
#[doc = include_str!("../../../book/src/migration.md")]
struct Migration;
