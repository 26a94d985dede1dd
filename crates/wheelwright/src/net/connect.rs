//! Turns an address into a connection, by attempts at the socket addresses it stands for.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::address::Lookup;
use super::socket::{Interest, Socket};
use super::stagger::Stagger;
use super::{Address, TcpStream};
use crate::observe::Line;
use crate::reactor::Direction;

/// The future of [`TcpStream::connect`].
#[must_use = "it connects to nothing until it is awaited"]
#[derive(Debug)]
pub struct Connect {
    stage: Stage,
    at: Line,
}

#[derive(Debug)]
enum Stage {
    LookUp(Lookup),
    Dial(Stagger<Attempt>),
}

impl Connect {
    pub(super) fn new(address: Address, at: Line) -> Self {
        Self { stage: Stage::LookUp(Lookup::new(address, at)), at }
    }
}

impl Future for Connect {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let at = self.at;
        loop {
            match &mut self.stage {
                Stage::Dial(attempts) => return attempts.poll(cx, |address| Attempt::new(address, at)),
                Stage::LookUp(lookup) => {
                    let addresses = ready!(Pin::new(lookup).poll(cx))?;
                    self.stage = Stage::Dial(Stagger::new(addresses));
                }
            }
        }
    }
}

/// One address being connected to; dropping it closes the socket.
#[derive(Debug)]
struct Attempt {
    /// Or why it could not begin. `None` once it is over.
    socket: Option<io::Result<Socket<std::net::TcpStream>>>,
    at: Line,
}

impl Attempt {
    fn new(address: SocketAddr, at: Line) -> Self {
        let stream = mio::net::TcpStream::connect(address);
        Self { socket: Some(stream.and_then(|stream| Socket::connecting(stream.into()))), at }
    }
}

impl Future for Attempt {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(Ok(socket)) = &self.socket {
            let interest = Interest::new(Direction::Write, self.at);
            ready!(socket.poll_io(interest, cx, || socket.attempt(Direction::Write, how_it_ended)))?;
        }
        let socket = self.socket.take().expect("an attempt that is over is polled no more")?;
        Poll::Ready(TcpStream::made(socket))
    }
}

/// Writable says only that the kernel is done with it, not how it ended.
fn how_it_ended(io: &std::net::TcpStream) -> io::Result<()> {
    if let Some(error) = io.take_error()? {
        return Err(error);
    }
    match io.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
        result => result.map(drop),
    }
}
