//! Turns connections that nobody uses at the moment into connections for the next request.
//!
//! Idle connections lie in their host's list; no task watches them. What the loop knows of a socket is looked at when it is
//! taken out, and one sweeping task closes those that lay too long: it exists only while some connection is idle.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use wheelwright::JoinHandle;
use wheelwright::sync::{OwnedPermit, Semaphore};
use wheelwright::time::sleep;

use super::Stream;
use super::options::Options;
use crate::buffers::{keep_output, take_output};
use crate::url::Url;
use crate::{Error, ErrorKind};

/// A limit is measured in so many steps of the sweeper: connections are closed at most a quarter late.
const SWEEPS: u32 = 4;

/// So many hosts are remembered before those without a connection are looked for.
const FEW_HOSTS: usize = 64;

/// The hosts of one client.
pub(crate) struct Pool {
    pub(crate) options: Options,
    /// How many connections were made.
    pub(crate) opened: Cell<u64>,
    /// How many calls were made.
    pub(crate) calls: Cell<u64>,
    /// By scheme, port and name.
    hosts: RefCell<HashMap<Box<[u8]>, Rc<Host>>>,
    /// The one asked for last, since most programs ask for the same one again and again.
    last: RefCell<Option<Rc<Host>>>,
    /// How many hosts there may be before the unused are forgotten.
    prune_at: Cell<usize>,
    /// How often the sweeper came by.
    sweeps: Cell<u32>,
    /// Ends with the pool, or when nothing is idle.
    sweeper: RefCell<Option<JoinHandle<()>>>,
}

/// One origin: scheme, host and port.
pub(crate) struct Host {
    pub(crate) secure: bool,
    /// In lower case.
    pub(crate) name: Box<str>,
    pub(crate) port: u16,
    /// What the Host field says.
    pub(crate) field: Box<str>,
    /// How a URL of this host begins.
    pub(crate) origin: Box<str>,
    /// Where it is, if its name is an address.
    pub(crate) address: Option<SocketAddr>,
    /// The longest idle first.
    idle: RefCell<Vec<Idle>>,
    permits: Option<Rc<Semaphore>>,
    pool: Weak<Pool>,
}

struct Idle {
    stream: Stream,
    /// The sweep after which it was put here.
    since: u32,
}

/// The right to use a connection to a host, and the connection.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) stream: Stream,
    /// It has served before, so that the server may have closed it unseen.
    pub(crate) reused: bool,
    host: Rc<Host>,
    /// Dropped after the stream: whoever gets it finds the connection closed or in the list.
    permit: Option<OwnedPermit>,
}

impl Pool {
    pub(crate) fn new(options: Options) -> Rc<Self> {
        Rc::new(Self {
            options,
            opened: Cell::new(0),
            calls: Cell::new(0),
            hosts: RefCell::default(),
            last: RefCell::default(),
            prune_at: Cell::new(FEW_HOSTS),
            sweeps: Cell::new(0),
            sweeper: RefCell::default(),
        })
    }

