//! Turns the promises about UDP into facts, against the kernel's own loopback.

use std::io::ErrorKind;
use std::net::UdpSocket as StdSocket;
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;
use wheelwright::net::UdpSocket;
use wheelwright::{block_on, inspect, join, spawn, time, yield_now};

use crate::net::run;

/// Two sockets that talk to each other: ours, registered with the kernel, and std's.
async fn pair() -> (UdpSocket, StdSocket) {
    let ours = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let theirs = StdSocket::bind("127.0.0.1:0").expect("a port");
    ours.connect(theirs.local_addr().expect("an address")).expect("it is numbers");
    theirs.connect(ours.local_addr().expect("an address")).expect("it is numbers");
    assert!(time::timeout(Duration::from_millis(2), ours.recv(&mut [0; 8])).await.is_err(), "nothing was sent yet");
    (ours, theirs)
}

#[test]
fn two_datagrams_in_one_edge_are_both_received() {
    run(async || {
        let (ours, theirs) = pair().await;
        theirs.send(b"one").expect("a send");
        theirs.send(b"three").expect("a send");
        // Both lie there before the loop looks, and both are shorter than the buffer.
        let mut buf = [0; 100];
        assert_eq!(ours.recv(&mut buf).await.expect("a datagram"), 3);
        assert_eq!(ours.recv(&mut buf).await.expect("a datagram"), 5);
        assert_eq!(&buf[..5], b"three");
    });
}

#[test]
fn an_empty_datagram_is_one_too() {
    run(async || {
        let (ours, theirs) = pair().await;
        theirs.send(b"").expect("a send");
        theirs.send(b"next").expect("a send");
        assert_eq!(ours.recv(&mut [0; 8]).await.expect("a datagram"), 0);
        assert_eq!(ours.recv(&mut [0; 8]).await.expect("a datagram"), 4);
    });
}

#[test]
fn each_of_several_who_wait_receives_one() {
    run(async || {
        let (ours, theirs) = pair().await;
        let ours = Rc::new(ours);
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let ours = Rc::clone(&ours);
                spawn(async move {
                    let mut buf = [0; 8];
                    let count = ours.recv(&mut buf).await.expect("a datagram");
                    buf[..count].to_vec()
                })
            })
            .collect();
        yield_now().await;
        for number in 0..5_u8 {
            theirs.send(&[number]).expect("a send");
        }
        let mut seen = Vec::new();
        for task in waiting {
            seen.extend(task.await.expect("it does not panic"));
        }
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn one_who_is_dropped_while_several_wait_takes_nobodys_datagram() {
    run(async || {
        let (ours, theirs) = pair().await;
        let ours = Rc::new(ours);
        let before = inspect::live();
        let waiting = |ours: Rc<UdpSocket>| spawn(async move { ours.recv(&mut [0; 8]).await });
        let (first, second) = (waiting(Rc::clone(&ours)), waiting(Rc::clone(&ours)));
        yield_now().await;
        first.abort();
        theirs.send(b"kept").expect("a send");
        assert_eq!(second.await.expect("it is not cancelled").expect("a datagram"), 4);
        assert!(first.await.expect_err("it was aborted").is_cancelled());
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_datagram_longer_than_the_buffer_is_cut() {
    run(async || {
        let (ours, theirs) = pair().await;
        theirs.send(b"0123456789").expect("a send");
        theirs.send(b"next").expect("a send");
        let mut buf = [0; 4];
        assert_eq!((ours.recv(&mut buf).await.expect("a datagram"), &buf), (4, b"0123"));
        assert_eq!((ours.recv(&mut buf).await.expect("a datagram"), &buf), (4, b"next"));
    });
}

#[test]
fn a_refusal_is_an_error_once_and_the_socket_goes_on() {
    run(async || {
        let (ours, theirs) = pair().await;
        let address = theirs.local_addr().expect("an address");
        drop(theirs);
        ours.send(b"anybody?").await.expect("nobody knows yet");
        assert_eq!(ours.recv(&mut [0; 8]).await.expect_err("refused").kind(), ErrorKind::ConnectionRefused);
        let theirs = StdSocket::bind(address).expect("the port is free again");
        theirs.send_to(b"here", ours.local_addr().expect("an address")).expect("a send");
        assert_eq!(ours.recv(&mut [0; 8]).await.expect("a datagram"), 4);
    });
}

#[test]
fn two_tasks_send_and_receive_at_once() {
    run(async || {
        let (one, other) =
            (UdpSocket::bind("127.0.0.1:0").expect("a port"), UdpSocket::bind("127.0.0.1:0").expect("a port"));
        let (one_addr, other_addr) = (one.local_addr().expect("an address"), other.local_addr().expect("an address"));
        let asking = async {
            for number in 0..1000_u32 {
                one.send_to(&number.to_le_bytes(), other_addr).await.expect("a send");
                let mut buf = [0; 8];
                let (count, from) = one.recv_from(&mut buf).await.expect("an answer");
                assert_eq!((&buf[..count], from), (&number.to_le_bytes()[..], other_addr));
            }
        };
        let answering = async {
            for _ in 0..1000 {
                let mut buf = [0; 8];
                let (count, from) = other.recv_from(&mut buf).await.expect("a question");
                assert_eq!(from, one_addr);
                other.send_to(&buf[..count], from).await.expect("a send");
            }
        };
        join(asking, answering).await;
    });
}

#[test]
fn virtual_time_does_not_jump_over_an_answer() {
    wheelwright::test(async || {
        let (ours, theirs) = pair().await;
        let answer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            theirs.send(b"late").expect("a send");
        });
        // An hour of virtual time would be over at once.
        let received = time::timeout(Duration::from_secs(3600), ours.recv(&mut [0; 8])).await;
        assert_eq!(received.expect("it did not jump").expect("a datagram"), 4);
        answer.join().expect("it does not panic");
    });
}

#[test]
fn virtual_time_jumps_over_an_idle_server_that_says_so() {
    wheelwright::test(async || {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let serving = spawn(async move { server.recv(&mut [0; 8]).background().await });
        time::sleep(Duration::from_secs(3600)).await;
        serving.abort();
    });
}

#[test]
fn a_socket_lends_its_descriptor_for_options() {
    block_on(async {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        SockRef::from(&socket).set_ttl_v4(3).expect("an option");
        let socket = socket.into_std();
        assert_eq!(socket.ttl().expect("an option"), 3);
    });
}
