//! Turns connections that nobody uses at the moment into connections for the next request.
//!
//! Idle connections lie in their host's list; no task watches them. What the loop knows of a socket is looked at when it is
//! taken out, and one sweeping task closes those that lay too long: it exists only while some connection is idle.
//!
//! A call that dials takes a connection that is given back meanwhile. Its dial is neither given up, which would make calls
//! that overlap a little begin one after another and end none, nor carried on by a task, of which there might be many: it is
//! laid beside the idle connections as it is. The kernel goes on with it, and the next call that finds nothing idle does.
//! So no more is dialed than calls have waited at once, and all of it together stays within the permits.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use wheelwright::JoinHandle;
use wheelwright::sync::{OwnedPermit, Semaphore};
use wheelwright::time::{now, sleep};

use super::options::Options;
use super::{Dialing, Stream};
use crate::buffers::{OUTPUT, keep, take};
use crate::url::Url;
use crate::{Error, ErrorKind};

/// A limit is measured in so many steps of the sweeper: connections are closed at most a quarter late.
const SWEEPS: u32 = 4;

/// So many hosts are remembered before those without a connection are looked for.
const FEW_HOSTS: usize = 64;

/// The hosts of one client.
#[derive(Default)]
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
    sweeper: RefCell<Option<Sweeper>>,
}

/// Ends when it is dropped.
struct Sweeper(JoinHandle<()>);

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
    idle: Kept<Stream>,
    /// What calls had begun that were served by another connection.
    begun: Kept<(Box<Dialing>, Instant)>,
    /// Gives a permit to whoever dials when a connection becomes idle; at most one is there that nobody took.
    pub(crate) returned: Rc<Semaphore>,
    /// The right to use a connection, where their number has a limit.
    pub(crate) permits: Option<Rc<Semaphore>>,
    pool: Weak<Pool>,
}

/// What is kept, and the sweep after which it was put here: the oldest first.
type Kept<T> = RefCell<Vec<(T, u32)>>;

/// The right to use a connection to a host, and the connection.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) stream: Stream,
    /// It has lain idle, so that the server may have closed it unseen.
    pub(crate) reused: bool,
    pub(crate) host: Rc<Host>,
    /// Dropped after the stream: whoever gets it finds the connection closed or in the list.
    pub(crate) permit: Option<OwnedPermit>,
}

impl Pool {
    pub(crate) fn new(options: Options) -> Rc<Self> {
        Rc::new(Self { options, ..Self::default() })
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
        let mut key = take(&OUTPUT);
        key.push(u8::from(url.secure));
        key.extend_from_slice(&url.port.to_be_bytes());
        key.extend_from_slice(url.host.as_bytes());
        let found = self.hosts.borrow().get(&key[..]).cloned();
        let host = found.unwrap_or_else(|| self.add_host(&key, url));
        keep(&OUTPUT, key);
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
            idle: Kept::default(),
            begun: Kept::default(),
            returned: Rc::new(Semaphore::new(0)),
            permits: self.options.max_connections_per_host.map(|count| Rc::new(Semaphore::new(count))),
            pool: Rc::downgrade(self),
        });
        let mut hosts = self.hosts.borrow_mut();
        if self.prune_at.get() <= hosts.len() {
            hosts.retain(|_, host| 1 < Rc::strong_count(host) || host.keeps_any());
            self.prune_at.set(FEW_HOSTS.max(2 * hosts.len()));
        }
        hosts.insert(key.into(), Rc::clone(&host));
        host
    }

    /// Closes every idle connection: descriptors are lacking.
    pub(crate) fn evict_all(&self) {
        self.expire(|_| true);
    }

    /// Drops what was put here so long ago, and returns how much is left.
    fn expire(&self, is_old: impl Fn(u32) -> bool) -> usize {
        let hosts: Vec<_> = self.hosts.borrow().values().cloned().collect();
        hosts.iter().map(|host| expire(&host.idle, &is_old) + expire(&host.begun, &is_old)).sum()
    }

    fn start_sweeping(self: &Rc<Self>) {
        let mut sweeper = self.sweeper.borrow_mut();
        if sweeper.as_ref().is_none_or(|sweeper| sweeper.0.is_finished()) {
            let sweeping = sweep(Rc::downgrade(self), self.options.pool_idle_timeout / SWEEPS);
            *sweeper = Some(Sweeper(wheelwright::spawn_named("http idle", sweeping)));
        }
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn expire<T>(kept: &Kept<T>, is_old: &impl Fn(u32) -> bool) -> usize {
    let old = kept.borrow().iter().take_while(|(_, since)| is_old(*since)).count();
    let gone: Vec<_> = kept.borrow_mut().drain(..old).collect();
    drop(gone);
    kept.borrow().len()
}

/// Closes what was idle for too long, until nothing is idle.
async fn sweep(pool: Weak<Pool>, pause: Duration) {
    loop {
        sleep(pause).await;
        let Some(pool) = pool.upgrade() else { return };
        let now = pool.sweeps.get().wrapping_add(1);
        pool.sweeps.set(now);
        if pool.expire(|since| SWEEPS < now.wrapping_sub(since)) == 0 {
            return;
        }
    }
}

impl Host {
    /// Takes the connection that was used last, passing over those that are no longer fresh.
    pub(crate) fn take_idle(self: &Rc<Self>, permit: &mut Option<OwnedPermit>) -> Option<Lease> {
        loop {
            let (stream, _) = self.idle.borrow_mut().pop()?;
            if let Some(stream) = fresh(stream) {
                return Some(Lease { stream, reused: true, host: Rc::clone(self), permit: permit.take() });
            }
        }
    }

    /// Takes a dial that another call has begun, and since when it lay here.
    pub(crate) fn take_begun(&self) -> Option<(Box<Dialing>, Instant)> {
        self.begun.borrow_mut().pop().map(|(begun, _)| begun)
    }

    /// Puts a dial here for the next call, unless it hangs on what its user wrote: that may hold what others wait for.
    pub(crate) fn put_begun(&self, dial: Box<Dialing>) {
        if dial.may_lie() {
            self.put(&self.begun, (dial, now()));
        }
    }

    /// Whether a connection lies here, or what may become one.
    fn keeps_any(&self) -> bool {
        !self.idle.borrow().is_empty() || !self.begun.borrow().is_empty()
    }

    fn put<T>(&self, kept: &Kept<T>, what: T) {
        // The client may be gone: then nobody will ever ask again.
        let Some(pool) = self.pool.upgrade() else { return };
        let count = || self.idle.borrow().len() + self.begun.borrow().len();
        let room = pool.options.pool_max_idle_per_host.is_none_or(|most| count() < most);
        if room && !pool.options.pool_idle_timeout.is_zero() {
            kept.borrow_mut().push((what, pool.sweeps.get()));
            pool.start_sweeping();
        }
    }
}

impl Lease {
    /// Ends the use of a connection that may serve again.
    pub(crate) fn park(self) {
        let Self { stream, host, permit, .. } = self;
        host.put(&host.idle, stream);
        if host.returned.available_permits() == 0 {
            host.returned.add_permits(1);
        }
        drop(permit);
    }
}

/// Returns the connection unless something came on it: bytes nobody asked for, its end, or the end of its loop.
pub(crate) fn fresh(mut stream: Stream) -> Option<Stream> {
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
            .field("begun", &self.begun.borrow().len())
            .field("permits", &self.permits.as_ref().map(|permits| permits.available_permits()))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("hosts", &self.hosts.borrow().values()).finish_non_exhaustive()
    }
}
