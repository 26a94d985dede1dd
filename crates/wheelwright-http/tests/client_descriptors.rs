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
use wheelwright::yield_now;
use wheelwright_http::ErrorKind::Io;
use wheelwright_http::{Client, Retry};

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

/// What a call for this URL met, for which there was no descriptor, and the one after it.
fn without_descriptors(url: &str) {
    let (first, closed) = serve();
    wheelwright::block_on(async {
        let client = Client::new();
        let get = async |url: &str| client.get(url).expect("the URL is good").send().await?.text().await;
        let text = get(&format!("http://{first}/")).await;
        assert_eq!(text.expect("there are descriptors"), "hello");

        let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let error = get(url).await.expect_err("no descriptor is left");
        assert_eq!((error.kind(), error.is_connect()), (Io, false), "{url}: no other host would do better");
        let seen = async {
            while !closed.load(Ordering::SeqCst) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(10), seen).await.expect("the idle connection was closed to make room");
        let text = get(url).await;
        assert_eq!(text.expect("there is room for one"), "hello", "{url}");

        drop((files, client));
    });
}

/// It may pass before another try.
fn tried_again() {
    let (addr, _) = serve();
    wheelwright::block_on(async {
        let client = Client::builder().retry(Retry::budget(0.1)).build().expect("the settings are good");
        let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let call = client.get(format!("http://{addr}/")).expect("the URL is good").send();
        let later = async {
            yield_now().await;
            files.clear();
        };
        let (response, ()) = wheelwright::join(call, later).await;
        assert_eq!(response.expect("it was tried again").text().await.expect("it comes whole"), "hello");
    });
}

// One test: it has the process for itself. Sockets and lookups alike need descriptors.
#[test]
fn a_lack_of_descriptors_fails_that_call_and_closes_idle_connections() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(128), ..limit }).expect("a soft limit may be lowered");
    without_descriptors(&format!("http://{}/", serve().0));
    without_descriptors(&format!("http://localhost:{}/", serve().0.port()));
    tried_again();
}
