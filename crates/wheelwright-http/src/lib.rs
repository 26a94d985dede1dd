//! Turns requests into bytes and bytes into responses.

// In reading order: the two sides, what both carry, and the core that both share.
mod client; // URLs -> responses
mod server; // a listener and a handler -> a running server

mod body; // what somebody wants to send -> the bytes of a message
mod buffers; // one buffer a thread -> the buffers of all its connections
mod error; // whatever goes wrong -> one error with a kind

#[doc(hidden)]
pub mod proto; // bytes <-> messages, without I/O
#[doc(hidden)]
pub mod url; // the text of a URL -> where to connect and what to ask for

pub use body::Body;
pub use client::{Chunk, Client, ClientBuilder, Collect, RequestBuilder, Response, Sending, Text};
pub use error::{Error, ErrorKind, Phase};
pub use server::{Incoming, Running, Server};
