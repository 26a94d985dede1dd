//! Turns limits into what a server sees: so many in flight, so many a second.

use serde_json::Value;

use crate::program::{Run, fetch};
use crate::server::Server;

#[test]
fn never_more_are_in_flight_than_allowed() {
    let server = Server::start();
    let finished = Run::start(&["--urls", "-", "--json", "--concurrency", "7"], &server.list("slow/20", 70)).finish();
    let summary: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!((finished.code, server.heads().len()), (Some(0), 70));
    assert_eq!(server.most_in_flight(), 7);
    assert_eq!(summary["max_in_flight"], 7);
}

#[test]
fn a_busy_host_does_not_keep_others_from_their_calls() {
    let (busy, other) = (Server::start(), Server::start());
    let list = busy.list("slow/20", 30) + &other.list("slow/20", 10);
    let finished = fetch(&["--per-host", "2", "--concurrency", "8"], &list);
    let lines: Vec<u64> = finished.records().iter().map(|record| record["line"].as_u64().unwrap()).collect();
    assert_eq!((busy.most_in_flight(), other.most_in_flight()), (2, 2));
    assert!(30 < lines[..8].iter().copied().max().unwrap(), "the other host's lines are among the first: {lines:?}");
    assert_eq!(lines.len(), 40);
}

#[test]
fn calls_start_at_the_rate_and_not_faster() {
    let server = Server::start();
    let finished = Run::start(&["--urls", "-", "--json", "--rate", "50"], &server.list("page/1", 11)).finish();
    let summary: Value = serde_json::from_str(&finished.stdout).unwrap();
    let least = 10.0 * 1_000.0 / 50.0;
    assert!(least <= summary["wall_ms"].as_f64().unwrap(), "{summary}");
}
