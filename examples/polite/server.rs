//! Turns requests into answers that tell each client what it did; on one path it refuses what exceeds a rate.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::header::{HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Response, StatusCode};
use support::process::released;
use wheelwright_http::{Body, Server};

/// It lets in so many requests of a client within a second.
pub(crate) const ALLOWED: usize = 100;

const PERIOD: Duration = Duration::from_secs(1);

/// What a client did.
#[derive(Default)]
struct Known {
    requests: usize,
    peers: HashSet<SocketAddr>,
    /// When it was let in within the last period, the oldest first.
    let_in: VecDeque<Instant>,
}

/// Answers with how many requests its client has sent, and over how many connections.
pub(crate) async fn run() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("http://{}", server.local_addr());
    let clients = RefCell::new(HashMap::new());
    let _running = server.serve(move |request| {
        let mut clients = clients.borrow_mut();
        let client = clients.entry(request.headers()[USER_AGENT].clone()).or_insert_with(Known::default);
        client.requests += 1;
        client.peers.insert(request.body().peer_addr());
        let mut response = Response::new(Body::from(format!("{} {}", client.requests, client.peers.len())));
        if request.uri().path() == "/limited" && !client.is_let_in() {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(PERIOD.as_secs()));
        }
        async { response }
    });
    released().await;
    Ok(())
}

impl Known {
    /// Lets it in, unless it had all that it may within the last period.
    fn is_let_in(&mut self) -> bool {
        let now = Instant::now();
        while self.let_in.pop_front_if(|then| PERIOD <= now - *then).is_some() {}
        let has_room = self.let_in.len() < ALLOWED;
        if has_room {
            self.let_in.push_back(now);
        }
        has_room
    }
}
