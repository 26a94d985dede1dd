//! Turns each leaf future of the crate into a case: how to make one that waits, and how to end its wait.

mod bytes;

use std::future::{pending, ready};
use std::io::{Read, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use signal_hook::{consts::SIGINT, low_level};

use crate::net::{TcpListener, TcpStream};
use crate::stream::{self, Events, Stream, StreamExt};
use crate::sync::{
    Barrier, CancellationToken, Event, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, remote,
    watch,
};
use crate::test_waker::poll_once;
use crate::time::{Elapsed, RateLimiter, interval_at, now, sleep, timeout};
use crate::{
    Group, Handle, TaskGroup, fs, join_all, map_concurrent, scope, shield, signal, spawn, spawn_blocking, task,
    try_join, try_join_all, with_resource, yield_now,
};

/// A leaf that waits once it is polled, and what ends its wait.
pub(super) struct Waiting {
    pub(super) future: Pin<Box<dyn Future<Output = ()>>>,
    pub(super) fire: Box<dyn FnOnce()>,
}

/// A kind of leaf.
pub(super) struct Leaf {
    pub(super) name: &'static str,
    /// Called inside a runtime.
    pub(super) make: fn() -> Waiting,
    /// It may be ready as soon as its wait was ended, without ever having been polled.
    pub(super) can_be_ready_at_once: bool,
}

const fn leaf(name: &'static str, make: fn() -> Waiting) -> Leaf {
    Leaf { name, make, can_be_ready_at_once: true }
}

/// Its end lies in the future, or in the next lap.
const fn never_at_once(name: &'static str, make: fn() -> Waiting) -> Leaf {
    Leaf { name, make, can_be_ready_at_once: false }
}

pub(super) const LEAVES: &[Leaf] = &[
    never_at_once("sleep", || waiting(sleep(MOMENT), || {})),
    never_at_once("sleep of zero", || waiting(sleep(Duration::ZERO), || {})),
    never_at_once("timeout", || waiting(async { assert!(timeout(MOMENT, pending::<()>()).await.is_err()) }, || {})),
    never_at_once("rate limiter", || waiting(take_two(), || {})),
    never_at_once("yield_now", || waiting(yield_now(), || {})),
    leaf("join handle", join_handle),
    leaf("remote join handle", remote_join_handle),
    leaf("blocking handle", blocking_handle),
    leaf("file job", || waiting(async { drop(fs::read("/no/such/file").await) }, || {})),
    leaf("acquire", acquire),
    leaf("mutex", || behind(Mutex::new(0), async |it| hold(it.lock().await).await, async |it| drop(it.lock().await))),
    leaf("read", || behind(RwLock::new(0), async |it| hold(it.write().await).await, async |it| drop(it.read().await))),
    leaf("write", || behind(RwLock::new(0), async |it| hold(it.read().await).await, async |it| drop(it.write().await))),
    leaf("event", || with(Event::new(), async |it| it.wait().await, |it| it.set())),
    never_at_once("notified", || with(Notify::new(), async |it| it.notified().await, |it| it.notify_waiters())),
    leaf("notified alone", || with(Notify::new(), async |it| it.notified().await, |it| it.notify_one())),
    never_at_once("barrier", || {
        with(Barrier::new(2), async |it| assert!(!it.wait().await.is_leader()), |it| _ = poll_once(&mut it.wait()))
    }),
    leaf("once cell", || {
        behind(
            OnceCell::new(),
            async |it| *it.get_or_init(pending).await,
            async |it| *it.get_or_init(|| ready(())).await,
        )
    }),
    leaf("mpsc send", mpsc_send),
    leaf("mpsc reserve", mpsc_reserve),
    leaf("mpsc recv", || ended(mpsc::channel::<()>(1), async |mut rx| assert!(rx.recv().await.is_none()))),
    leaf("oneshot", || ended(oneshot::channel::<()>(), async |rx| assert!(rx.await.is_err()))),
    leaf("oneshot closed", || ended(swapped(oneshot::channel::<()>()), async |mut tx| tx.closed().await)),
    leaf("watch changed", || ended(watch::channel(1), async |mut rx| assert!(rx.changed().await.is_err()))),
    leaf("watch wait_for", || {
        ended(watch::channel(1), async |mut rx| assert!(rx.wait_for(|it| *it == 2).await.is_err()))
    }),
    leaf("broadcast recv", || ended(broadcast::channel::<()>(1), async |mut rx| assert!(rx.recv().await.is_err()))),
    leaf("remote recv", || ended(remote::channel::<()>(1), async |mut rx| assert!(rx.recv().await.is_none()))),
    leaf("remote send", remote_send),
    leaf("cancelled", || with_token(|token| async move { token.cancelled().await })),
    leaf("group", || with_token(|token| async move { assert!(grouped(token).join_next().await.is_some()) })),
    leaf("join_all", || with_token(|token| async move { drop(join_all([token.cancelled()]).await) })),
    leaf("map_concurrent", || {
        with_token(|token| async move { drop(map_concurrent(2, 0..5, async |_: i32| token.cancelled().await).await) })
    }),
    leaf("try_join_all", || with_token(|token| async move { assert!(try_join_all([used(token)]).await.is_ok()) })),
    leaf("try_join", || {
        with_token(|token| async move { assert!(try_join(used(token.clone()), used(token)).await.is_ok()) })
    }),
    leaf("task group", || {
        with_token(|token| async move {
            let group = TaskGroup::new();
            group.spawn(used(token));
            assert!(group.join_all().await.is_ok());
        })
    }),
    leaf("scope", || {
        with_token(|token| async move {
            scope(async |s| {
                s.spawn(token.cancelled());
                s.spawn(token.cancelled()).await;
            })
            .await;
        })
    }),
    leaf("shield", || with_token(|token| shield(async move { token.cancelled().await }))),
    leaf("resource in use", || {
        with_token(|token| async {
            let outcome = with_resource(async { Ok(token) }, async |it| used(it.clone()).await, async |_| Ok(()), LONG);
            assert!(outcome.await.is_ok());
        })
    }),
    leaf("inherited locals", || with_token(|token| task::inherit(async move { token.cancelled().await }))),
    never_at_once("tick", || {
        waiting(async { assert!(interval_at(now() + MOMENT, MOMENT).tick().await <= now()) }, || {})
    }),
    never_at_once("stream timeout", || {
        let mut slow = Box::pin(stream::once(pending::<()>()).timeout(MOMENT));
        waiting(async move { assert_eq!(slow.next().await, Some(Err(Elapsed))) }, || {})
    }),
    leaf("generator", || with_token(|token| async { assert_eq!(counting(token).collect::<Vec<_>>().await, [0, 1]) })),
    leaf("buffered", || {
        with_token(|token| async { drop(counting(token).map(async |n| n).buffered(2).collect::<Vec<_>>().await) })
    }),
    leaf("buffer_unordered", || {
        with_token(|token| async move {
            let waits = stream::iter(0..5).map(async |_: i32| token.cancelled().await);
            waits.buffer_unordered(2).collect::<Vec<_>>().await;
        })
    }),
    leaf("merge", || {
        with_token(
            |token| async move { drop(counting(token.clone()).merge(counting(token)).collect::<Vec<_>>().await) },
        )
    }),
    leaf("events", || {
        with_token(|token| async move {
            let mut events = Events::fair();
            events.on(counting(token.clone()).chunks(2), |_| ());
            events.once(async move { token.cancelled().await }, |()| ());
            while events.next().await.is_some() {}
        })
    }),
    leaf("accept", accept),
    never_at_once("connect", connect),
    leaf("read", || with_stream(|mut stream| async move { assert!(stream.read(&mut [0; 8]).await.is_ok()) })),
    leaf("readable", || with_stream(|mut stream| async move { assert!(stream.readable().await.is_ok()) })),
    leaf("write_all", || with_full(|mut stream| async move { assert!(stream.write_all(&[1; 1000]).await.is_ok()) })),
    leaf("writable", || with_full(|mut stream| async move { assert!(stream.writable().await.is_ok()) })),
    leaf("lookup", || waiting(async { drop(crate::net::lookup_host("localhost:1").await) }, || {})),
    leaf("read_with", bytes::read_with),
    leaf("write_with", bytes::write_with),
    leaf("recv", bytes::recv),
    leaf("recv_from", bytes::recv_from),
    leaf("peek", bytes::peek),
    leaf("accept on a Unix socket", bytes::accept_unix),
    leaf("connect to a Unix socket", bytes::connect_unix),
    leaf("read_line", bytes::read_line),
    leaf("read_until", bytes::read_until),
    leaf("lines", bytes::next_line),
    leaf("copy", bytes::copying),
    leaf("copy_bidirectional", bytes::copying_both_ways),
    leaf("ctrl_c", || {
        waiting(
            {
                let signal = signal::ctrl_c();
                async { assert!(signal.await.is_ok()) }
            },
            || low_level::raise(SIGINT).expect("a handler is in place"),
        )
    }),
];

const MOMENT: Duration = Duration::from_millis(2);

const LONG: Duration = Duration::from_secs(600);

async fn used(token: CancellationToken) -> Result<(), &'static str> {
    token.cancelled().await;
    Ok(())
}

