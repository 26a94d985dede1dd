//! Turns a host into a connection to it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use wheelwright::net::{Connect, Lookup, TcpStream, lookup_host};

use super::limits::Limits;
use super::pool::{Host, Pool};
use crate::{Error, ErrorKind, Phase};

/// A connection being made: the host's name is resolved, if it is one, and the addresses are tried in turn.
pub(crate) struct Dial {
    pub(super) pool: Rc<Pool>,
    pub(super) host: Rc<Host>,
    stage: Stage,
}

enum Stage {
    Start,
    Lookup(Lookup),
    Resolver(Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>>>>),
    Connect(Connect),
}

impl Dial {
    pub(crate) fn new(pool: &Rc<Pool>, host: &Rc<Host>) -> Self {
        Self { pool: Rc::clone(pool), host: Rc::clone(host), stage: Stage::Start }
    }

    /// Asks for the connection; the caller keeps the limits, whose phases this enters.
    pub(crate) fn poll(&mut self, limits: &mut Limits, cx: &mut Context<'_>) -> Poll<Result<TcpStream, Error>> {
        loop {
            let found = match &mut self.stage {
                Stage::Start => {
                    self.start(limits);
                    continue;
                }
                Stage::Lookup(lookup) => ready!(Pin::new(lookup).poll(cx)),
                Stage::Resolver(resolver) => ready!(resolver.as_mut().poll(cx)),
                Stage::Connect(connect) => {
                    let connected = ready!(Pin::new(connect).poll(cx));
                    return Poll::Ready(connected.map_err(|error| self.not_connected(error)));
                }
            };
            let addresses = self.check(found)?;
            self.connect(&addresses, limits);
        }
    }

    fn start(&mut self, limits: &mut Limits) {
        if let Some(address) = self.host.address {
            return self.connect(&[address], limits);
        }
        limits.enter(Phase::Dns, self.pool.options.dns);
        self.stage = match &self.pool.options.resolver {
            Some(resolver) => Stage::Resolver(resolver(self.host.name.to_string(), self.host.port)),
            None => Stage::Lookup(lookup_host((&*self.host.name, self.host.port))),
        };
    }

    fn connect(&mut self, addresses: &[SocketAddr], limits: &mut Limits) {
        limits.enter(Phase::Connect, self.pool.options.connect);
        self.stage = Stage::Connect(TcpStream::connect(addresses));
    }

    fn check(&self, found: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, Error> {
        let name = &self.host.name;
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(Error::new(ErrorKind::Dns, format!("the name {name} has no address"))),
            Err(error) => Err(Error::new(ErrorKind::Dns, format!("the name {name} was not found")).because(error)),
        }
    }

    fn not_connected(&self, error: io::Error) -> Error {
        // EMFILE and ENFILE: the descriptors of idle connections are worth less than the next call's.
        if matches!(error.raw_os_error(), Some(23 | 24)) {
            self.pool.evict_all();
        }
        Error::new(ErrorKind::Connect, format!("no connection to {}", self.host.field)).because(error)
    }
}
