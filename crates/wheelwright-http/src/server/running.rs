//! Turns a server at work into its orderly end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wheelwright::JoinHandle;
use wheelwright::sync::{CancellationToken, Notify};
use wheelwright::time::timeout;

use super::Limits;

/// So many idle connections at a time make room for new ones where descriptors are lacking.
const FEW: u32 = 16;

/// A server at work; made by [`Server::serve`](crate::Server::serve).
///
/// Dropping it lets the server go on until its runtime ends. Awaiting it waits until the server accepts no more, which
/// it does until it is shut down.
///
/// # Cancel safety
/// Nothing is lost if a wait for it is dropped.
#[must_use = "the server goes on without it, but only through it can it be shut down"]
pub struct Running {
    addr: SocketAddr,
    accepting: JoinHandle<()>,
    connections: Rc<Connections>,
}

/// The connections that are open.
pub(super) struct Connections {
    pub(super) limits: Limits,
    /// Tells the accept loop to end, and each connection to end at the next good moment.
    pub(super) closing: CancellationToken,
    /// Those who wait for their first request. A client would not ask again on another connection, so that they are spared.
    pub(super) fresh: Notify,
    /// Those between two requests, the longest idle first: one that is notified ends.
    pub(super) idle: Notify,
    /// Notified when the last connection that there was is gone.
    gone: Notify,
    tasks: RefCell<BTreeMap<u64, JoinHandle<()>>>,
    accepted: Cell<u64>,
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        let (closing, fresh, idle, gone) = Default::default();
        Self { limits, closing, fresh, idle, gone, tasks: RefCell::default(), accepted: Cell::default() }
    }

    /// Spawns a connection, whose number is given to it, and remembers it until it is struck off.
    pub(super) fn start<F: Future<Output = ()> + 'static>(&self, connection: impl FnOnce(u64) -> F) {
        let id = self.accepted.replace(self.accepted.get() + 1);
        let task = wheelwright::spawn_named("http connection", connection(id));
        self.tasks.borrow_mut().insert(id, task);
    }

    /// Strikes a connection off the list.
    pub(super) fn strike_off(&self, id: u64) {
        let task = self.tasks.borrow_mut().remove(&id);
        // Only now, for dropping a handle is the runtime's code and none of this list's.
        drop(task);
        if self.tasks.borrow().is_empty() {
            self.gone.notify_waiters();
        }
    }

    async fn all_gone(&self) {
        while !self.tasks.borrow().is_empty() {
            self.gone.notified().await;
        }
    }

    fn abort(&self) {
        self.tasks.borrow().values().for_each(JoinHandle::abort);
    }

    fn close(&self) {
        self.closing.cancel();
        self.fresh.notify_waiters();
        self.idle.notify_waiters();
    }

    /// Ends the few that have been idle longest; false if none are.
    pub(super) fn end_few(&self) -> bool {
        // It stands last in line, and takes what would be left in store for who comes later.
        let (mut last, mut told) = (self.idle.notified(), 0);
        let mut cx = Context::from_waker(Waker::noop());
        while Pin::new(&mut last).poll(&mut cx).is_pending() && told < FEW {
            self.idle.notify_one();
            told += 1;
        }
        1 < told
    }
}

impl Running {
    pub(super) fn new(addr: SocketAddr, accepting: JoinHandle<()>, connections: Rc<Connections>) -> Self {
        Self { addr, accepting, connections }
    }

    /// Returns the address on which the server listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns how many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.tasks.borrow().len()
    }

    /// Returns how many connections were accepted so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.connections.accepted.get()
    }

    /// Closes the server, and lets responses under way finish for at most `grace`.
    ///
    /// The listener and the connections between two requests are closed at once; those that have not finished by then are
    /// dropped.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright_http::{Body, Server};
    ///
    /// wheelwright::block_on(async {
    ///     let server = Server::bind("127.0.0.1:0").expect("a free port");
    ///     let running = server.serve(|_| async { http::Response::new(Body::empty()) });
    ///     assert_eq!(running.connections(), 0);
    ///     running.shutdown(Duration::from_secs(5)).await;
    /// });
    /// ```
    ///
    /// # Cancel safety
    /// If it is dropped once it was polled, the grace is over: what has not finished is dropped.
    #[doc(alias("GracefulShutdown", "cleanup", "graceful shutdown"))]
    pub async fn shutdown(self, grace: Duration) {
        self.connections.close();
        let mut ending = Ending(self);
        // It can only end well: nothing aborts it, and it calls no code of the user's.
        let _ = (&mut ending.0.accepting).await;
        let connections = &ending.0.connections;
        if timeout(grace, connections.all_gone()).await.is_err() {
            connections.abort();
            connections.all_gone().await;
        }
    }
}

/// A server that ends: with its last connection, or when nobody waits for that any more.
struct Ending(Running);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.connections.abort();
    }
}

impl Future for Running {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.accepting).poll(cx).map(|_| ())
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Running");
        shown.field("addr", &self.addr).field("connections", &self.connections()).finish_non_exhaustive()
    }
}
