//! Turns a lack of descriptors, in the client's process or in the server's, into errors for those whom it befalls.
//!
//! The case runs twice at the same time: as the server, which says where it is and serves until its standard input ends, and
//! as the client, which is told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use wheelwright::net::{ListenOptions, TcpStream};
use wheelwright::sync::Barrier;
use wheelwright::time::sleep;
use wheelwright::{block_on, join, spawn_blocking};
use wheelwright_http::ErrorKind::{Io, Timeout};
use wheelwright_http::{Body, Client, Incoming, Phase, Running, Server};

use super::hostile::page;
use super::{
    AT_ONCE, Held, LIMIT, SIZES, SOON, all_end, ask, beside_a_heart, crowd, has_all_permits, is_unhurt, none_is_early,
    raise_descriptor_limit,
};
use crate::{ANTI_HANG, end_of, myself};

/// Tells a case where its server is. Without it the case is the server.
pub(crate) const SERVER: &str = "WHEELWRIGHT_SERVER";
/// So many connections are as many as the process can have.
const FEW: u64 = 40;

/// Starts the case as a server and as its client; both must end well.
pub(crate) fn with_a_server(command: &mut Command) -> Result<(), String> {
    with_a_server_for(ANTI_HANG, command)
}

/// The same, of a case that may take this long.
pub(crate) fn with_a_server_for(limit: Duration, command: &mut Command) -> Result<(), String> {
    let case = command.get_envs().find_map(|(_, value)| value?.to_str()).ok_or("the case has a name")?;
    let mut server = myself(case).stdin(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
    let mut line = String::new();
    let stdout = server.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    let client = command.env(SERVER, line.trim()).spawn().map_err(|error| error.to_string())?;
    let outcome = end_of(client, limit);
    drop(server.stdin.take());
    let ended = end_of(server, ANTI_HANG).map_err(|why| format!("the server: {why}"));
    outcome.and(ended).map(drop)
}

/// Takes all the descriptors that this process may have but so many.
fn all_but(few: u64) -> Vec<File> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..limit }).expect("a soft limit may be lowered");
    let mut hoard: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    hoard.truncate(hoard.len() - few as usize);
    hoard
}

fn server() -> Option<SocketAddr> {
    std::env::var(SERVER).ok().map(|text| text.parse().expect("the server says its address"))
}

/// Answers `/whole/ID`, and `/gather/ID/COUNT` once so many have come.
fn answer(server: Server) -> Running {
    let barriers: Rc<RefCell<HashMap<usize, Rc<Barrier>>>> = Rc::default();
    server.serve(move |request: Request<Incoming>| {
        let barriers = Rc::clone(&barriers);
        async move {
            let mut words = request.uri().path().split('/').skip(2).map(|word| word.parse().expect("a number"));
            let id = words.next().expect("an id");
            if let Some(count) = words.next() {
                let new = || Rc::new(Barrier::new(count as usize));
                let barrier = Rc::clone(barriers.borrow_mut().entry(count as usize).or_insert_with(new));
                barrier.wait().await;
            }
            Response::builder().header("x-id", id).body(Body::from(page(id))).expect("a good response")
        }
    })
}

/// Serves until standard input ends, and looks whether everything is back.
fn serve(exhaust: impl FnOnce() -> Vec<File>) {
    raise_descriptor_limit();
    block_on(async {
        spawn_blocking(|| ()).await.expect("the thread that will wait for the end is there");
        let listener = ListenOptions::new().backlog(4096).bind("127.0.0.1:0").expect("a free port");
        let running = answer(Server::from_listener(listener).expect("it is bound"));
        // By now the listener is watched, and the job that started the thread is forgotten.
        sleep(Duration::from_millis(10)).await;
        let before = Held::now();
        let hoard = exhaust();
        println!("{}", running.local_addr());
        let end = spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
        end.expect("it does not panic").expect("it can be read");
        drop(hoard);
        before.regained().await;
        assert_eq!(running.connections(), 0);
    });
}

/// A client has no descriptor left: the call that needs one fails, and the idle connections are closed for the next ones.
pub(crate) fn on_the_client() {
    let Some(addr) = server() else { return serve(Vec::new) };
    raise_descriptor_limit();
    block_on(async {
        for count in SIZES {
            let before = Held::now();
            let permits = count.max(FEW);
            // Of two addresses neither can be tried.
            let resolver = async |_, port| Ok(vec![([127, 0, 0, 1], port).into(), ([127, 0, 0, 9], port).into()]);
            let client = Client::builder().max_connections_per_host(permits as usize).resolver(resolver).build();
            let client = client.expect("the settings are good");
            let ids = count * 10..count * 11;
            let url = |id| format!("http://other.test:{}/whole/{id}", addr.port());

            let hoard = all_but(FEW);
            let gathered = crowd(SOON, &client, 0..FEW, |id| format!("http://{addr}/gather/{id}/{FEW}")).await;
            assert!(gathered.iter().all(|outcome| outcome.end.is_none()), "there are just enough descriptors");
            let outcomes = crowd(AT_ONCE, &client, ids.clone(), url).await;
            // In the usual order it is the first; a seed may have another one ask before.
            assert!(outcomes.iter().any(|outcome| outcome.end == Some(Io)), "no descriptor was left");
            let through = outcomes.iter().filter(|outcome| outcome.end.is_none()).count() as u64;
            assert_eq!(through, FEW.min(count - 1), "the others have what the idle connections had");
            let lost = outcomes.iter().filter(|outcome| outcome.end == Some(Io)).count() as u64;
            assert_eq!(through + lost, count, "all the others were told so");
            assert_eq!(ask(client.get(url(1)).expect("a URL"), 1).await.end, None, "nobody had to free a descriptor");

            drop(hoard);
            raise_descriptor_limit();
            let outcomes = crowd(SOON, &client, ids, url).await;
            assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "there are enough again");
            has_all_permits(&client, permits);
            drop(client);
            before.regained().await;
        }
    });
}

