//! Turns a number of connections into what they do, and the number of a question into bytes.

use std::{io, time::Duration};

use wheelwright::net::TcpStream;

/// What the connections of one client do.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) connections: u16,
    /// Of each connection.
    pub(crate) exchanges: u16,
    /// Before each answer.
    pub(crate) wait: Duration,
}

impl Work {
    /// A service that takes its time to answer.
    pub(crate) fn waiting(connections: u16) -> Self {
        Self { connections, exchanges: 10, wait: Duration::from_millis(50) }
    }

    /// A simple page: asked for again and again, and there at once.
    pub(crate) fn page(connections: u16) -> Self {
        Self { connections, exchanges: 10_000 / connections, wait: Duration::ZERO }
    }
}

/// The question that nobody else asks: whose, and which of theirs. Its reply is the same bytes again.
pub(crate) fn question(connection: u16, exchange: u16) -> [u8; 8] {
    ((u64::from(connection) << 32) | u64::from(exchange)).to_be_bytes()
}

/// What the blocking client has from std: reads a whole message, or finds that the other side has closed.
pub(crate) async fn read_exact(stream: &mut TcpStream) -> io::Result<[u8; 8]> {
    let (mut message, mut filled) = ([0; 8], 0);
    while filled < message.len() {
        match stream.read(&mut message[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    Ok(message)
}
