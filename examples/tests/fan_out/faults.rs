//! Turns calls that fail into records that name the fault, and tries again where that helps.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::program::{Folder, fetch};
use crate::server::Server;

/// The only record.
fn one(arguments: &[&str], url: &str) -> Value {
    let finished = fetch(arguments, url);
    assert_eq!(finished.code, Some(1));
    let [record] = finished.records().try_into().unwrap();
    record
}

#[test]
fn a_fault_is_named() {
    let server = Server::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(one(&[], &format!("http://{nobody}/"))["error"], "Connect");
    assert_eq!(one(&[], &server.url("closed"))["error"], "Closed");
    assert_eq!(one(&["--timeout", "1s"], &server.url("silent"))["error"], "Timeout(FirstByte)");
}

#[test]
fn a_body_that_breaks_off_leaves_no_file() {
    let server = Server::start();
    let folder = Folder::new("half");
    let record = one(&["--body", folder.path().to_str().unwrap()], &server.url("half"));
    assert_eq!((&record["status"], &record["error"]), (&json!(200), &json!("Incomplete")));
    assert_eq!(record["bytes"], 100_000, "what came is counted");
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn a_passing_fault_is_tried_again_and_a_lasting_one_is_not() {
    let server = Server::start();
    let finished = fetch(&["--retries", "3"], &[server.url("flaky/2"), server.url("status/404")].join("\n"));
    let attempts = |line| finished.records().iter().find(|record| record["line"] == line).unwrap()["attempts"].clone();
    assert_eq!((attempts(1), attempts(2)), (json!(3), json!(1)));
    let record = one(&["--retries", "2"], &server.url("closed"));
    assert_eq!((&record["attempts"], &record["error"]), (&json!(3), &json!("Closed")));
}

#[test]
fn pauses_end_with_the_time_that_all_tries_could_take() {
    let server = Server::start();
    let record = one(&["--retries", "20", "--timeout", "100ms"], &server.url("status/503"));
    let attempts = record["attempts"].as_u64().unwrap();
    // Twenty pauses that double each time would take minutes.
    assert!((2..=20).contains(&attempts), "{attempts}");
}

#[test]
fn a_call_that_waits_to_try_again_holds_no_permit() {
    let server = Server::start();
    let list = server.list("flaky/5", 1) + &server.list("page/1", 300);
    let finished = fetch(&["--retries", "5", "--concurrency", "1"], &list);
    let records = finished.records();
    let place = records.iter().position(|record| record["line"] == 1).unwrap();
    // If it held the only permit, at most one other line could come in between two tries.
    assert!(20 < place, "the others have the permit while it waits: {place}");
    assert_eq!(records[place]["attempts"], 6);
    assert_eq!((finished.code, server.most_in_flight()), (Some(0), 1));
}
