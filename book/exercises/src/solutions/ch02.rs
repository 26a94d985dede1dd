//! Turns six puzzles into answers, and a job that freezes the loop into one that does not.

use wheelwright::yield_now;

/// Every output that each of the six [`puzzles`](crate::puzzles) can have, in any order of the turns.
pub const ANSWERS: [&[&str]; 6] = [
    &["c"],
    &["abc", "acb", "bac", "bca", "cab", "cba"],
    &["acb", "cab"],
    &["abcd", "cdab"],
    &["1", "2"],
    &["bca", "cba"],
];

/// Adds up the pieces, each of which takes a moment.
pub async fn add_up(pieces: Vec<u64>, weigh: impl Fn(u64) -> u64) -> u64 {
    let mut sum = 0;
    for piece in pieces {
        sum += weigh(piece);
        yield_now().await;
    }
    sum
}
