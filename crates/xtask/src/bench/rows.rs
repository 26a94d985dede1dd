//! Turns the goals of the project into a list: what is measured, beside whom, and which ratio is to be reached.

/// One workload, run by every peer.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What one operation is.
    pub(super) what: &'static str,
    pub(super) job: Job,
    /// How many operations one run of a full bench makes: a few tenths of a second for the slowest peer.
    pub(super) operations: u64,
    /// As many operations as are made together at least.
    pub(super) batch: u64,
    /// The ratios of CPU time that this runtime is to reach; the first names the peer that all ratios are taken to.
    pub(super) reach: &'static [Reach],
}

/// What kind of program runs the row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job {
    /// Work inside the loop, without a socket.
    Loop,
    /// Echoes over TCP, both ends on one loop.
    Echo,
    /// GETs of 1 KiB over kept connections, so many in flight at once, to so many ports of one server, which answers so
    /// many milliseconds later.
    Http { in_flight: u32, ports: u32, delay: u32 },
    /// The same, asked by `wrk` over so many connections: what is measured is the server.
    Server { connections: u32 },
}

/// At most this share of a peer's CPU time.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) beside: &'static str,
    /// `None`: the row is published without a goal.
    pub(super) ratio: Option<f64>,
}

/// Who is measured first, and whose ratios are judged.
pub(super) const OURS: &str = "wheelwright";
/// The same, recorded: the only peer, and judged, where ours is what others are beside.
const RECORDED: &str = "wheelwright-recorded";

impl Row {
    /// Whose ratios are judged.
    pub(super) fn judged(&self) -> &'static str {
        if self.base() == OURS { RECORDED } else { OURS }
    }

    /// What the peers' programs call it.
    pub(super) fn workload(&self) -> &'static str {
        self.name.strip_prefix("recorded_").unwrap_or(self.name)
    }

    /// How many requests are in flight at once, where there are requests.
    pub(super) fn in_flight(&self) -> Option<u32> {
        match self.job {
            Job::Loop | Job::Echo | Job::Server { .. } => None,
            Job::Http { in_flight, .. } => Some(in_flight),
        }
    }

    pub(super) fn peers(&self) -> &'static [&'static str] {
        match self.job {
            _ if self.base() == OURS => &[OURS, RECORDED],
            Job::Loop | Job::Echo => &[OURS, "tokio", "smol"],
            Job::Http { .. } => &[OURS, "mio", "tokio", "hyper", "hyper-on-wheelwright", "reqwest", "reqwest-tasks"],
            Job::Server { .. } => &[OURS, "hyper", "hyper-on-wheelwright"],
        }
    }

    /// The peer whose CPU time is 1.
    pub(super) fn base(&self) -> &'static str {
        self.reach[0].beside
    }
}

const fn inside(name: &'static str, what: &'static str, operations: u64, reach: &'static [Reach]) -> Row {
    Row { name, what, job: Job::Loop, operations, batch: 1, reach }
}

const fn crowd(name: &'static str, what: &'static str, operations: u64, reach: &'static [Reach]) -> Row {
    Row { batch: 100_000, ..inside(name, what, operations, reach) }
}

const fn tokio(ratio: f64) -> Reach {
    Reach { beside: "tokio", ratio: Some(ratio) }
}

const HALF_OF_REQWEST: Reach = Reach { beside: "reqwest", ratio: Some(0.5) };

const fn http(name: &'static str, what: &'static str, in_flight: u32, reach: &'static [Reach]) -> Row {
    Row { name, what, job: Job::Http { in_flight, ports: 1, delay: 0 }, operations: 60_000, batch: 1, reach }
}

/// What recording costs, with or without a goal.
const OFF: &[Reach] = &[Reach { beside: OURS, ratio: None }];
const FIVE_PER_CENT: &[Reach] = &[Reach { beside: OURS, ratio: Some(1.05) }];

const NO_GOAL: &[Reach] = &[Reach { beside: "tokio", ratio: None }];

