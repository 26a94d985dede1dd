//! Turns a server that is told to end into one that ends well: idle connections at once, busy ones when they are done.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use wheelwright::net::TcpStream;
use wheelwright::sync::CancellationToken;
use wheelwright::time::{now, sleep};
use wheelwright_http::{Body, Incoming};

use crate::raw::{Raw, naming, run, server};

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const LONG: Duration = Duration::from_secs(30);

// K 192
#[test]
fn a_server_that_was_asked_nothing_ends_at_once() {
    // K 192.
    run(async {
        let (running, _) = naming(server());
        let begun = now();
        running.shutdown(LONG).await;
        let (running, _) = naming(server());
        let addr = running.local_addr();
        let mut silent = Raw::connect(addr).await;
        while running.connections() == 0 {
            wheelwright::yield_now().await;
        }
        running.shutdown(LONG).await;
        assert_eq!(silent.rest().await, b"");
        assert!(now() - begun < LONG);
        assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
    });
}

// K 191
#[test]
fn an_idle_connection_is_closed_and_a_busy_one_finishes() {
    // K 191: nobody is accepted, the idle end, the active finish.
    run(async {
        let (begun, go) = (CancellationToken::new(), CancellationToken::new());
        let running = server().serve({
            let (begun, go) = (begun.clone(), go.clone());
            move |request: Request<Incoming>| {
                let (begun, go) = (begun.clone(), go.clone());
                async move {
                    if request.uri() == "/slow" {
                        begun.cancel();
                        go.cancelled().await;
                    }
                    Response::new(Body::full("done"))
                }
            }
        });
        let addr = running.local_addr();
        let (mut idle, mut busy) = (Raw::connect(addr).await, Raw::connect(addr).await);
        idle.ask(GET).await;
        busy.ask(GET).await;
        busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
        begun.cancelled().await;
        let ending = wheelwright::spawn(running.shutdown(LONG));
        assert_eq!(idle.rest().await, b"");
        go.cancel();
        let reply = busy.reply().await;
        assert_eq!((reply.text().as_str(), reply.field("connection")), ("done", Some("close")));
        assert_eq!(busy.rest().await, b"");
        ending.await.expect("the server ends well");
    });
}

// K 191
#[test]
fn a_request_that_takes_longer_than_the_grace_is_dropped() {
    // K 191: the deadline, and the abort.
    struct Dropped(Rc<Cell<bool>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    run(async {
        let dropped = Rc::new(Cell::new(false));
        let (begun, watch) = (Rc::new(Cell::new(false)), Rc::clone(&dropped));
        let running = server().serve({
            let begun = Rc::clone(&begun);
            move |_: Request<Incoming>| {
                begun.set(true);
                let watch = Dropped(Rc::clone(&watch));
                async move {
                    std::future::pending::<()>().await;
                    drop(watch);
                    Response::new(Body::empty())
                }
            }
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(GET).await;
        while !begun.get() {
            wheelwright::yield_now().await;
        }
        running.shutdown(Duration::from_millis(20)).await;
        assert!(dropped.get(), "the handler's future is gone when the shutdown is over");
        assert_eq!(raw.rest().await, b"");
    });
}

#[test]
fn a_shutdown_that_is_given_up_ends_what_has_not_finished() {
    run(async {
        let begun = Rc::new(Cell::new(0));
        let running = server().serve({
            let begun = Rc::clone(&begun);
            move |_: Request<Incoming>| {
                begun.set(begun.get() + 1);
                std::future::pending::<Response<Body>>()
            }
        });
        let addr = running.local_addr();
        let (mut one, mut other, mut idle) =
            (Raw::connect(addr).await, Raw::connect(addr).await, Raw::connect(addr).await);
        one.send(GET).await;
        other.send(GET).await;
        while begun.get() < 2 {
            wheelwright::yield_now().await;
        }
        let given_up = wheelwright::time::timeout(Duration::from_millis(20), running.shutdown(LONG)).await;
        assert!(given_up.is_err());
        for raw in [&mut one, &mut other, &mut idle] {
            assert_eq!(raw.rest().await, b"");
        }
        assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
    });
}

#[test]
fn a_shutdown_that_was_never_awaited_ends_nothing() {
    run(async {
        let (running, _) = naming(server());
        let addr = running.local_addr();
        drop(running.shutdown(LONG));
        assert_eq!(Raw::connect(addr).await.ask(GET).await.text(), "/a");
    });
}

#[test]
fn connections_are_counted_when_they_are_accepted() {
    run(async {
        let (running, _) = naming(server());
        assert_eq!(running.accepted(), 0);
        for accepted in 1..=3 {
            let mut raw = Raw::connect(running.local_addr()).await;
            raw.ask(GET).await;
            raw.ask(GET).await;
            assert_eq!(running.accepted(), accepted);
        }
    });
}

#[test]
fn a_client_that_has_said_all_it_has_to_say_is_answered() {
    run(async {
        let running = server().serve(|_: Request<Incoming>| async {
            sleep(Duration::from_millis(10)).await;
            Response::new(Body::full("all the same"))
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send(GET).await;
        raw.stream.shutdown(std::net::Shutdown::Write).expect("an open connection");
        assert_eq!(raw.reply().await.text(), "all the same");
        raw.ends_well().await;
    });
}

// J 169
#[test]
fn limits_without_end_overflow_no_clock() {
    // J 169.
    run(async {
        let patient = server().header_read_timeout(Duration::MAX).idle_timeout(Duration::MAX);
        let (running, _) = naming(patient.stall_timeout(Duration::MAX));
        let mut raw = Raw::connect(running.local_addr()).await;
        raw.send("GET /a HTTP/1.1\r\n").await;
        sleep(Duration::from_millis(5)).await;
        assert_eq!(raw.ask("Host: h\r\n\r\n").await.text(), "/a");
        assert_eq!(raw.ask(GET).await.text(), "/a");
    });
}

#[test]
fn dropping_the_handle_lets_the_server_run() {
    run(async {
        let (running, _) = naming(server());
        let addr = running.local_addr();
        drop(running);
        assert_eq!(Raw::connect(addr).await.ask(GET).await.text(), "/a");
    });
}
