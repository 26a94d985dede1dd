//! Turns six puzzles into answers, and a job that freezes the loop into one that does not.

/// Every output that each of the six [`puzzles`](crate::puzzles) can have, in any order of the turns; fill them in.
pub const ANSWERS: [&[&str]; 6] = [&[], &[], &[], &[], &[], &[]];

/// Adds up the pieces, each of which takes a moment.
///
/// It is one step, however long the list is. Let the others have a turn after each piece, without another thread.
pub async fn add_up(pieces: Vec<u64>, weigh: impl Fn(u64) -> u64) -> u64 {
    pieces.into_iter().map(weigh).sum()
}
