//! Turns sockets into futures: a system call when it may succeed, a wait when it would block.

mod accept;
mod address;
mod connect;
mod halves;
mod operations;
pub(crate) mod platform;
pub(crate) mod socket;
mod tcp_listener;
mod tcp_stream;

pub use accept::Accept;
pub use address::{Address, Lookup, ToAddress, lookup_host};
pub use connect::Connect;
pub use halves::{ReadHalf, WriteHalf};
pub use operations::{Read, Readable, Writable, Write, WriteAll, WriteVectored};
pub use tcp_listener::TcpListener;
pub use tcp_stream::TcpStream;
