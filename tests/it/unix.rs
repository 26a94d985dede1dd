//! Turns the promises about Unix sockets into facts.

use std::io::{ErrorKind, IoSlice, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use wheelwright::net::{UnixListener, UnixStream};
use wheelwright::{inspect, join, race, spawn, time, yield_now};

use crate::net::run;
use crate::support::OnDrop;

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

#[test]
fn a_connect_waits_until_the_listener_has_room() {
    run(async || {
        let path = path();
        let _unlinked = unlinked_in_the_end(&path);
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&socket2::SockAddr::unix(&path).expect("a path")).expect("nobody has it");
        socket.listen(0).expect("it is bound");
        let listener = UnixListener::from_std(socket.into()).expect("an option");
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
        drop(spawn(async move {
            let mut buf = [0; 4096];
            while let Ok(count @ 1..) = echo.read(&mut buf).await {
                echo.write_all(&buf[..count]).await.expect("a write");
            }
        }));
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
