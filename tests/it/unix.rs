//! Turns the promises about Unix sockets into facts.

use std::cell::Cell;
use std::io::{ErrorKind, IoSlice, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use wheelwright::net::{UnixListener, UnixStream};
use wheelwright::{inspect, join, race, spawn, spawn_named, time, yield_now};

use crate::net::run;
use crate::support::{OnDrop, parked};

/// A path that nobody has.
fn path() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("wheelwright-it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    std::env::temp_dir().join(name)
}

fn unlinked_in_the_end(path: &Path) -> impl Drop {
    let path = path.to_path_buf();
    OnDrop(move || drop(std::fs::remove_file(&path)))
}

/// Our end, registered with the kernel, and std's.
async fn pair() -> (UnixStream, StdStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let mut ours = ours;
    let waited = race(async { ours.readable().await.is_ok() }, async {
        yield_now().await;
        false
    });
    waited.await;
    assert_eq!(ours.try_read(&mut [0; 8]).expect_err("nothing was sent").kind(), ErrorKind::WouldBlock);
    assert_eq!(inspect::live().sources, 1);
    let theirs = theirs.into_std();
    theirs.set_nonblocking(false).expect("an option");
    (ours, theirs)
}

#[test]
fn data_on_both_sides_of_a_passed_descriptor_are_both_read() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        theirs.write_all(b"before").expect("a write");
        let passed = std::io::stderr();
        let descriptors = [passed.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(&theirs, &[IoSlice::new(b"with")], &mut control, SendFlags::empty()).expect("a send");
        theirs.write_all(b"after").expect("a write");
        // One edge tells of all three, and each read comes back short: the kernel stops at the descriptor.
        let (mut all, mut buf, mut reads) = (Vec::new(), [0; 1024], 0);
        while all.len() < 15 {
            let count = ours.read(&mut buf).await.expect("a read");
            all.extend_from_slice(&buf[..count]);
            reads += 1;
        }
        assert_eq!(all, b"beforewithafter");
        assert!(1 < reads, "the kernel did split it");
    });
}

#[test]
fn a_listener_accepts_and_leaves_its_file_to_others() {
    run(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let listener = UnixListener::bind(&path).expect("a path");
        let (accepted, connected) = join(listener.accept(), UnixStream::connect(&path)).await;
        let ((mut server, peer), mut client) = (accepted.expect("a connection"), connected.expect("a connection"));
        assert!(peer.is_unnamed());
        assert_eq!(client.peer_addr().expect("an address").as_pathname(), Some(path.as_path()));
        client.write_all(b"hello").await.expect("a write");
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut buf).await.expect("a read"), 5);
        drop(listener);
        assert!(path.exists(), "nobody unlinks it");
        assert_eq!(UnixListener::bind(&path).expect_err("it is there").kind(), ErrorKind::AddrInUse);
        assert_eq!(UnixStream::connect(&path).await.expect_err("nobody listens").kind(), ErrorKind::ConnectionRefused);
        std::fs::remove_file(&path).expect("it is ours");
        assert_eq!(UnixStream::connect(&path).await.expect_err("it is gone").kind(), ErrorKind::NotFound);
    });
}

/// A listener of std with room for so many connections and one more.
fn with_room(path: &Path, backlog: i32) -> StdListener {
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&socket2::SockAddr::unix(path).expect("a path")).expect("nobody has it");
    socket.listen(backlog).expect("it is bound");
    socket.into()
}

#[test]
fn connects_that_succeed_at_once_do_not_starve_other_tasks() {
    run(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let _listener = with_room(&path, 1000);
        let laps = Rc::new(Cell::new(0));
        let counting = Rc::clone(&laps);
        let counter = spawn(async move {
            loop {
                counting.set(counting.get() + 1);
                yield_now().await;
            }
        });
        for _ in 0..500 {
            UnixStream::connect(&path).await.expect("there is room");
        }
        counter.abort();
        assert!(2 < laps.get(), "{} laps", laps.get());
    });
}

#[test]
fn virtual_time_does_not_jump_over_a_connect_that_waits_for_room() {
    wheelwright::test(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let listener = with_room(&path, 0);
        let _first = UnixStream::connect(&path).await.expect("there is room for one");
        let accepting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            drop(listener.accept());
            listener
        });
        // Pauses of virtual time would all be over long before.
        let connected = time::timeout(Duration::from_secs(5), UnixStream::connect(&path)).await;
        drop(connected.expect("it did not jump").expect("a connection"));
        drop(accepting.join().expect("it does not panic"));
    });
}

#[test]
fn a_connect_that_waits_names_the_line_that_called_it() {
    run(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let _listener = with_room(&path, 0);
        let _first = UnixStream::connect(&path).await.expect("there is room for one");
        let full = path.clone();
        let waiting = spawn_named("waiting", async move { UnixStream::connect(&full).await.map(drop) });
        let tasks = parked().await;
        let line = tasks.iter().map(ToString::to_string).find(|task| task.contains("'waiting'")).expect("it is there");
        assert!(line.matches("it/unix.rs").count() == 2, "{line}");
        waiting.abort();
    });
}

#[test]
fn a_connect_waits_until_the_listener_has_room() {
    run(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let listener = UnixListener::from_std(with_room(&path, 0)).expect("an option");
        let _first = UnixStream::connect(&path).await.expect("there is room for one");
        // The limit against hanging has a timer of its own, from the first wait on.
        yield_now().await;
        let before = inspect::live();
        assert!(time::timeout(Duration::from_millis(20), UnixStream::connect(&path)).await.is_err());
        assert_eq!(inspect::live(), before, "the one that was dropped left nothing");
        let (connected, accepted) = join(UnixStream::connect(&path), async {
            time::sleep(Duration::from_millis(20)).await;
            listener.accept().await
        })
        .await;
        accepted.expect("the first");
        connected.expect("there is room again");
    });
}

#[test]
fn the_two_ways_run_in_two_tasks_and_a_shutdown_ends_one() {
    run(async || {
        let (client, mut echo) = UnixStream::pair().expect("a pair");
        spawn(async move {
            let mut buf = [0; 4096];
            while let Ok(count @ 1..) = echo.read(&mut buf).await {
                echo.write_all(&buf[..count]).await.expect("a write");
            }
        })
        .detach();
        let (mut input, mut output) = client.into_split();
        let writer = spawn(async move {
            output.write_all(&[7; 1_000_000]).await.expect("a write");
            output.shutdown().expect("a shutdown");
        });
        let (mut total, mut buf) = (0, [0; 4096]);
        while let count @ 1.. = input.read(&mut buf).await.expect("a read") {
            total += count;
        }
        writer.await.expect("it does not panic");
        assert_eq!(total, 1_000_000);
    });
}

#[test]
fn what_std_opened_is_made_non_blocking_and_given_back() {
    fn is_io<S: AsyncRead + AsyncWrite + Unpin>(_: &S) {}
    run(async || {
        let (ours, mut theirs) = StdStream::pair().expect("a pair");
        let mut ours = UnixStream::from_std(ours).expect("an option");
        is_io(&ours);
        // A blocking socket would hang here.
        assert!(time::timeout(Duration::from_millis(2), ours.read(&mut [0; 8])).await.is_err());
        theirs.write_all(b"x").expect("a write");
        assert_eq!(ours.read(&mut [0; 8]).await.expect("a read"), 1);
        let ours = ours.into_std();
        assert_eq!(inspect::live().sources, 0);
        theirs.shutdown(Shutdown::Both).expect("a shutdown");
        drop(ours);
    });
}
