//! Turns a call that people make in an async function without a thought into a loop that stands still.

use std::hint::black_box;
use std::time::Instant;

use rusqlite::Connection;
use wheelwright::slow::Why;

use crate::BUSY;

/// Something that blocks, by its name, and how. It is given the address of a slow server.
pub(crate) type Culprit = (&'static str, Why, fn(&str));

/// What people do in an async function without a thought.
pub(crate) const CULPRITS: [Culprit; 4] = [
    ("thread::sleep", Why::Blocked, |_| std::thread::sleep(BUSY)),
    ("a computation", Why::BurnedCpu, |_| compute()),
    ("an HTTP call, synchronous client", Why::Blocked, |url| call(url)),
    ("a query, synchronous database", Why::BurnedCpu, |_| query()),
];

fn compute() {
    let begun = Instant::now();
    let mut sum = 0_u64;
    while begun.elapsed() < BUSY {
        sum = black_box((0..1_000).fold(sum, |sum, n| sum.rotate_left(5) ^ n));
    }
}

fn call(url: &str) {
    let body = ureq::get(url).call().and_then(|mut response| response.body_mut().read_to_string());
    assert_eq!(body.expect("the server answers"), "late");
}

/// SQLite counts for about as long; a query without a suitable index is no different.
fn query() {
    let database = Connection::open_in_memory().expect("memory is there");
    let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i) FROM n";
    let last = database.query_row(count, [], |row| row.get::<_, i64>(0));
    assert_eq!(last, Ok(400_000));
}