/// A server has no descriptor left. While all its connections are busy, whoever comes is kept waiting, and those who are there
/// are served; those that are idle are closed for others.
pub(crate) fn on_the_server() {
    let Some(addr) = server() else { return serve(|| all_but(FEW)) };
    raise_descriptor_limit();
    block_on(async {
        for count in SIZES {
            let before = Held::now();
            let (ids, url) = (count * 10..count * 11, |id| format!("http://{addr}/whole/{id}"));
            while_all_are_busy(addr, ids.clone()).await;

            let idle = Client::new();
            let gathered = crowd(SOON, &idle, 0..FEW, |id| format!("http://{addr}/gather/{id}/{FEW}")).await;
            assert!(gathered.iter().all(|outcome| outcome.end.is_none()), "the server has just enough descriptors");
            let client = Client::builder().max_connections_per_host(count as usize).build().expect("good settings");
            let outcomes = crowd(SOON, &client, ids, url).await;
            assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "the idle made room");
            assert_eq!(ask(idle.get(url(1)).expect("a URL"), 1).await.end, None, "and may come again");
            drop((idle, client));
            before.regained().await;
        }
    });
}

/// Makes calls to a server that has only connections of which each waits for the reply to a request.
async fn while_all_are_busy(addr: SocketAddr, ids: Range<u64>) {
    // One that has begun to ask is busy too. When it goes on, all of them are answered.
    let mut last = TcpStream::connect(addr).await.expect("the server listens");
    last.write_all(b"GET").await.expect("the server reads");
    let holder = Client::new();
    let held = crowd(SOON, &holder, 0..FEW - 1, |id| format!("http://{addr}/gather/{id}/{FEW}"));
    let kept_waiting = async {
        while holder.connections_opened() < FEW - 1 {
            sleep(Duration::from_millis(1)).await;
        }
        let count = ids.end - ids.start;
        let client = Client::builder().max_connections_per_host(count as usize).first_byte_timeout(LIMIT).build();
        let client = client.expect("the settings are good");
        let calls = crowd(LIMIT, &client, ids.clone(), |id| format!("http://{addr}/whole/{id}"));
        let outcomes = beside_a_heart(calls).await;
        all_end(&outcomes, Timeout(Phase::FirstByte));
        none_is_early(&outcomes, LIMIT);
        is_unhurt(&client, count);
        exchange(&mut last, format!(" /gather/{FEW}/{FEW} HTTP/1.1\r\nHost: h\r\n\r\n"), FEW).await
    };
    let (held, last_is_served) = join(held, kept_waiting).await;
    assert!(last_is_served && held.iter().all(|outcome| outcome.end.is_none()), "those who are there are served");
}

/// Sends the rest of a request and reads its reply; false if the server has closed the connection.
async fn exchange(stream: &mut TcpStream, request: String, id: u64) -> bool {
    let (mut reply, mut piece) = (Vec::new(), [0; 4096]);
    if stream.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    while !reply.ends_with(page(id).as_bytes()) {
        let Ok(length @ 1..) = stream.read(&mut piece).await else { return false };
        reply.extend_from_slice(&piece[..length]);
    }
    true
}

/// A server closes no more idle connections than it has to, and those first that have been idle longest.
pub(crate) fn longest_idle() {
    let Some(addr) = server() else { return serve(|| all_but(FEW)) };
    block_on(async {
        let request = |id| format!("GET /whole/{id} HTTP/1.1\r\nHost: h\r\n\r\n");
        let mut streams = Vec::new();
        // With one more the last descriptor goes, and Linux tells of that before anybody asks for another.
        for id in 0..FEW - 1 {
            let mut stream = TcpStream::connect(addr).await.expect("the server listens");
            assert!(exchange(&mut stream, request(id), id).await);
            streams.push(stream);
        }
        assert!(exchange(&mut streams[0], request(0), 0).await, "the oldest is not the one that is idle longest");
        let client = Client::new();
        assert_eq!(ask(client.get(format!("http://{addr}/whole/77")).expect("a URL"), 77).await.end, None);
        let mut closed = Vec::new();
        for (stream, id) in streams.iter_mut().zip(0..) {
            if !exchange(stream, request(id), id).await {
                closed.push(id);
            }
        }
        assert!(!closed.is_empty() && closed.len() < FEW as usize / 2, "{closed:?}");
        assert!(closed.iter().copied().eq(1..=closed.len() as u64), "{closed:?}");
    });
}
