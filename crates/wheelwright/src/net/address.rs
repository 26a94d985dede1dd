//! Turns what people write for an address into socket addresses, by a lookup on the blocking pool where it is a name.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::blocking;
use crate::completion::Receipt;
use crate::observe::Line;
use crate::pool::JobKind;

/// Where to connect to: addresses, or a name that stands for some.
///
/// ```
/// use wheelwright::net::{Address, ToAddress};
///
/// assert!(matches!("127.0.0.1:80".to_address(), Address::Known(addresses) if addresses.len() == 1));
/// assert!(matches!(("example.com", 80).to_address(), Address::Name(name, 80) if name == "example.com"));
/// assert!(matches!("example.com".to_address(), Address::Bad(_)), "the port is missing");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// To be tried in this order.
    Known(Vec<SocketAddr>),
    /// A name to be looked up, and a port.
    Name(String, u16),
    /// What was given is no address; it says why.
    Bad(String),
}

/// What can stand for an [`Address`].
///
/// That is text as `"host:port"`, a host and a port, or socket addresses.
pub trait ToAddress {
    /// The address it stands for. Nothing is looked up here.
    fn to_address(&self) -> Address;
}

impl ToAddress for Address {
    fn to_address(&self) -> Address {
        self.clone()
    }
}

impl ToAddress for str {
    fn to_address(&self) -> Address {
        if let Ok(known) = self.parse::<SocketAddr>() {
            return known.to_address();
        }
        match self.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() => match port.parse() {
                Ok(port) => (host, port).to_address(),
                Err(_) => Address::Bad(format!("'{port}' in '{self}' is no port: write a number up to 65535")),
            },
            _ => Address::Bad(format!("'{self}' is no address: write host:port")),
        }
    }
}

impl ToAddress for String {
    fn to_address(&self) -> Address {
        self.as_str().to_address()
    }
}

impl ToAddress for (&str, u16) {
    fn to_address(&self) -> Address {
        let (host, port) = *self;
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        match literal.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, port).to_address(),
            Err(_) => Address::Name(host.to_owned(), port),
        }
    }
}

impl ToAddress for (IpAddr, u16) {
    fn to_address(&self) -> Address {
        SocketAddr::from(*self).to_address()
    }
}

impl ToAddress for (Ipv4Addr, u16) {
    fn to_address(&self) -> Address {
        SocketAddr::from(*self).to_address()
    }
}

impl ToAddress for (Ipv6Addr, u16) {
    fn to_address(&self) -> Address {
        SocketAddr::from(*self).to_address()
    }
}

impl ToAddress for SocketAddr {
    fn to_address(&self) -> Address {
        Address::Known(vec![*self])
    }
}

impl ToAddress for [SocketAddr] {
    fn to_address(&self) -> Address {
        Address::Known(self.to_vec())
    }
}

impl<A: ToAddress + ?Sized> ToAddress for &A {
    fn to_address(&self) -> Address {
        (**self).to_address()
    }
}

/// Looks up the socket addresses of an address, in the system's order.
///
/// A name is looked up by `getaddrinfo` on the blocking pool. The end of the runtime does not wait for it.
///
/// # Errors
/// What `getaddrinfo` says of a name; `InvalidInput` for what is no address.
///
/// # Cancel safety
/// Dropping it leaves a lookup that has begun to itself, on its thread.
///
/// # Panics
/// When it is called for a name outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let addresses = wheelwright::net::lookup_host("127.0.0.1:80").await.unwrap();
///     assert_eq!(addresses, ["127.0.0.1:80".parse().unwrap()]);
/// });
/// ```
#[doc(alias = "getaddrinfo")]
#[track_caller]
pub fn lookup_host(address: impl ToAddress) -> Lookup {
    Lookup::new(address.to_address(), Location::caller())
}

/// The future of [`lookup_host`].
#[must_use = "the answer of a lookup is for whoever awaits it"]
#[derive(Debug)]
pub struct Lookup {
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Known(io::Result<Vec<SocketAddr>>),
    Asked(Receipt<io::Result<Vec<SocketAddr>>>),
    Done,
}

impl Lookup {
    pub(super) fn new(address: Address, at: Line) -> Self {
        let stage = match address {
            Address::Known(addresses) => Stage::Known(Ok(addresses)),
            Address::Bad(why) => Stage::Known(Err(io::Error::new(io::ErrorKind::InvalidInput, why))),
            Address::Name(host, port) => Stage::Asked(blocking::send(JobKind::Endless, at, move || {
                Ok((host.as_str(), port).to_socket_addrs()?.collect())
            })),
        };
        Self { stage }
    }
}

impl Future for Lookup {
    type Output = io::Result<Vec<SocketAddr>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Stage::Asked(receipt) = &mut self.stage {
            let answer = ready!(Pin::new(receipt).poll(cx));
            self.stage = Stage::Known(answer.unwrap_or_else(|error| Err(error.into())));
        }
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Known(answer) => Poll::Ready(answer),
            Stage::Asked(_) | Stage::Done => panic!("a lookup was polled after it gave its answer"),
        }
    }
}
