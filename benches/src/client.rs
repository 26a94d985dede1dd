//! Turns the command line of an HTTP client's program into legs of a course: where, how many at once, how many.

use std::fmt;
use std::net::SocketAddr;

use crate::measure::{Measured, Stopwatch, max_rss_kb, raise_descriptor_limit, rss_kb};

/// The bytes in the body of each response that is asked for.
pub const BODY: usize = 1024;

/// What every client does: one request, a crowd that is in flight all at once, a warm-up, and the requests that are timed.
#[derive(Debug)]
pub struct Course {
    addrs: Vec<SocketAddr>,
    concurrency: usize,
    requests: usize,
    /// How many legs were begun.
    begun: u32,
    /// The memory after the first request, and the most of it when the crowd had its answers.
    before_kb: u64,
    crowded_kb: u64,
    watch: Option<Stopwatch>,
}

/// So many GETs, so many of them in flight at once, over connections that are kept.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Where the server listens: requests and connections are spread over all of these.
    pub addrs: Vec<SocketAddr>,
    /// What is asked for.
    pub path: String,
    /// How many requests are in flight at once, and so how many connections there are.
    pub concurrency: usize,
    /// How many requests there are.
    pub requests: usize,
}

impl Course {
    /// Reads `ADDR,ADDR... CONCURRENCY REQUESTS` from the command line. With no requests the course ends after the crowd.
    ///
    /// # Panics
    ///
    /// Panics with the usage if the command line says anything else.
    #[must_use]
    pub fn from_command_line() -> Course {
        raise_descriptor_limit();
        let words: Vec<String> = std::env::args().skip(1).collect();
        let [addrs, concurrency, requests] = words.as_slice() else {
            panic!("usage: ADDR,ADDR... CONCURRENCY REQUESTS");
        };
        Course {
            addrs: addrs.split(',').map(|addr| addr.parse().expect("ADDR is an IP address and a port")).collect(),
            concurrency: concurrency.parse().expect("CONCURRENCY is a number"),
            requests: requests.parse().expect("REQUESTS is a number"),
            begun: 0,
            before_kb: 0,
            crowded_kb: 0,
            watch: None,
        }
    }

    /// Begins the next leg; the clocks start with the last one.
    ///
    /// The server answers nobody of the crowd before all of it have asked: then the client holds what so many requests in
    /// flight take, and the connections for them.
    pub fn next_leg(&mut self) -> Option<Leg> {
        self.begun += 1;
        let (concurrency, plain) = (self.concurrency, format!("/{BODY}"));
        let (concurrency, requests, path) = match self.begun {
            1 => (1, 1, plain),
            2 => {
                self.before_kb = rss_kb();
                (concurrency, concurrency, format!("{plain}?together={concurrency}"))
            }
            3 => {
                self.crowded_kb = max_rss_kb();
                (concurrency, if self.requests == 0 { 0 } else { 1000 + concurrency }, plain)
            }
            4 => {
                self.watch = Some(Stopwatch::start());
                (concurrency, self.requests, plain)
            }
            _ => return None,
        };
        Some(Leg { addrs: self.addrs.clone(), path, concurrency, requests })
    }

    /// Stops the clocks that the last leg started.
    ///
    /// # Panics
    ///
    /// Panics before the last leg.
    #[must_use]
    pub fn end(self) -> Outcome {
        let measured = self.watch.expect("the clocks run in the last leg").stop(self.requests as u64);
        let bytes = self.crowded_kb.saturating_sub(self.before_kb) * 1024;
        Outcome { measured, in_flight_bytes: bytes / self.concurrency as u64 }
    }
}

/// What the timed requests took, and what memory each request of the crowd took.
#[derive(Debug)]
pub struct Outcome {
    measured: Measured,
    in_flight_bytes: u64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = self.measured.to_string();
        write!(f, "{}, \"in_flight_bytes\": {}}}", measured.trim_end_matches('}'), self.in_flight_bytes)
    }
}

impl Leg {
    /// Where the connection of this number goes.
    #[must_use]
    pub fn addr(&self, number: usize) -> SocketAddr {
        self.addrs[number % self.addrs.len()]
    }

    /// The URLs to ask for in turn.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.addrs.iter().map(|addr| format!("http://{addr}{}", self.path)).collect()
    }
}
