//! Turns what waits for bytes of pipes, Unix sockets and UDP into cases of leaves.

use std::future::poll_fn;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_core::Stream;

use super::{Waiting, pair, waiting};
use crate::io::{AsyncFd, BufReader, copy, copy_bidirectional, lines};
use crate::net::{UdpSocket, UnixListener, UnixStream};

/// The reading end of a pipe, and a byte that comes.
pub(super) fn read_with() -> Waiting {
    let (reader, mut writer) = pipe().expect("a pipe");
    let reader = AsyncFd::new(reader).expect("a pipe can be watched");
    let future = async move {
        let read = |mut pipe: &PipeReader| pipe.read(&mut [0; 8]);
        assert!(reader.read_with(read).await.is_ok());
    };
    waiting(future, move || drop(writer.write_all(b"x")))
}

/// The writing end of a full pipe, and a reader that makes room.
pub(super) fn write_with() -> Waiting {
    let (mut reader, writer) = pipe().expect("a pipe");
    let writer = AsyncFd::new(writer).expect("a pipe can be watched");
    while writer.get_ref().write(&[0; 65_536]).is_ok() {}
    let keep = reader.try_clone().expect("a duplicate");
    let future = async move {
        let write = |mut pipe: &PipeWriter| pipe.write(b"x");
        assert!(writer.write_with(write).await.is_ok());
        drop(keep);
    };
    waiting(future, move || drop(reader.read(&mut [0; 65_536])))
}

pub(super) fn recv_from() -> Waiting {
    let (ours, theirs) = (udp(), udp());
    let address = ours.local_addr().expect("an address");
    let future = async move { assert!(ours.recv_from(&mut [0; 8]).await.is_ok()) };
    waiting(future, move || drop(theirs.into_std().send_to(b"x", address)))
}

pub(super) fn recv() -> Waiting {
    let (ours, theirs) = (udp(), udp());
    ours.connect(theirs.local_addr().expect("an address")).expect("it is numbers");
    let address = ours.local_addr().expect("an address");
    let future = async move { assert!(ours.recv(&mut [0; 8]).await.is_ok()) };
    waiting(future, move || drop(theirs.into_std().send_to(b"x", address)))
}

fn udp() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a port")
}

pub(super) fn peek() -> Waiting {
    let (mut ours, theirs) = pair();
    let future = async move { assert!(ours.peek(&mut [0; 8]).await.is_ok()) };
    waiting(future, move || drop((&*theirs).write_all(b"x")))
}

pub(super) fn accept_unix() -> Waiting {
    let path = Unlinked::new();
    let listener = UnixListener::bind(&path.0).expect("a path");
    let future = async move { assert!(listener.accept().await.is_ok()) };
    // Refused, if the listener was dropped with the wait.
    waiting(future, move || drop(StdStream::connect(&path.0)))
}

/// With a listener that has room for one, and gets it back.
pub(super) fn connect_unix() -> Waiting {
    let path = Unlinked::new();
    let listener = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).expect("a socket");
    listener.bind(&socket2::SockAddr::unix(&path.0).expect("a path")).expect("nobody has it");
    listener.listen(0).expect("it is bound");
    let first = StdStream::connect(&path.0).expect("one fits");
    let keep = listener.try_clone().expect("a duplicate");
    let future = async move {
        assert!(UnixStream::connect(&path.0).await.is_ok());
        drop((first, keep));
    };
    waiting(future, move || drop(listener.accept()))
}

/// A path that nobody has, and that is unlinked in the end.
struct Unlinked(PathBuf);

impl Unlinked {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wheelwright-leaf-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Unlinked {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// With a stream on which a line comes and a piece of one, and then the end.
fn with_line<F: Future<Output = ()> + 'static>(wait: impl FnOnce(UnixStream) -> F) -> Waiting {
    let (ours, mut theirs) = StdStream::pair().expect("a pair");
    let keep = theirs.try_clone().expect("a duplicate");
    let wait = wait(UnixStream::from_std(ours).expect("an option"));
    let future = async move {
        wait.await;
        drop(keep);
    };
    waiting(future, move || {
        drop(theirs.write_all(b"line\nrest"));
        drop(theirs.shutdown(Shutdown::Write));
    })
}

pub(super) fn read_line() -> Waiting {
    with_line(|stream| async move {
        assert!(BufReader::new(stream).read_line(&mut String::new()).await.is_ok_and(|length| length == 5));
    })
}

pub(super) fn read_until() -> Waiting {
    with_line(|stream| async move {
        assert!(BufReader::new(stream).read_until(b'i', &mut Vec::new()).await.is_ok_and(|length| length == 2));
    })
}

pub(super) fn next_line() -> Waiting {
    with_line(|stream| async move {
        let mut lines = pin!(lines(stream));
        let line = poll_fn(|cx| lines.as_mut().poll_next(cx)).await;
        assert!(line.is_some_and(|line| line.is_ok_and(|line| line == "line")));
    })
}

pub(super) fn copying() -> Waiting {
    with_line(|stream| async move {
        let mut all = Vec::new();
        assert!(copy(stream, &mut all).await.is_ok_and(|count| count == 9));
    })
}

pub(super) fn copying_both_ways() -> Waiting {
    with_line(|mut near| async move {
        let (mut far, mut other) = UnixStream::pair().expect("a pair");
        other.shutdown(Shutdown::Write).expect("it is connected");
        assert!(copy_bidirectional(&mut near, &mut far).await.is_ok_and(|counts| counts == (9, 0)));
        assert!(other.read(&mut [0; 16]).await.is_ok_and(|count| count == 9));
    })
}