fn waiting(future: impl Future<Output = ()> + 'static, fire: impl FnOnce() + 'static) -> Waiting {
    Waiting { future: Box::pin(future), fire: Box::new(fire) }
}

fn counting(token: CancellationToken) -> impl Stream<Item = i32> + Unpin {
    stream::generator(async move |y| {
        y.yield_(0).await;
        token.cancelled().await;
        y.yield_(1).await;
    })
}

async fn take_two() {
    let limiter = RateLimiter::per_second(500.0);
    limiter.acquire().await;
    limiter.acquire().await;
}

fn with_token<F: Future<Output = ()> + 'static>(wait: impl FnOnce(CancellationToken) -> F) -> Waiting {
    let token = CancellationToken::new();
    waiting(wait(token.clone()), move || token.cancel())
}

fn grouped(token: CancellationToken) -> Group<Pin<Box<dyn Future<Output = ()>>>> {
    let mut group: Group<Pin<Box<dyn Future<Output = ()>>>> = Group::new();
    group.insert(Box::pin(pending()));
    group.insert(Box::pin(async move { token.cancelled().await }));
    group
}

fn join_handle() -> Waiting {
    with_token(|token| {
        let task = spawn(async move { token.cancelled().await });
        async { assert!(task.await.is_ok()) }
    })
}

