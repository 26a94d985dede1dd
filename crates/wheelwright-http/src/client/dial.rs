//! Turns a host into a connection to it.

use std::io;
use std::rc::Rc;

use wheelwright::net::{Address, TcpStream, lookup_host};

use super::limits::Limits;
use super::pool::{Host, Pool};
use crate::{Error, ErrorKind, Phase};

/// Resolves the host's name, if it is one, and connects to the first address that answers.
pub(crate) async fn dial(pool: &Pool, host: &Rc<Host>, limits: &mut Limits) -> Result<TcpStream, Error> {
    let address = match host.address {
        Some(address) => Address::Known(vec![address]),
        None => resolve(pool, host, limits).await?,
    };
    limits.enter(Phase::Connect, pool.options.connect);
    let connected = limits.keep(TcpStream::connect(address)).await?;
    connected.map_err(|error| {
        if is_exhausted(&error) {
            // The descriptors of idle connections are worth less than the next call's.
            pool.evict_all();
        }
        Error::new(ErrorKind::Connect, format!("no connection to {}", host.field)).because(error)
    })
}

async fn resolve(pool: &Pool, host: &Rc<Host>, limits: &mut Limits) -> Result<Address, Error> {
    limits.enter(Phase::Dns, pool.options.dns);
    let found = match &pool.options.resolver {
        Some(resolver) => limits.keep(resolver(host.name.to_string(), host.port)).await?,
        None => limits.keep(lookup_host((&*host.name, host.port))).await?,
    };
    match found {
        Ok(addresses) if !addresses.is_empty() => Ok(Address::Known(addresses)),
        Ok(_) => Err(Error::new(ErrorKind::Dns, format!("the name {} has no address", host.name))),
        Err(error) => Err(Error::new(ErrorKind::Dns, format!("the name {} was not found", host.name)).because(error)),
    }
}

/// Whether the process (EMFILE) or the system (ENFILE) has no descriptor left.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}
