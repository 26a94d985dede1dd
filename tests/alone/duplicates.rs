//! Turns sockets that others hold too into ones that the kernel no longer tells of, and leaves alone those of ours.

use std::fs;
use std::io::pipe;
use std::net::{TcpListener as StdListener, TcpStream as StdStream, UdpSocket as StdUdp};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnix;
use std::time::Duration;

use wheelwright::io::AsyncFd;
use wheelwright::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use wheelwright::{block_on, time};

/// How many descriptors this process's epoll instances watch.
fn watched() -> usize {
    let lists = fs::read_dir("/proc/self/fdinfo").expect("Linux lists them");
    let text = lists.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    text.map(|text| text.lines().filter(|line| line.starts_with("tfd:")).count()).sum()
}

/// Lets a wait time out, so that what waits is registered.
async fn register(wait: impl Future) {
    assert!(time::timeout(Duration::from_millis(2), wait).await.is_err(), "nothing comes");
}

fn duplicate(of: impl AsFd) -> OwnedFd {
    of.as_fd().try_clone_to_owned().expect("a descriptor is free")
}

async fn udp(held: &mut Vec<OwnedFd>) -> UdpSocket {
    let socket = StdUdp::bind("127.0.0.1:0").expect("a port");
    held.push(duplicate(&socket));
    let socket = UdpSocket::from_std(socket).expect("an option");
    register(socket.recv(&mut [0; 8])).await;
    socket
}

/// With a duplicate of each kept until the end, none stays registered.
pub(crate) fn none_is_watched() {
    block_on(async {
        let before = watched();
        let mut held = Vec::new();
        let listener = StdListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        held.push(duplicate(&listener));
        let listener = TcpListener::from_std(listener).expect("an option");
        register(listener.accept()).await;

        let stream = StdStream::connect(address).expect("a connection");
        held.push(duplicate(&stream));
        let mut stream = TcpStream::from_std(stream).expect("an option");
        register(stream.read(&mut [0; 8])).await;

        let (mut accepted, _) = listener.accept().await.expect("a connection");
        register(accepted.read(&mut [0; 8])).await;
        // One of our own, lent after it was registered.
        held.push(duplicate(&accepted));

        let socket = udp(&mut held).await;
        let (mut unix, _other) = UnixStream::pair().expect("a pair");
        register(unix.read(&mut [0; 8])).await;

        let (reader, _writer) = pipe().expect("a pipe");
        held.push(duplicate(&reader));
        let reader = AsyncFd::new(reader).expect("a pipe");

        let with_six = watched();
        assert!(before + 6 <= with_six, "{before}, then {with_six}");
        drop((stream, accepted, reader));
        // Those that leave are duplicates themselves.
        let left = (listener.into_std(), socket.into_std(), unix.into_std());
        assert_eq!(watched(), before);
        drop((held, left));
    });
}

/// The event of a duplicate does not reach whoever has the slot now, and a socket that comes back is watched again.
pub(crate) fn those_who_return_are_watched() {
    block_on(async {
        let (ours, theirs) = StdUnix::pair().expect("a pair");
        let duplicate = ours.try_clone().expect("a descriptor is free");
        let mut first = UnixStream::from_std(ours).expect("an option");
        register(first.read(&mut [0; 8])).await;
        drop(first);
        let mut again = UnixStream::from_std(duplicate).expect("an option");
        register(again.read(&mut [0; 8])).await;
        std::io::Write::write_all(&mut &theirs, b"x").expect("a write");
        assert_eq!(again.read(&mut [0; 8]).await.expect("a read"), 1);
    });
}
