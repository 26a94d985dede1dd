//! Turns a lack of descriptors into an error for one call, and into room for the next. Alone in its process: it lowers
//! the process's limit.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use wheelwright::time::{sleep, timeout};
use wheelwright_http::Client;
use wheelwright_http::ErrorKind::Connect;

/// Answers the requests of one connection, and says when the client has closed it.
fn serve() -> (SocketAddr, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened at");
    let addr = listener.local_addr().expect("a listener has an address");
    let closed = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&closed);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client comes");
        let mut buf = [0; 1024];
        while matches!(stream.read(&mut buf), Ok(count) if 0 < count) {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").expect("the client reads");
        }
        told.store(true, Ordering::SeqCst);
    });
    (addr, closed)
}

#[test]
fn a_lack_of_descriptors_fails_that_call_and_closes_idle_connections() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(128), ..limit }).expect("a soft limit may be lowered");
    let ((first, closed), (second, _)) = (serve(), serve());
    wheelwright::block_on(async {
        let client = Client::new();
        let get = |addr| client.get(format!("http://{addr}/")).expect("the URL is good").send();
        let text = get(first).await.expect("there are descriptors").text().await;
        assert_eq!(text.expect("the body comes whole"), "hello");

        let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        assert_eq!(get(second).await.expect_err("no descriptor is left").kind(), Connect);
        let seen = async {
            while !closed.load(Ordering::SeqCst) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(10), seen).await.expect("the idle connection was closed to make room");

        drop(files);
        let text = get(second).await.expect("there are descriptors again").text().await;
        assert_eq!(text.expect("the body comes whole"), "hello");
    });
}
