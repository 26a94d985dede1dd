//! Turns a prompt into the tokens of an answer: a stand-in for a model, which has nothing to say but takes its time over it.

use std::time::Duration;

/// The time that a token takes.
pub(crate) const PACE: Duration = Duration::from_millis(60);

/// How many tokens an answer has: five sentences.
pub(crate) const TOKENS: usize = 5 * SENTENCE.len();

/// What may stand at each place of a sentence.
const SENTENCE: [[&str; 4]; 8] = [
    ["The", "A", "Every", "One"],
    [" quiet", " patient", " small", " late"],
    [" loop", " task", " timer", " waker"],
    [" follows", " wakes", " remembers", " carries"],
    [" the", " a", " every", " one"],
    [" bright", " distant", " busy", " sleeping"],
    [" socket", " river", " thread", " wheel"],
    [". ", ". ", ". ", ".\n"],
];

/// The tokens of the answer, the same for the same prompt.
pub(crate) fn answer(prompt: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut state = prompt.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| mixed(hash ^ u64::from(byte)));
    SENTENCE.iter().cycle().take(TOKENS).map(move |choices| {
        state = mixed(state.wrapping_add(1));
        choices[(state >> 62) as usize]
    })
}

/// Makes of a number one that looks like any other (the last step of splitmix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
