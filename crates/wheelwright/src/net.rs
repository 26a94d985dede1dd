//! Turns sockets into futures: a system call when it may succeed, a wait when it would block.

mod accept;
mod address;
mod connect;
mod connection;
mod halves;
mod listener;
mod operations;
mod patience;
pub(crate) mod platform;
pub(crate) mod socket;
mod stagger;
mod tcp_stream;
pub(crate) mod turn;
mod udp_socket;
mod unix;

pub use accept::Accept;
pub use address::{Address, Lookup, ToAddress, lookup_host};
pub use connect::Connect;
pub use connection::{Connection, Wire};
pub use halves::{ReadHalf, WriteHalf};
pub use listener::{ListenOptions, Listener, TcpListener};
pub use operations::{Operation, Try};
pub use tcp_stream::TcpStream;
pub use turn::Attempt;
pub use udp_socket::UdpSocket;
pub use unix::{ConnectUnix, UnixListener, UnixStream};