pub(super) const ROWS: &[Row] = &[
    inside("spawn_one", "spawn a task and await it, in the root future", 500_000, &[tokio(0.07)]),
    inside("spawn_one_in_task", "spawn a task and await it, in a task", 500_000, NO_GOAL),
    crowd("spawn_batch", "spawn 100,000 tasks, then await all: each", 500_000, &[tokio(0.22)]),
    crowd("yield_live", "100,000 tasks that yield once, awaited: each", 500_000, &[tokio(0.28)]),
    inside("yield", "a wake of oneself and a lap, one task", 5_000_000, &[tokio(0.30)]),
    Row { batch: 1_000_000, ..inside("yield_1000", "the same with 1,000 tasks: each", 5_000_000, &[tokio(0.30)]) },
    inside("yield_now", "each runtime's own yield_now, one task", 1_000_000, NO_GOAL),
    inside("ping_pong", "two tasks wake each other through a cell: round trip", 2_000_000, &[tokio(0.35)]),
    inside("sleep_cancel", "a sleep made, polled once, dropped", 1_000_000, &[tokio(0.15)]),
    // To reach is 3 ns, where tokio took 46.
    inside("timeout_ready", "a timeout around a future that is ready", 5_000_000, &[tokio(0.065)]),
    crowd("semaphore", "10,000 tasks, 20 permits, a yield with each held", 1_000_000, &[tokio(0.25)]),
    inside("join_all_ready", "join_all of 10,000 futures that are ready: each", 2_000_000, &[tokio(0.68)]),
    inside("join_all_yield", "join_all of 10,000 futures that yield once: each", 2_000_000, &[tokio(0.34)]),
    inside("join_all_20", "join_all of 20 futures that yield once: each", 5_000_000, &[tokio(0.38)]),
    inside("channel_ping_pong", "two tasks over two channels of 1: round trip", 1_000_000, &[tokio(0.35)]),
    inside("channel_128", "one task to another over a channel of 128: each", 5_000_000, &[tokio(0.50)]),
    inside("oneshot", "a question over a channel, the answer over a oneshot", 500_000, &[tokio(0.35)]),
    inside("mutex", "a mutex nobody else wants, locked and released", 10_000_000, &[tokio(0.20)]),
    inside("task_group", "1,000 tasks in a group, joined as they end: each", 1_000_000, &[tokio(0.25)]),
    inside("buffer_unordered", "buffer_unordered(20) of futures that yield: each", 2_000_000, &[tokio(0.35)]),
    inside("for_each_concurrent", "for_each_concurrent(20) of such futures: each", 2_000_000, &[tokio(0.35)]),
    inside("remote_128", "a thread to a task over a channel of 128: each", 1_000_000, &[tokio(0.75)]),
    inside("remote_round_trip", "a task to a thread and back", 20_000, &[tokio(1.05)]),
    inside("spawn_blocking", "1,000 blocking jobs, awaited: each", 100_000, &[tokio(0.50)]),
    http("http_20", "GET of 1 KiB, 20 in flight", 20, &[tokio(1.15), HALF_OF_REQWEST]),
    http("http_1000", "GET of 1 KiB, 1,000 in flight", 1000, &[tokio(1.25), HALF_OF_REQWEST]),
    // One port would cost every client the kernel's search for a free port of its own.
    Row {
        job: Job::Http { in_flight: 9_900, ports: 10, delay: 100 },
        operations: 99_000,
        ..http("http_9900", "GET of 1 KiB, 9,900 in flight, answered after 100 ms", 0, &[tokio(1.0), HALF_OF_REQWEST])
    },
    Row {
        name: "server",
        what: "serve a GET of 1 KiB, 64 connections of wrk",
        job: Job::Server { connections: 64 },
        operations: 300_000,
        batch: 1,
        // As cheap as hyper on the same core, and so as many requests a second.
        reach: &[Reach { beside: "hyper", ratio: Some(1.0) }],
    },
    inside("recorded_yield", "as `yield`, recorded: six events", 5_000_000, OFF),
    Row { batch: 1_000_000, ..inside("recorded_yield_1000", "as `yield_1000`, recorded: four events", 5_000_000, OFF) },
    Row {
        job: Job::Echo,
        ..inside("recorded_echo", "64 bytes there and back over TCP, 100 connections", 200_000, FIVE_PER_CENT)
    },
    http("recorded_http_20", "as `http_20`, recorded", 20, OFF),
    http("recorded_http_1000", "as `http_1000`, recorded", 1000, OFF),
];
