//! Turns a server at work into its orderly end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use wheelwright::JoinHandle;
use wheelwright::sync::CancellationToken;
use wheelwright::time::timeout;

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

/// The tasks of the connections that are open.
#[derive(Default)]
pub(super) struct Connections {
    /// Tells the accept loop and each connection to end at the next good moment.
    pub(super) closing: CancellationToken,
    tasks: RefCell<BTreeMap<u64, JoinHandle<()>>>,
    next: Cell<u64>,
}

impl Connections {
    /// Spawns a connection and remembers it until it ends.
    pub(super) fn start(self: &Rc<Self>, connection: impl Future<Output = ()> + 'static) {
        let id = self.next.replace(self.next.get() + 1);
        let entry = Entry { id, connections: Rc::clone(self) };
        let task = wheelwright::spawn_named("http connection", async move {
            let _entry = entry;
            connection.await;
        });
        self.tasks.borrow_mut().insert(id, task);
    }
}

/// Strikes a connection off the list, however its task ends.
struct Entry {
    id: u64,
    connections: Rc<Connections>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let task = self.connections.tasks.borrow_mut().remove(&self.id);
        // Only now, for dropping a handle is the runtime's code and none of this list's.
        drop(task);
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
        self.connections.next.get()
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
        self.connections.closing.cancel();
        let mut ending = Ending { running: self, tasks: Vec::new() };
        // It can only end well: nothing aborts it, and it calls no code of the user's.
        let _ = (&mut ending.running.accepting).await;
        ending.take_tasks();
        if timeout(grace, ending.all()).await.is_err() {
            ending.tasks.iter().for_each(JoinHandle::abort);
            ending.all().await;
        }
    }
}

/// A server that ends: with its last task, or when nobody waits for that any more.
struct Ending {
    running: Running,
    tasks: Vec<JoinHandle<()>>,
}

impl Ending {
    fn take_tasks(&mut self) {
        self.tasks.extend(self.running.connections.tasks.take().into_values());
    }

    /// Waits for each of the tasks; those that ended are taken off the list.
    async fn all(&mut self) {
        while let Some(task) = self.tasks.last_mut() {
            // How a connection ended has been dealt with where it ended; a panic in a body's stream is the stream's own.
            let _ = task.await;
            self.tasks.pop();
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.take_tasks();
        self.tasks.iter().for_each(JoinHandle::abort);
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
