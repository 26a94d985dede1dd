//! Turns bodies that a task sends piece by piece into what their reader gets, and their end into what the task sees.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use wheelwright::time::sleep;
use wheelwright_http::{Body, BodySender, Client, ErrorKind, Incoming, Running};

use crate::raw::{Raw, run, server};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// A server that answers with what is sent through the senders that it leaves here.
fn piping(capacity: usize) -> (Running, Rc<RefCell<Vec<BodySender>>>) {
    let senders: Rc<RefCell<Vec<BodySender>>> = Rc::default();
    let left = Rc::clone(&senders);
    let running = server().serve(move |_: Request<Incoming>| {
        let (sender, body) = Body::channel(capacity);
        left.borrow_mut().push(sender);
        async { Response::new(body) }
    });
    (running, senders)
}

/// A client that has the head of its response, and the sender of the response's body.
async fn piped(capacity: usize) -> (Running, Raw, BodySender) {
    let (running, senders) = piping(capacity);
    let mut raw = Raw::connect(running.local_addr()).await;
    raw.send(GET).await;
    raw.head().await;
    let sender = senders.take().pop().expect("the handler was called");
    (running, raw, sender)
}

#[test]
fn each_piece_arrives_before_the_next_one_is_sent_and_the_connection_lives_on() {
    run(async {
        let (_running, mut raw, sender) = piped(1).await;
        for _ in 0..3 {
            sender.send("piece").await.expect("the client reads");
            assert_eq!(raw.exactly(10).await, b"5\r\npiece\r\n");
        }
        sender.send("").await.expect("an empty piece is none, and no end");
        sender.send("last").await.expect("the client reads");
        sender.finish();
        assert_eq!(raw.chunks().await.as_deref(), Some(&b"last"[..]));
        raw.send(GET).await;
        assert_eq!(raw.head().await.status, 200);
    });
}

#[test]
fn a_sender_that_is_dropped_breaks_its_body_off() {
    run(async {
        let (_running, mut raw, sender) = piped(1).await;
        sender.send("half").await.expect("the client reads");
        drop(sender);
        assert_eq!(raw.rest().await, b"4\r\nhalf\r\n");
    });
}

#[test]
fn a_producer_sees_within_one_write_that_its_client_is_gone() {
    // K 189. A client that only closed answers the first write with a reset, which the second one meets; a reset that has
    // come already is met by the first.
    for (resets, taken) in [(true, 1), (false, 2)] {
        run(async move {
            let (running, raw, sender) = piped(1).await;
            if resets {
                socket2::SockRef::from(&raw.stream).set_linger(Some(Duration::ZERO)).expect("an open socket");
            }
            drop(raw);
            sleep(Duration::from_millis(20)).await;
            for _ in 0..taken {
                assert!(!sender.is_closed());
                sender.send("piece").await.expect("one is taken to be written");
                sleep(Duration::from_millis(20)).await;
            }
            assert!(sender.is_closed());
            let error = sender.send("piece").await.expect_err("nobody is there");
            assert_eq!(error.kind(), ErrorKind::Closed);
            while 0 < running.connections() {
                sleep(Duration::from_millis(1)).await;
            }
        });
    }
}

#[test]
fn a_producer_waits_for_a_reader_that_does_not_read() {
    // J 171, K 183: 50 MB, of which no more is on its way than the kernel holds.
    const PIECE: usize = 64 * 1024;
    const ALL: usize = 800 * PIECE;
    run(async {
        let (running, senders) = piping(2);
        let client = Client::new();
        let url = format!("http://{}/", running.local_addr());
        let mut response = client.get(url).expect("a URL").send().await.expect("the server answers");
        let sender = senders.take().pop().expect("the handler was called");
        let sent = Rc::new(Cell::new(0));
        let producer = wheelwright::spawn({
            let sent = Rc::clone(&sent);
            async move {
                while sent.get() < ALL {
                    sender.send(vec![b'x'; PIECE]).await.expect("the client reads");
                    sent.set(sent.get() + PIECE);
                }
                sender.finish();
            }
        });
        let (mut read, mut lead) = (0, 0);
        while let Some(chunk) = response.chunk().await.expect("a whole body") {
            read += chunk.len();
            lead = lead.max(sent.get() - read);
            if (read / PIECE).is_multiple_of(50) {
                sleep(Duration::from_millis(1)).await;
            }
        }
        producer.await.expect("the producer ends well");
        assert_eq!(read, ALL);
        assert!(lead < ALL / 2, "{lead} bytes of {ALL} were on their way at once");
    });
}

#[test]
fn a_request_can_be_sent_piece_by_piece_too() {
    run(async {
        let running = crate::raw::echoing(server());
        let url = format!("http://{}/", running.local_addr());
        let (sender, body) = Body::channel(1);
        let call = Client::new().post(url).expect("a URL").body(body).send();
        let produce = async {
            for piece in ["one ", "two ", "three"] {
                sender.send(piece).await.expect("the server reads");
            }
            sender.finish();
        };
        let (response, ()) = wheelwright::join(call, produce).await;
        let text = response.expect("the server answers").text().await.expect("a whole body");
        assert_eq!(text, "one two three");
    });
}
