//! Turns a hundred thousand requests on one connection into processes that are no larger than before.
//!
//! Either side is ours or somebody else's. The tests look at the whole process, so that they stand apart and take turns.

use std::fs;
use std::net::{TcpListener, TcpStream as StdStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use wheelwright::net::TcpStream;
use wheelwright::time::{sleep, timeout};
use wheelwright::{block_on, race, spawn_blocking};
use wheelwright_http::{Body, Client, Incoming, Running, Server};

const REQUESTS: usize = 100_000;
/// How many there are where one side is another process, which takes its time; a tenth, if nobody says it.
const FOREIGN_REQUESTS: &str = "WHEELWRIGHT_FOREIGN_REQUESTS";
/// Memory is looked at so often.
const LOOKS: usize = 1_000;

/// A foreign client: it would open another connection if this one were closed.
const PYTHON: &str = "
import http.client, sys
client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
for number in range(int(sys.argv[2])):
    client.request('GET', f'/{number}')
    assert client.getresponse().read() == b'/%d' % number
";

fn foreign_requests() -> usize {
    std::env::var(FOREIGN_REQUESTS).map_or(REQUESTS / 10, |text| text.parse().expect("the variable holds a number"))
}

/// Runs a test when it is its turn, and says so if it hangs.
fn in_turn(test: impl AsyncFnOnce()) {
    static TURN: Mutex<()> = Mutex::new(());
    // That another test has failed is told there.
    let _turn: MutexGuard<'_, ()> = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    block_on(async { timeout(Duration::from_secs(600), test()).await.expect("the test hangs") });
}

/// A server that answers with the path that it is asked for.
fn serve() -> Running {
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    server.serve(|request: Request<Incoming>| async move { Response::new(Body::full(request.uri().path().to_owned())) })
}

/// Pages of memory that the process had, again and again.
#[derive(Default)]
struct Memory(Vec<u64>);

impl Memory {
    /// Zero where the system does not tell.
    fn look(&mut self) {
        let told = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        self.0.push(told.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0));
    }

    /// The last quarter's median is at most 1 MiB or 2 % above the first one's.
    fn is_flat(&self, what: &str) {
        let quarter = self.0.len() / 4;
        let [first, last] = [&self.0[..quarter], &self.0[self.0.len() - quarter..]].map(|part| {
            let mut pages = part.to_vec();
            pages.sort_unstable();
            pages[pages.len() / 2]
        });
        println!("{what}: {first} pages of memory at first, {last} in the end");
        assert!(last <= first + 256.max(first / 50), "{first} pages at first, {last} in the end");
    }
}

/// Makes one call after another.
async fn call(
    client: &Client,
    count: usize,
    url: impl Fn(usize) -> String,
    answer: impl Fn(usize) -> String,
) -> Memory {
    let mut memory = Memory::default();
    for number in 0..count {
        let response = client.get(url(number)).expect("a URL").send().await.expect("the server answers");
        assert_eq!(response.text().await.expect("the body comes whole"), answer(number));
        if number % (count / LOOKS) == 0 {
            memory.look();
        }
    }
    assert_eq!(client.connections_opened(), 1);
    memory
}

#[test]
fn pipelined_requests_leave_memory_flat() {
    // K 194.
    in_turn(async || {
        let running = serve();
        let mut stream = TcpStream::connect(running.local_addr()).await.expect("the server listens");
        let request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        let mut reply = [0; 1024];
        let length = stream.read(&mut reply).await.expect("the server answers");
        assert!(reply[..length].ends_with(b"\r\n\r\n/a"), "a small response comes in one piece");

        let batch = request.repeat(REQUESTS / LOOKS);
        let mut replies = vec![0; REQUESTS / LOOKS * length];
        let mut memory = Memory::default();
        for _ in 0..LOOKS {
            stream.write_all(batch.as_bytes()).await.expect("the server reads");
            let mut filled = 0;
            while filled < replies.len() {
                filled += stream.read(&mut replies[filled..]).await.expect("the server answers");
            }
            assert!(replies.ends_with(b"\r\n\r\n/a"));
            memory.look();
        }
        memory.is_flat("pipelined requests");
        assert_eq!(running.accepted(), 1);
    });
}

#[test]
fn calls_of_our_client_to_our_server_leave_memory_flat() {
    // K 194.
    in_turn(async || {
        let running = serve();
        let addr = running.local_addr();
        let path = |number| format!("/{number}");
        let memory = call(&Client::new(), REQUESTS, |number| format!("http://{addr}/{number}"), path).await;
        memory.is_flat("our client and our server");
        assert_eq!(running.accepted(), 1, "by the server's own count");
    });
}

#[test]
fn calls_of_a_foreign_client_leave_memory_flat() {
    // K 194.
    in_turn(async || {
        let running = serve();
        let mut command = Command::new("python3");
        command.args(["-c", PYTHON, &running.local_addr().port().to_string(), &foreign_requests().to_string()]);
        let Ok(mut python) = command.spawn() else { return println!("skipped: Python is not installed") };
        let mut memory = Memory::default();
        let looking = async {
            loop {
                memory.look();
                sleep(Duration::from_millis(1)).await;
            }
        };
        let ended = async { spawn_blocking(move || python.wait()).await.expect("it does not panic") };
        let status = race(ended, looking).await.expect("it ends");
        assert!(status.success(), "every answer was the one to its request");
        memory.is_flat("our server and Python's client");
        assert_eq!(running.accepted(), 1);
    });
}

#[test]
fn calls_to_a_foreign_server_leave_memory_flat() {
    in_turn(async || {
        let Some(nginx) = Nginx::start() else { return println!("skipped: nginx is not installed") };
        let client = Client::new();
        let url = |path: &str| format!("http://127.0.0.1:{}/{path}", nginx.port);
        let memory = call(&client, foreign_requests(), |_| url(""), |_| "hello".to_owned()).await;
        memory.is_flat("our client and nginx");
        let status = client.get(url("status")).expect("a URL").send().await.expect("nginx answers").text().await;
        // Whoever asks at the start whether it listens sends no request.
        let requests = format!(" {} \n", foreign_requests() + 1);
        assert!(status.is_ok_and(|status| status.contains(&requests)), "by the server's own count");
        assert_eq!(client.connections_opened(), 1);
    });
}

/// A server that nobody here wrote; it ends when it is dropped.
struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    fn start() -> Option<Self> {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nginx");
        fs::create_dir_all(&folder).expect("the folder of this build can be written");
        let own = folder.display();
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders: String = folders.iter().map(|name| format!("{name}_temp_path {own}/{name};\n")).collect();
        let settings = format!(
            "daemon off; master_process off; pid {own}/pid; error_log {own}/errors; events {{ worker_connections 64; }}
             http {{ access_log off; {folders} keepalive_requests 200000;
             server {{ listen 127.0.0.1:{port}; location / {{ return 200 hello; }} location /status {{ stub_status; }} }} }}"
        );
        fs::write(folder.join("settings"), settings).expect("the folder can be written");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("settings")).arg("-e").arg(folder.join("errors"));
        let process = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        while StdStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self { process, port })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself; then both are errors that nobody needs.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
