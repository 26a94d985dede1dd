//! Turns handlers that block their threads into answers, and into refusals where no thread is free.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{Runtime, join_all, spawn};

use crate::raw::{LIMIT, Raw, run, server};

/// Where handlers block until the test lets them go.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Gate {
    /// Blocks the thread until the gate is open.
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().expect("no test panics within");
        state.0 += 1;
        while !state.1 {
            state = changed.wait(state).expect("no test panics within");
        }
    }

    fn arrived(&self) -> usize {
        self.0.0.lock().expect("no test panics within").0
    }

    fn open(&self) {
        self.0.0.lock().expect("no test panics within").1 = true;
        self.0.1.notify_all();
    }
}

/// Opens the gate also where the test fails: the end of a runtime waits for its threads.
struct Opening(Gate);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.open();
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")
}

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_handler_on_a_thread_gets_the_whole_body_and_its_client_what_it_returns() {
    run(async {
        let here = std::thread::current().id();
        let running = server().serve_blocking(move |request: Request<Bytes>| {
            assert_ne!(std::thread::current().id(), here, "handlers run on threads of the pool");
            let peer = request.extensions().get::<std::net::SocketAddr>().expect("an address").ip();
            let text = format!("{} {} {peer}", request.uri(), String::from_utf8_lossy(request.body()));
            Response::builder().status(StatusCode::ACCEPTED).header("a", "b").body(text).expect("it is well-formed")
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        let reply = raw.ask(post("hello")).await;
        assert_eq!((reply.status, reply.field("a"), reply.text().as_str()), (202, Some("b"), "/ hello 127.0.0.1"));
        let chunked =
            "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
        assert_eq!(raw.ask(chunked).await.text(), "/c hello 127.0.0.1");
    });
}

/// Runs a test beside a server whose one thread is taken, and whose queue has no room; afterwards the two requests that wait
/// are answered.
fn beside_a_full_pool(test: impl AsyncFnOnce(SocketAddr)) {
    let runtime = Runtime::builder().max_blocking_threads(1).max_blocking_queue(1).build().expect("a runtime");
    let test = async {
        let gate = Gate::default();
        let opening = Opening(gate.clone());
        let running = server().serve_blocking({
            let gate = gate.clone();
            move |_: Request<Bytes>| {
                gate.pass();
                Response::new("done")
            }
        });
        let addr = running.local_addr();
        let mut raws = Vec::new();
        for _ in 0..2 {
            let mut raw = Raw::connect(addr).await;
            raw.send(get("/")).await;
            // The first holds the thread before the second comes to wait for it.
            while gate.arrived() == 0 || raws.len() == 1 && !wheelwright::blocking_is_full() {
                sleep(Duration::from_millis(1)).await;
            }
            raws.push(raw);
        }
        test(addr).await;
        assert_eq!(gate.arrived(), 1, "both are still under way");
        drop(opening);
        for mut raw in raws {
            assert_eq!(raw.reply().await.text(), "done");
        }
        assert_eq!(Raw::connect(addr).await.ask(get("/")).await.text(), "done", "there is room again");
    };
    runtime.block_on(async { timeout(LIMIT, test).await.expect("the test hangs") });
}

// K 188
#[test]
fn requests_beyond_the_threads_and_the_queue_are_refused_while_the_others_run() {
    // One runs, one waits, and the rest is told so before either of them has ended.
    beside_a_full_pool(async |addr| {
        let mut refused = Raw::connect(addr).await;
        for _ in 0..100 {
            let reply = refused.ask(get("/")).await;
            assert_eq!((reply.status, reply.text().split(':').next()), (503, Some("Busy")));
            assert_eq!(reply.field("connection"), None, "a client that is told to come back may");
        }
    });
}

// K 188
#[test]
fn a_loop_that_refuses_a_thousand_requests_keeps_its_heart() {
    beside_a_full_pool(async |addr| {
        let (begun, longest) = (now(), Rc::new(Cell::new(Duration::ZERO)));
        let heart = spawn({
            let longest = Rc::clone(&longest);
            async move {
                loop {
                    let beat = now();
                    sleep(Duration::from_millis(1)).await;
                    longest.set(longest.get().max(now() - beat));
                }
            }
        });
        let hundred = async |_| {
            let mut raw = Raw::connect(addr).await;
            for _ in 0..100 {
                assert_eq!(raw.ask(get("/")).await.status, 503);
            }
        };
        join_all((0..10).map(hundred)).await;
        heart.abort();
        println!("1,000 refusals took {:?}; the longest beat of 1 ms took {:?}", now() - begun, longest.get());
        // Ten times the bound.
        assert!(longest.get() < Duration::from_millis(500), "{:?}", longest.get());
    });
}

// K 173, K 188
#[test]
fn a_full_pool_refuses_before_it_has_read_a_body_or_asked_for_it() {
    beside_a_full_pool(async |addr| {
        let head = |length, more| format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n{more}\r\n");
        for more in ["", "Expect: 100-continue\r\n"] {
            let mut raw = Raw::connect(addr).await;
            let reply = raw.ask(head(2_000_000, more)).await;
            assert_eq!((reply.status, reply.field("connection")), (503, Some("close")), "{more}");
            raw.ends_well().await;
        }
        // A little is read and thrown away, and the connection is kept.
        let mut raw = Raw::connect(addr).await;
        for _ in 0..2 {
            let reply = raw.ask(head(200_000, "")).await;
            assert_eq!((reply.status, reply.field("connection")), (503, None));
            raw.send(vec![b'x'; 200_000]).await;
        }
    });
}

#[test]
fn a_panic_on_a_thread_is_a_500_and_the_server_lives() {
    // K 187.
    run(async {
        let running = server().serve_blocking(|request: Request<Bytes>| {
            assert!(request.uri() != "/panic", "the handler panics");
            Response::new("well")
        });
        let mut raw = Raw::connect(running.local_addr()).await;
        for _ in 0..3 {
            assert_eq!(raw.ask(get("/panic")).await.status, 500);
            assert_eq!(raw.ask(get("/")).await.text(), "well");
        }
    });
}

#[test]
fn a_body_that_is_too_large_broken_or_slow_never_reaches_the_thread() {
    // K 184, whichever way the length is told.
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (post("hello!"), 413),
        (format!("{chunked}3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n"), 413),
        (format!("{chunked}3\r\nhelX"), 400),
        (format!("{chunked}3\r\nhel"), 408),
    ];
    run(async {
        let limited = server().max_body(5).stall_timeout(Duration::from_millis(50));
        let running = limited.serve_blocking(|_: Request<Bytes>| -> Response<Bytes> { panic!("it is asked nothing") });
        for (request, status) in cases {
            let mut raw = Raw::connect(running.local_addr()).await;
            let reply = raw.ask(&request).await;
            assert_eq!((reply.status, reply.field("connection")), (status, Some("close")), "{request:?}");
            assert_eq!(raw.rest().await, b"");
        }
    });
}
