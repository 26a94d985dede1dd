//! Turns a hundred thousand requests on one connection into a process that is no larger than before.
//!
//! It stands alone because it looks at the whole process.

use std::time::Duration;

use http::{Request, Response};
use wheelwright::net::TcpStream;
use wheelwright_http::{Body, Incoming, Server};

const BATCH: usize = 100;

// K 194
#[test]
fn many_requests_on_one_connection_leave_memory_flat() {
    // K 194.
    wheelwright::block_on(async {
        let limit = Duration::from_secs(120);
        wheelwright::time::timeout(limit, hundred_thousand_requests()).await.expect("the test hangs");
    });
}

async fn hundred_thousand_requests() {
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    let running = server
        .serve(|request: Request<Incoming>| async move { Response::new(Body::full(request.uri().path().to_owned())) });
    let mut stream = TcpStream::connect(running.local_addr()).await.expect("the server listens");
    let request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut reply = [0; 1024];
    let length = stream.read(&mut reply).await.expect("the server answers");
    assert!(reply[..length].ends_with(b"\r\n\r\n/a"), "a small response comes in one piece");

    let batch = request.repeat(BATCH);
    let mut replies = vec![0; BATCH * length];
    let mut pages = Vec::new();
    for _ in 0..1_000 {
        stream.write_all(batch.as_bytes()).await.expect("the server reads");
        let mut filled = 0;
        while filled < replies.len() {
            filled += stream.read(&mut replies[filled..]).await.expect("the server answers");
        }
        assert!(replies.ends_with(b"\r\n\r\n/a"));
        pages.push(resident_pages());
    }
    let (first, last) = (median(&mut pages[..250]), median(&mut pages[750..]));
    assert!(last <= first + first / 50 + 256, "{first} pages at first, {last} in the end");
}

fn median(pages: &mut [u64]) -> u64 {
    pages.sort_unstable();
    pages[pages.len() / 2]
}

/// Pages of memory that the process has; zero where the system does not tell.
fn resident_pages() -> u64 {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}
