//! Turns requests into bytes and bytes into responses.

#[doc(hidden)]
pub mod proto; // bytes <-> messages, without I/O

mod error; // whatever goes wrong -> one error with a kind

pub use error::{Error, ErrorKind, Phase};
