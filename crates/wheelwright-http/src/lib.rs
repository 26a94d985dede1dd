//! Turns requests into bytes and bytes into responses.

#[doc(hidden)]
pub mod proto; // bytes <-> messages, without I/O

mod error; // whatever goes wrong -> one error with a kind
mod server; // a listener and a handler -> a running server

pub use error::{Error, ErrorKind, Phase};
pub use server::{Body, Incoming, Running, Server};
