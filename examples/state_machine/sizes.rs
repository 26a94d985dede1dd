//! Turns three buffers of a thousand bytes into the sizes of the futures that have them: needed later, lent, and done with.

use super::Knock;

/// Needs its buffer after the await.
async fn greedy() -> usize {
    let buffer = [1u8; 1000];
    Knock { door: "front", left: 1 }.await;
    buffer.len()
}

/// Needs it no more, but has lent it, to `len`, and its block goes on: so the compiler keeps it.
async fn careless() -> usize {
    let buffer = [1u8; 1000];
    let len = buffer.len();
    Knock { door: "front", left: 1 }.await;
    len
}

/// Is done with its buffer, and with the block that it lives in, before the await.
async fn frugal() -> usize {
    let len = {
        let buffer = [1u8; 1000];
        buffer.len()
    };
    Knock { door: "front", left: 1 }.await;
    len
}

pub(crate) fn compare() {
    let [greedy, careless, frugal] = [size_of_val(&greedy()), size_of_val(&careless()), size_of_val(&frugal())];
    println!("greedy   {greedy:5} bytes\ncareless {careless:5} bytes\nfrugal   {frugal:5} bytes");
    assert!(1000 <= greedy, "what is needed after an await is kept in the future");
    assert!(1000 <= careless, "what was lent is kept as well, while its block lasts");
    assert!(frugal < 100, "what is over before the await is not");
}
