//! Turns a function of a connection into a server of threads, and a client's future into a test that ends.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// No test takes anything like this; without it a hang would be a hang.
const HANGING: Duration = Duration::from_secs(30);

/// A server whose connections each follow the script in a thread of their own.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    marks: Marks,
}

/// One accepted connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// Counted from 1, in order of acceptance.
    pub(crate) number: usize,
    marks: Marks,
}

/// Named events that happened, counted: how a script tells the test, and the test a script.
#[derive(Clone, Default)]
pub(crate) struct Marks(Arc<(Mutex<HashMap<&'static str, usize>>, Condvar)>);

impl Server {
    pub(crate) fn start(script: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened at");
        let addr = listener.local_addr().expect("a listener has an address");
        let (connections, marks) = (Arc::new(AtomicUsize::new(0)), Marks::default());
        let (counter, script, given) = (Arc::clone(&connections), Arc::new(script), marks.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_nodelay(true).expect("the connection was just accepted");
                let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                let connection = Connection { stream, number, marks: given.clone() };
                let script = Arc::clone(&script);
                std::thread::spawn(move || script(connection));
            }
        });
        Self { addr, connections, marks }
    }

    /// A server that gives every request the same answer.
    pub(crate) fn answering(answer: &'static (impl AsRef<[u8]> + Sync + ?Sized)) -> Self {
        Self::start(move |mut connection| {
            while connection.request().is_some() {
                connection.send(answer);
            }
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }
}

impl Connection {
    /// Reads a request with its body; `None` if the client closed instead.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.read_some(&mut bytes)?;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        while bytes.len() < head + length {
            self.read_some(&mut bytes)?;
        }
        while text.contains("transfer-encoding: chunked") && !bytes.ends_with(b"0\r\n\r\n") {
            self.read_some(&mut bytes)?;
        }
        self.mark("request");
        Some(String::from_utf8(bytes).expect("the requests of the tests are text"))
    }

    fn read_some(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut buf = [0; 64 * 1024];
        let count = self.stream.read(&mut buf).ok().filter(|count| 0 < *count)?;
        bytes.extend_from_slice(&buf[..count]);
        Some(())
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may be gone, which is sometimes the very point.
        let _result = self.stream.write_all(bytes.as_ref());
    }

    /// Waits until the client closes.
    pub(crate) fn wait_for_close(&mut self) {
        let mut buf = [0; 1024];
        while matches!(self.stream.read(&mut buf), Ok(count) if 0 < count) {}
        self.mark("closed");
    }

    /// Closes with a reset, so that the client learns of it as an error.
    pub(crate) fn reset(self) {
        let socket = socket2::Socket::from(self.stream);
        socket.set_linger(Some(Duration::ZERO)).expect("lingering can be set");
    }

    pub(crate) fn end_writing(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("the connection is open");
    }

    pub(crate) fn mark(&self, name: &'static str) {
        self.marks.mark(name);
    }

    /// What marks outlive the connection.
    pub(crate) fn marks(&self) -> Marks {
        self.marks.clone()
    }

    /// Waits until the test has marked this.
    pub(crate) fn wait_for(&self, name: &'static str) {
        self.marks.wait_for(name, 1);
    }
}

impl Marks {
    pub(crate) fn mark(&self, name: &'static str) {
        *self.0.0.lock().expect("no test panics here").entry(name).or_default() += 1;
        self.0.1.notify_all();
    }

    pub(crate) fn count(&self, name: &'static str) -> usize {
        self.0.0.lock().expect("no test panics here").get(name).copied().unwrap_or(0)
    }

    /// Blocks the thread until the mark was set so often.
    pub(crate) fn wait_for(&self, name: &'static str, count: usize) {
        let marks = self.0.0.lock().expect("no test panics here");
        let enough = |marks: &mut HashMap<&'static str, usize>| marks.get(name).copied().unwrap_or(0) < count;
        let (_marks, limit) = self.0.1.wait_timeout_while(marks, HANGING, enough).expect("no test panics here");
        assert!(!limit.timed_out(), "the mark {name} never came {count} times");
    }

    /// Waits for the mark without blocking the loop.
    pub(crate) async fn reached(&self, name: &'static str, count: usize) {
        while self.count(name) < count {
            wheelwright::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Runs a test's future, which must end.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    wheelwright::block_on(async {
        wheelwright::time::timeout(HANGING, future).await.expect("the test hangs: no part of it takes so long")
    })
}
