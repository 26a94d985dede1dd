//! Turns a number of connections into what a client does in one of two ways.

use std::io;
use std::time::Duration;

use crate::census::Census;
use crate::{on_the_loop, threads};

/// What the connections of one client do.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) connections: usize,
    /// Of each connection.
    pub(crate) exchanges: usize,
    /// Before each answer.
    pub(crate) wait: Duration,
}

impl Work {
    /// A service that takes its time to answer.
    pub(crate) fn waiting(connections: usize) -> Self {
        Self { connections, exchanges: 10, wait: Duration::from_millis(50) }
    }

    /// A simple page: asked for again and again, and there at once.
    pub(crate) fn page(connections: usize) -> Self {
        Self { connections, exchanges: 10_000 / connections, wait: Duration::ZERO }
    }

    pub(crate) fn answers(&self) -> usize {
        self.connections * self.exchanges
    }
}

/// How a client is written.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Threads,
    Loop,
}

/// How a client's work ended.
pub(crate) enum Ended {
    Well {
        /// Replies that were those of their questions.
        right: usize,
        census: Census,
    },
    /// The system had no thread for the next connection.
    Refused { threads: usize },
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Loop => "loop",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let way = [Self::Threads, Self::Loop].into_iter().find(|way| way.name() == name);
        way.ok_or_else(|| "threads or loop".into())
    }

    /// Does the work against a server's ports.
    pub(crate) fn run(self, work: Work, ports: &[u16]) -> io::Result<Ended> {
        match self {
            Self::Threads => threads::run(work, ports),
            Self::Loop => on_the_loop::run(work, ports),
        }
    }
}
