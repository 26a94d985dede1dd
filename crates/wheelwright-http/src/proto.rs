//! Turns bytes into HTTP/1 messages and back, without any I/O.
//!
//! Every machine here is fed by its caller: bytes that came go in, and out comes how many of them are done with and what
//! they meant. Nothing here owns a socket, a clock or a read buffer, so that the client, the server, the fuzzers and the
//! runner of the corpora drive the very same code. This module is not part of the crate's stable interface.
//!
//! The way of a message: [`HeadScan`](scan::HeadScan) finds where a head ends, `httparse` cuts it into tokens,
//! [`framing`] alone decides where the body ends, and a [`BodyDecoder`] gives the body's bytes as ranges of the input.

pub mod body; // framed bytes -> ranges of data
pub mod chunks; // chunked bytes -> ranges of data, and trailers
pub mod encode; // heads and data -> bytes
pub mod events; // server-sent events <-> bytes
pub mod fields; // the lines of a head -> a header map
pub mod framing; // the framing headers -> where a body ends, and whether the connection lives on
pub mod request; // a request's head -> http::Request
pub mod response; // a response's head -> status and framing, headers when asked for
pub mod scan; // dripping bytes -> the place where a head ends
pub mod target; // a request's target and Host -> a checked Uri

pub use body::{BodyDecoder, Piece};
pub use encode::{Answering, BodyEncoder, BodySize, RequestParts};
pub use events::{Event, EventReader};
pub use framing::{BodyLength, Framing};
pub use request::{RequestHead, RequestReader};
pub use response::{ResponseHead, ResponseReader};

/// The bytes a head may have unless somebody says otherwise.
pub const MAX_HEAD: usize = 64 * 1024;

/// The fields a head or a trailer section may have.
pub const MAX_FIELDS: usize = 100;
