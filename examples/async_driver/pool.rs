//! Turns an address into connections for many users: at most so many, and none that owes a reply to somebody else.
//!
//! It knows replies, not commands: SELECT, MULTI and SUBSCRIBE, which change a connection, need one of their own.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::{Deref, DerefMut};

use wheelwright::sync::{Permit, Semaphore};

use crate::redis::Connection;
use crate::resp::Reply;

/// Which connections come back from their users.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum TakesBack {
    Clean,
    /// What a pool must not do; it is here to show why.
    Every,
}

pub(crate) struct Pool {
    addr: String,
    /// By which Redis lists our connections among those of others.
    name: String,
    takes_back: TakesBack,
    /// One for each connection that may be in use.
    permits: Semaphore,
    idle: RefCell<Vec<Connection>>,
    pub(crate) opened: Cell<u32>,
}

/// A connection, and the right to use it until this is dropped.
pub(crate) struct Lease<'a> {
    connection: Option<Connection>,
    pool: &'a Pool,
    _permit: Permit<'a>,
}

impl Pool {
    pub(crate) fn new(addr: &str, name: &str, size: usize, takes_back: TakesBack) -> Self {
        let (addr, name, permits) = (addr.into(), name.into(), Semaphore::new(size));
        Self { addr, name, takes_back, permits, idle: RefCell::default(), opened: Cell::new(0) }
    }

    /// Waits for one of the connections, which is opened if none is idle.
    pub(crate) async fn take(&self) -> io::Result<Lease<'_>> {
        let permit = self.permits.acquire().await.expect("nobody closes the permits");
        let connection = match self.idle() {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok(Lease { connection: Some(connection), pool: self, _permit: permit })
    }

    /// Sends one command over one of the connections and waits for its reply.
    pub(crate) async fn call(&self, command: &[&str]) -> io::Result<Reply> {
        self.take().await?.call(command).await
    }

    /// The one used last; those that Redis has closed meanwhile are passed over.
    fn idle(&self) -> Option<Connection> {
        loop {
            let idle = self.idle.borrow_mut().pop()?;
            if let Some(connection) = self.accepts(idle) {
                return Some(connection);
            }
        }
    }

    async fn open(&self) -> io::Result<Connection> {
        let mut connection = Connection::open(&self.addr).await?;
        connection.call(&["CLIENT", "SETNAME", &self.name]).await?;
        self.opened.set(self.opened.get() + 1);
        Ok(connection)
    }

    fn accepts(&self, mut connection: Connection) -> Option<Connection> {
        (self.takes_back == TakesBack::Every || connection.is_clean()).then_some(connection)
    }
}

impl Drop for Lease<'_> {
    /// Runs however the use ended: with a reply, with an error, or at an await where its user was dropped.
    fn drop(&mut self) {
        let returned = self.connection.take().and_then(|connection| self.pool.accepts(connection));
        self.pool.idle.borrow_mut().extend(returned);
    }
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until the lease is dropped")
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is there until the lease is dropped")
    }
}
