//! Turns a host into a connection to it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use wheelwright::net::{Connect, Lookup, TcpStream, lookup_host};

use super::limits::Limits;
use super::options::Options;
use super::pool::{Host, Pool};
use crate::{Error, ErrorKind, Phase};

/// A connection being made: the host's name is resolved, if it is one, and the addresses are tried in turn.
///
/// It holds neither the pool nor the host, since it may come to lie there.
#[derive(Default)]
pub(crate) enum Dial {
    #[default]
    Start,
    Lookup(Lookup),
    Resolver(Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>>>>),
    Connect(Connect),
}

impl Dial {
    /// Asks for the connection; the caller keeps the limits, whose phases this enters.
    pub(crate) fn poll(
        &mut self,
        pool: &Pool,
        host: &Host,
        limits: &mut Limits,
        cx: &mut Context<'_>,
    ) -> Poll<Result<TcpStream, Error>> {
        loop {
            *self = match self {
                Self::Start => Self::begin(pool, host),
                Self::Lookup(lookup) => Self::found(pool, host, ready!(Pin::new(lookup).poll(cx)))?,
                Self::Resolver(resolver) => Self::found(pool, host, ready!(resolver.as_mut().poll(cx)))?,
                Self::Connect(connect) => {
                    let connected = ready!(Pin::new(connect).poll(cx));
                    let message = || format!("no connection to {}", host.field);
                    return Poll::Ready(connected.map_err(|error| failed(pool, ErrorKind::Connect, message(), error)));
                }
            };
            self.enter(&pool.options, limits);
        }
    }

    /// Enters the phase in which it is.
    pub(crate) fn enter(&self, options: &Options, limits: &mut Limits) {
        match self {
            Self::Start | Self::Lookup(_) | Self::Resolver(_) => limits.enter(Phase::Dns, options.dns),
            Self::Connect(_) => limits.enter(Phase::Connect, options.connect),
        }
    }

    /// Whether nobody minds if it is left alone for a while: code of the user might hold what others wait for.
    pub(crate) fn may_lie(&self) -> bool {
        !matches!(self, Self::Resolver(_))
    }

    fn begin(pool: &Pool, host: &Host) -> Self {
        match (host.address, &pool.options.resolver) {
            (Some(address), _) => Self::Connect(TcpStream::connect(address)),
            (None, Some(resolver)) => Self::Resolver(resolver(host.name.to_string(), host.port)),
            (None, None) => Self::Lookup(lookup_host((&*host.name, host.port))),
        }
    }

    fn found(pool: &Pool, host: &Host, found: io::Result<Vec<SocketAddr>>) -> Result<Self, Error> {
        let name = &host.name;
        match found {
            Ok(addresses) if addresses.is_empty() => Err(Error::new(ErrorKind::Dns, format!("{name} has no address"))),
            Ok(addresses) => Ok(Self::Connect(TcpStream::connect(&*addresses))),
            Err(error) => Err(failed(pool, ErrorKind::Dns, format!("{name} was not found"), error)),
        }
    }
}

/// Tells why there is no connection, and closes the idle ones if the reason is that the process has no descriptor left:
/// theirs are worth less than the next call's.
fn failed(pool: &Pool, kind: ErrorKind, message: String, error: io::Error) -> Error {
    // EMFILE and ENFILE.
    let lack = |error: &io::Error| matches!(error.raw_os_error(), Some(23 | 24));
    // `getaddrinfo` that cannot open a file or a socket says of every name that it is unknown.
    let lacking =
        || kind == ErrorKind::Dns && UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).is_err_and(|error| lack(&error));
    if lack(&error) || lacking() {
        pool.evict_all();
        return Error::new(ErrorKind::Io, "the process has no descriptor left for a connection").because(error);
    }
    Error::new(kind, message).because(error)
}