fn remote_join_handle() -> Waiting {
    let is_over = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_over);
    let task = Handle::current().spawn(async move || {
        while !flag.load(Ordering::Relaxed) {
            yield_now().await;
        }
    });
    let task = task.expect("the inbox is open");
    waiting(async { assert!(task.await.is_ok()) }, move || is_over.store(true, Ordering::Relaxed))
}

fn blocking_handle() -> Waiting {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let job = spawn_blocking(move || gate.recv().is_err());
    waiting(async { assert!(job.await.is_ok()) }, move || drop(open))
}

fn acquire() -> Waiting {
    let semaphore = Rc::new(Semaphore::new(1));
    let permit = poll_once(&mut semaphore.acquire_owned());
    assert!(permit.is_ready());
    waiting(async move { drop(semaphore.acquire_owned().await) }, move || drop(permit))
}

/// With something that a wait and its end have in common.
fn with<T: 'static>(it: T, wait: impl AsyncFnOnce(Rc<T>) + 'static, fire: impl FnOnce(Rc<T>) + 'static) -> Waiting {
    let it = Rc::new(it);
    let other = Rc::clone(&it);
    waiting(wait(it), move || fire(other))
}

/// One end of a channel waits for the other to go.
fn ended<G: 'static, W: 'static>((goes, waits): (G, W), wait: impl AsyncFnOnce(W) + 'static) -> Waiting {
    waiting(wait(waits), move || drop(goes))
}

fn swapped<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

fn mpsc_send() -> Waiting {
    let (sender, mut receiver) = mpsc::channel(1);
    assert!(sender.try_send(()).is_ok());
    // The receiver goes as soon as it has made room.
    waiting(async move { assert!(sender.send(()).await.is_err()) }, move || assert!(receiver.try_recv().is_ok()))
}

fn mpsc_reserve() -> Waiting {
    let (sender, receiver) = mpsc::channel(1);
    assert!(sender.try_send(()).is_ok());
    waiting(async move { assert!(sender.reserve().await.is_err()) }, move || drop(receiver))
}

fn remote_send() -> Waiting {
    let (sender, mut receiver) = remote::channel(1);
    assert!(sender.try_send(()).is_ok());
    waiting(async move { assert!(sender.send(()).await.is_err()) }, move || assert!(receiver.try_recv().is_ok()))
}

async fn hold<T>(_guard: T) {
    pending().await
}

/// With a lock that somebody else holds.
fn behind<T: 'static, F: Future<Output = ()> + 'static>(
    it: T,
    holder: impl FnOnce(Rc<T>) -> F,
    wait: impl AsyncFnOnce(Rc<T>) + 'static,
) -> Waiting {
    let it = Rc::new(it);
    let mut holder = Box::pin(holder(Rc::clone(&it)));
    assert!(poll_once(&mut holder).is_pending());
    waiting(wait(it), move || drop(holder))
}

fn accept() -> Waiting {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    waiting(async move { assert!(listener.accept().await.is_ok()) }, move || {
        // Refused, if the listener was dropped with the wait.
        drop(std::net::TcpStream::connect(address));
    })
}

/// Nothing but time ends it: the kernel completes the connection by itself.
fn connect() -> Waiting {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let future = async move {
        assert!(TcpStream::connect(address).await.is_ok());
        drop(listener);
    };
    waiting(future, || {})
}

/// Our end of a connection, and std's.
fn pair() -> (TcpStream, Rc<std::net::TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let theirs = std::net::TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    match poll_once(&mut listener.accept()) {
        Poll::Ready(accepted) => (accepted.expect("a connection").0, Rc::new(theirs)),
        Poll::Pending => panic!("the connection is in the backlog"),
    }
}

fn with_stream<F: Future<Output = ()> + 'static>(wait: impl FnOnce(TcpStream) -> F) -> Waiting {
    let (ours, theirs) = pair();
    waiting(wait(ours), move || drop((&*theirs).write_all(b"there")))
}

/// With a stream that takes nothing more until the other side reads.
fn with_full<F: Future<Output = ()> + 'static>(wait: impl FnOnce(TcpStream) -> F) -> Waiting {
    let (mut ours, theirs) = pair();
    while ours.try_write(&[0; 65_536]).is_ok() {}
    let (wait, open) = (wait(ours), Rc::clone(&theirs));
    let future = async move {
        wait.await;
        drop(open);
    };
    waiting(future, move || {
        theirs.set_nonblocking(true).expect("an option");
        // More than one buffer is on its way.
        for _ in 0..5 {
            while (&*theirs).read(&mut vec![0; 1 << 20]).is_ok_and(|count| 0 < count) {}
            std::thread::sleep(Duration::from_millis(1));
        }
    })
}