    /// Returns the host asked for last and what follows it, if the URL is for that host and spelled as plainly as can be.
    pub(crate) fn same_host<'u>(&self, url: &'u str) -> Option<(Rc<Host>, &'u str)> {
        let last = self.last.borrow();
        let host = last.as_ref()?;
        let target = url.strip_prefix(&*host.origin)?;
        // Anything else might go on with a port, a name, or a user before the real host.
        target.starts_with('/').then(|| (Rc::clone(host), target))
    }

    /// Finds or makes the host of a URL, unless it is one that the client must not ask.
    pub(crate) fn host(self: &Rc<Self>, url: &Url<'_>) -> Result<Rc<Host>, Error> {
        if self.options.https_only && !url.secure {
            return Err(Error::new(ErrorKind::BadUrl, "http:// where only https:// is allowed"));
        }
        let mut key = take_output();
        key.push(u8::from(url.secure));
        key.extend_from_slice(&url.port.to_be_bytes());
        key.extend_from_slice(url.host.as_bytes());
        let found = self.hosts.borrow().get(&key[..]).cloned();
        let host = found.unwrap_or_else(|| self.add_host(&key, url));
        keep_output(key);
        self.last.replace(Some(Rc::clone(&host)));
        Ok(host)
    }

    fn add_host(self: &Rc<Self>, key: &[u8], url: &Url<'_>) -> Rc<Host> {
        let (scheme, field) = (if url.secure { "https" } else { "http" }, url.host_field());
        let host = Rc::new(Host {
            secure: url.secure,
            name: url.host.as_ref().into(),
            port: url.port,
            origin: format!("{scheme}://{field}").into(),
            field: field.into(),
            address: url.address(),
            idle: RefCell::default(),
            permits: self.options.max_connections_per_host.map(|count| Rc::new(Semaphore::new(count))),
            pool: Rc::downgrade(self),
        });
        let mut hosts = self.hosts.borrow_mut();
        if self.prune_at.get() <= hosts.len() {
            hosts.retain(|_, host| 1 < Rc::strong_count(host) || !host.idle.borrow().is_empty());
            self.prune_at.set(FEW_HOSTS.max(2 * hosts.len()));
        }
        hosts.insert(key.into(), Rc::clone(&host));
        host
    }

    /// Closes every idle connection: descriptors are lacking.
    pub(crate) fn evict_all(&self) {
        let hosts: Vec<_> = self.hosts.borrow().values().cloned().collect();
        for host in hosts {
            let idle = host.idle.take();
            drop(idle);
        }
    }

    /// Closes what was idle for too long, and returns whether anything is idle still.
    fn sweep(&self) -> bool {
        let now = self.sweeps.get().wrapping_add(1);
        self.sweeps.set(now);
        let hosts: Vec<_> = self.hosts.borrow().values().cloned().collect();
        let mut left = 0;
        for host in hosts {
            let mut idle = host.idle.borrow_mut();
            let old = idle.iter().take_while(|idle| SWEEPS < now.wrapping_sub(idle.since)).count();
            let gone: Vec<Idle> = idle.drain(..old).collect();
            left += idle.len();
            drop(idle);
            drop(gone);
        }
        0 < left
    }

    fn start_sweeping(self: &Rc<Self>) {
        let mut sweeper = self.sweeper.borrow_mut();
        if sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            let sweeping = sweep(Rc::downgrade(self), self.options.pool_idle_timeout / SWEEPS);
            *sweeper = Some(wheelwright::spawn_named("http idle", sweeping));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.take() {
            sweeper.abort();
        }
    }
}

/// Sweeps until nothing is idle.
async fn sweep(pool: Weak<Pool>, pause: Duration) {
    loop {
        sleep(pause).await;
        if !pool.upgrade().is_some_and(|pool| pool.sweep()) {
            return;
        }
    }
}

impl Host {
    /// What waits for the right to use a connection; nothing where their number has no limit.
    pub(crate) fn permits(&self) -> Option<&Rc<Semaphore>> {
        self.permits.as_ref()
    }

    /// Takes the connection that was used last, passing over those that are no longer fresh.
    pub(crate) fn take_idle(self: &Rc<Self>, permit: &mut Option<OwnedPermit>) -> Option<Lease> {
        loop {
            let idle = self.idle.borrow_mut().pop()?;
            if let Some(stream) = fresh(idle.stream) {
                return Some(Lease { stream, reused: true, host: Rc::clone(self), permit: permit.take() });
            }
        }
    }

    /// Puts a new connection under the permit.
    pub(crate) fn lease(self: &Rc<Self>, stream: Stream, permit: Option<OwnedPermit>) -> Lease {
        Lease { stream, reused: false, host: Rc::clone(self), permit }
    }

    fn put_idle(&self, stream: Stream) {
        // The client may be gone: then nobody will ever ask again.
        let Some(pool) = self.pool.upgrade() else { return };
        let room = pool.options.pool_max_idle_per_host.is_none_or(|most| self.idle.borrow().len() < most);
        if room && !pool.options.pool_idle_timeout.is_zero() {
            self.idle.borrow_mut().push(Idle { stream, since: pool.sweeps.get() });
            pool.start_sweeping();
        }
    }
}

impl Lease {
    /// Ends the use of a connection that may serve again.
    pub(crate) fn park(self) {
        let Self { stream, host, permit, .. } = self;
        host.put_idle(stream);
        drop(permit);
    }

    /// Closes the connection and keeps the right to another one.
    pub(crate) fn give_up(self) -> Option<OwnedPermit> {
        self.permit
    }
}

/// Returns the connection unless something came on it: bytes nobody asked for, its end, or the end of its loop.
fn fresh(mut stream: Stream) -> Option<Stream> {
    if !stream.read_ready() {
        return Some(stream);
    }
    match stream.try_read(&mut [0]) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Some(stream),
        _ => None,
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.field)
            .field("idle", &self.idle.borrow().len())
            .field("permits", &self.permits.as_ref().map(|permits| permits.available_permits()))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("hosts", &self.hosts.borrow().values()).finish_non_exhaustive()
    }
}
