//! Section I: from a name to a connection.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use wheelwright::Runtime;
use wheelwright::time::{now, sleep, timeout};
use wheelwright_http::ErrorKind::Connect;
use wheelwright_http::{Client, ErrorKind};

use crate::script::{Server, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A listener whose backlog is full: the kernel drops the next SYN, and the client sends it again after a second.
pub(crate) struct Full {
    listener: TcpListener,
    pub(crate) addr: SocketAddr,
    queued: Vec<TcpStream>,
}

impl Full {
    pub(crate) fn listen() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket can be had");
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("loopback has a free port");
        socket.listen(0).expect("it is bound");
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr().expect("it is bound");
        let fill = || TcpStream::connect_timeout(&addr, Duration::from_millis(200));
        let queued: Vec<_> = std::iter::from_fn(|| fill().ok()).collect();
        assert!(queued.len() < 10, "the backlog was never full");
        listener.set_nonblocking(true).expect("every listener can");
        Self { listener, addr, queued }
    }

    /// Takes what is queued, and says how many came whom the test itself did not send.
    fn strangers(&self) -> usize {
        let own: Vec<_> = self.queued.iter().flat_map(|stream| stream.local_addr()).collect();
        std::iter::from_fn(|| self.listener.accept().ok()).filter(|(_, peer)| !own.contains(peer)).count()
    }
}

async fn get(client: &Client, url: &str) -> Result<String, ErrorKind> {
    let response = client.get(url).expect("the URL is good").send().await.map_err(|error| error.kind())?;
    response.text().await.map_err(|error| error.kind())
}

// I 155: an attempt that waits in the kernel is neither taken for a connection nor given up.
#[test]
fn an_attempt_under_way_becomes_a_connection_or_the_error_it_met() {
    let (freed, closed) = (Full::listen(), Full::listen());
    let (freed_url, closed_url) = (format!("http://{}/", freed.addr), format!("http://{}/", closed.addr));
    run(async {
        let client = Client::new();
        let calls = wheelwright::join(get(&client, &freed_url), get(&client, &closed_url));
        let end = async {
            sleep(Duration::from_millis(50)).await;
            drop(closed);
            // Its place in the backlog is free: the next SYN is answered, by a server that closes at once.
            assert_eq!(freed.strangers(), 0, "I 155: it is not connected yet");
            while freed.strangers() == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let (outcomes, ()) = wheelwright::join(calls, end).await;
        assert_eq!(outcomes, (Err(ErrorKind::Closed), Err(Connect)), "I 155");
    });
}

// I 157, I 158: the second address is tried beside the first, and the attempt that lost is gone.
#[test]
fn a_dead_address_delays_a_call_and_leaves_nothing_behind() {
    let (dead, server) = (Full::listen(), Server::answering(HELLO));
    let addresses = vec![dead.addr, server.addr];
    run(async {
        let resolve = move |_, _| std::future::ready(Ok(addresses.clone()));
        let client = Client::builder().resolver(resolve).build().unwrap();
        let begun = now();
        assert_eq!(get(&client, "http://two.test/").await.as_deref(), Ok("hello"), "I 157");
        assert!(Duration::from_millis(250) <= now() - begun, "I 157: the first address had its head start");
        assert_eq!(dead.strangers(), 0);
        // A socket still connecting would send its SYN again, a second after the first, and find room.
        sleep(Duration::from_millis(1_200)).await;
        assert_eq!(dead.strangers(), 0, "I 158: the attempt that lost was closed");
    });
}

// I 160: whoever looks a name up waits on the pool, and nobody else waits.
#[test]
fn a_hundred_lookups_that_hang_leave_the_loop_to_the_others() {
    let server = Server::answering(HELLO);
    let (release, hanging) = std::sync::mpsc::channel::<()>();
    let runtime = Runtime::builder().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        // The only thread is taken, so that no lookup can begin.
        let taken = wheelwright::spawn_blocking(move || hanging.recv().is_ok());
        let client = Client::new();
        let named = format!("http://localhost:{}/", server.addr.port());
        let done = std::cell::Cell::new(0);
        let lookups = wheelwright::join_all((0..100).map(|_| async {
            assert_eq!(get(&client, &named).await.as_deref(), Ok("hello"), "I 160");
            done.set(done.get() + 1);
        }));
        let others = async {
            for _ in 0..10 {
                assert_eq!(get(&client, &server.url("/")).await.as_deref(), Ok("hello"), "I 160");
            }
            assert_eq!(done.get(), 0, "I 160: the lookups were waiting all the time");
            release.send(()).expect("the pool's thread waits");
        };
        let both = wheelwright::join(lookups, others);
        timeout(Duration::from_secs(30), both).await.expect("the test hangs");
        assert!(taken.await.expect("the job ends well"));
    });
}
