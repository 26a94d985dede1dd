//! Turns the command line of an HTTP client's program into the job: where, how many at once, how many.

use std::net::SocketAddr;

use crate::measure::raise_descriptor_limit;

/// The bytes in the body of each response that is asked for.
pub const BODY: usize = 1024;

/// So many GETs from one server, so many of them in flight at once, over connections that are kept.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// The server.
    pub addr: SocketAddr,
    /// How many requests are in flight at once, and so how many connections there are.
    pub concurrency: usize,
    /// How many requests are measured.
    pub requests: usize,
}

impl Job {
    /// Reads `ADDR CONCURRENCY REQUESTS` from the command line.
    ///
    /// # Panics
    ///
    /// Panics with the usage if the command line says anything else.
    #[must_use]
    pub fn from_command_line() -> Job {
        raise_descriptor_limit();
        let words: Vec<String> = std::env::args().skip(1).collect();
        let [addr, concurrency, requests] = words.as_slice() else {
            panic!("usage: ADDR CONCURRENCY REQUESTS");
        };
        Job {
            addr: addr.parse().expect("ADDR is an IP address and a port"),
            concurrency: concurrency.parse().expect("CONCURRENCY is a number"),
            requests: requests.parse().expect("REQUESTS is a number"),
        }
    }

    /// How many requests are sent before the clocks start: every connection is open then, and has been used.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        1000 + 2 * self.concurrency
    }

    /// The URL of each request.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/{BODY}", self.addr)
    }
}
