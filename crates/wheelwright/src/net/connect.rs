//! Turns an address into a connection, trying each socket address it stands for.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use super::address::Lookup;
use super::socket::{Interest, Socket};
use super::{Address, TcpStream};
use crate::observe::Line;
use crate::reactor::Direction;

/// The future of [`TcpStream::connect`].
#[must_use = "it connects to nothing until it is awaited"]
pub struct Connect {
    lookup: Option<Lookup>,
    /// Those that were not tried yet.
    addresses: vec::IntoIter<SocketAddr>,
    /// The connection being made.
    socket: Option<Socket<mio::net::TcpStream>>,
    /// Why the last one tried failed.
    error: Option<io::Error>,
    at: Line,
}

impl Connect {
    pub(super) fn new(address: Address, at: Line) -> Self {
        let (lookup, addresses) = match address {
            Address::Known(addresses) => (None, addresses),
            other => (Some(Lookup::new(other, at)), Vec::new()),
        };
        Self { lookup, addresses: addresses.into_iter(), socket: None, error: None, at }
    }

    /// Whether the connection being made is there.
    fn poll_connected(&self, socket: &Socket<mio::net::TcpStream>, cx: &Context<'_>) -> Poll<io::Result<()>> {
        socket.poll_io(Interest::new(Direction::Write, self.at), cx, |io| {
            // Writable says only that the kernel is done with it, not how it ended.
            if let Some(error) = io.take_error()? {
                return Err(error);
            }
            match io.peer_addr() {
                Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
                result => result.map(drop),
            }
        })
    }
}

impl Future for Connect {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(lookup) = &mut self.lookup {
            let addresses = ready!(Pin::new(lookup).poll(cx))?;
            self.lookup = None;
            self.addresses = addresses.into_iter();
        }
        loop {
            if let Some(socket) = self.socket.take() {
                match self.poll_connected(&socket, cx) {
                    Poll::Ready(Ok(())) => return Poll::Ready(TcpStream::new(socket)),
                    Poll::Ready(Err(error)) => self.error = Some(error),
                    Poll::Pending => {
                        self.socket = Some(socket);
                        return Poll::Pending;
                    }
                }
            }
            let Some(address) = self.addresses.next() else {
                let none = || io::Error::new(io::ErrorKind::NotFound, "there is no address to connect to");
                return Poll::Ready(Err(self.error.take().unwrap_or_else(none)));
            };
            match mio::net::TcpStream::connect(address).and_then(Socket::connecting) {
                Ok(socket) => self.socket = Some(socket),
                Err(error) => self.error = Some(error),
            }
        }
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("socket", &self.socket).finish_non_exhaustive()
    }
}
