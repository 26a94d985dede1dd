//! Turns idleness into figures: no wake-up, no processor time, no thread, no memory of what is over.

use std::future::pending;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Duration;

use http::Response;
use wheelwright::net::TcpStream;
use wheelwright::{block_on, join_all, spawn, spawn_blocking, time, yield_now};
use wheelwright_http::{Body, Server};

use crate::{memory, proc_self, status_number};

/// A thousand tasks wait for what never comes, one for a timer that is an hour away.
pub(crate) fn park_a_thousand() {
    block_on(async {
        for _ in 0..1000 {
            spawn(pending::<()>()).detach();
        }
        let timer = spawn(time::sleep(Duration::from_secs(3600)));
        time::sleep(Duration::from_millis(20)).await;
        println!("parked");
        timer.await.expect("nobody waits that long");
    });
}

/// Looks twice: between the looks the process must not have run at all.
pub(crate) fn look_from_outside(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let stdout = child.stdout.take().expect("it is piped");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    let look = || {
        let file = |name: &str| {
            std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).map_err(|error| error.to_string())
        };
        let (status, stat, syscall) = (file("status")?, file("stat")?, file("syscall")?);
        let switches =
            status_number(&status, "voluntary_ctxt_switches") + status_number(&status, "nonvoluntary_ctxt_switches");
        let times: Vec<_> =
            stat.rsplit(')').next().expect("a name stands in brackets").split(' ').skip(12).take(2).collect();
        Ok::<_, String>((switches, times.join("+"), syscall))
    };
    std::thread::sleep(Duration::from_millis(50));
    let first = look();
    std::thread::sleep(Duration::from_millis(500));
    let second = look();
    let _ = child.kill();
    let _ = child.wait();
    let (first, second) = (first?, second?);
    if line.trim() != "parked" || first != second {
        return Err(format!("it ran between two looks half a second apart: {first:?}, then {second:?}"));
    }
    Ok(())
}

/// Tasks, timers, sockets and groups need no thread; a blocking job needs one.
pub(crate) fn count_threads() {
    let threads = || status_number(&proc_self("status"), "Threads");
    block_on(async {
        let listener = wheelwright::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (accepted, connected) =
            wheelwright::join(listener.accept(), wheelwright::net::TcpStream::connect(address)).await;
        accepted.expect("a connection");
        connected.expect("a connection");
        join_all((0..100).map(|_| spawn(time::sleep(Duration::from_millis(1))))).await;
        drop(wheelwright::signal::ctrl_c());
        assert_eq!(threads(), 1);
        spawn_blocking(|| ()).await.expect("it does not panic");
        assert_eq!(threads(), 2);
    });
    // A thread that was joined may stand in the process table for a moment yet.
    let limit = std::time::Instant::now() + Duration::from_secs(5);
    while threads() != 1 {
        assert!(std::time::Instant::now() < limit, "the end of the runtime joins them");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// However much a handler keeps while it runs, a connection keeps nothing of it for the next request.
pub(crate) fn hold_no_handler() {
    block_on(async {
        let (small, large) = (bytes_of_each::<1>().await, bytes_of_each::<65_536>().await);
        println!("{small} bytes for each idle connection, {large} if its handler is large");
        assert!(large < small + 100, "{large} bytes for each idle connection, {small} if its handler is small");
    });
}

/// What an idle connection costs a server whose handlers keep so many bytes over an await.
async fn bytes_of_each<const SIZE: usize>() -> usize {
    const CONNECTIONS: usize = 100;
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    let running = server.serve(async |_| {
        let page = [b'a'; SIZE];
        yield_now().await;
        Response::new(Body::from(page[..1].to_vec()))
    });
    let connect = async || {
        let mut stream = TcpStream::connect(running.local_addr()).await.expect("the server listens");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the server reads");
        let mut reply = [0; 512];
        let length = stream.read(&mut reply).await.expect("the server answers");
        assert!(reply[..length].ends_with(b"\r\n\r\na"), "a small response comes in one piece");
        // By now the server waits for the next request.
        time::sleep(Duration::from_millis(1)).await;
        stream
    };
    let mut streams = vec![connect().await];
    streams.reserve(CONNECTIONS);
    let before = memory::allocated();
    for _ in 0..CONNECTIONS {
        streams.push(connect().await);
    }
    (memory::allocated() - before) / CONNECTIONS
}
