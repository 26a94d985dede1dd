//! Turns heads without end, and streams that wait, into a process that is hardly larger than before.
//!
//! It stands alone because it looks at the whole process.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use wheelwright::net::TcpStream;
use wheelwright::sync::Event;
use wheelwright::time::{sleep, timeout};
use wheelwright::{join_all, stream};
use wheelwright_http::{Body, Incoming, Server};

/// A head of 64 KiB, in a buffer that was doubled for it, and as much again for all else.
const PER_CONNECTION: u64 = 192 * 1024;

/// So many requests or connections.
const MANY: u64 = 100;

// K 185
#[test]
fn heads_without_end_and_streams_that_wait_take_little_memory() {
    wheelwright::block_on(async {
        timeout(Duration::from_secs(120), async {
            // In this order: what the heads leave free would be used for the streams.
            streams_that_wait().await;
            heads_without_end().await;
        })
        .await
        .expect("the test hangs");
    });
}

async fn heads_without_end() {
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    let running = server.serve(|_: Request<Incoming>| async { panic!("nobody asks for anything") });
    let addr = running.local_addr();
    let names: String = (0..10_000).map(|n| format!("a{n}: b\r\n")).collect();
    let heads = [names, "x".repeat(100_000)].map(|tail| format!("GET / HTTP/1.1\r\nHost: h\r\n{tail}"));
    // A hundred fields are seen at once, of a long name only that it goes on.
    let (fields, name) = (heads[0].as_bytes(), heads[1].as_bytes());
    let refused = async |head: &[u8], held: usize| {
        let mut stream = TcpStream::connect(addr).await.expect("the server listens");
        stream.write_all(&head[..held]).await.expect("the server reads");
        // So that all of them are there at the same time.
        sleep(Duration::from_millis(if held == 0 { 0 } else { 200 })).await;
        let _ = stream.write_all(&head[held..]).await;
        let mut reply = [0; 12];
        stream.read(&mut reply).await.expect("the server answers");
        assert_eq!(&reply, b"HTTP/1.1 431");
    };
    refused(fields, 0).await;
    refused(name, 0).await;
    let one_by_one = growth(async {
        for _ in 0..MANY / 2 {
            refused(fields, 0).await;
            refused(name, 0).await;
        }
    });
    let one_by_one = one_by_one.await;
    let at_once = growth(async { _ = join_all((0..MANY).map(|_| refused(name, 60 * 1024))).await }).await;
    println!("{MANY} heads one by one: {one_by_one} bytes; at once: {} bytes each", at_once / MANY);
    assert!(one_by_one < 4 * PER_CONNECTION, "{one_by_one} bytes more for one after another");
    assert!(at_once < MANY * PER_CONNECTION, "{at_once} bytes more for {MANY} at once");
    assert_eq!(running.accepted(), 2 + 2 * MANY);
}

/// Each has been sent a piece and waits for the next: the server keeps nothing of it.
async fn streams_that_wait() {
    let end = Rc::new(Event::new());
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    let running = server.serve({
        let end = Rc::clone(&end);
        move |_: Request<Incoming>| {
            let end = Rc::clone(&end);
            let pieces = stream::generator(async move |pieces| {
                pieces.yield_(Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4_000]))).await;
                end.wait().await;
            });
            async { Response::new(Body::stream(pieces)) }
        }
    });
    let addr = running.local_addr();
    let grown = growth(async {
        let waiting = join_all((0..4 * MANY).map(async |_| {
            let mut stream = TcpStream::connect(addr).await.expect("the server listens");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.expect("the server reads");
            assert_ne!(stream.read(&mut [0; 1024]).await.expect("the server answers"), 0);
            stream
        }));
        waiting.await
    });
    let grown = grown.await / (4 * MANY);
    println!("a stream that waits: {grown} bytes");
    assert!(grown < 8 * 1024, "{grown} bytes for each stream that waits");
    end.set();
}

/// How much memory the process had at most while `work` was done, beyond what it had before; zero where the system does not
/// tell.
async fn growth<T>(work: impl Future<Output = T>) -> u64 {
    // The peak begins anew from here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let _kept = work.await;
    peak() - before
}

/// The most memory that the process ever had, in bytes.
fn peak() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line =
        told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    line.unwrap_or(0) * 1024
}
