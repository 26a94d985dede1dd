//! Turns the id of a request into the bytes of its body, which both sides know.

use std::cell::OnceCell;

use bytes::Bytes;
use fastrand::Rng;
use futures_core::Stream;
use wheelwright::stream::generator;
use wheelwright::yield_now;

/// The longest page. Pages of that length begin at so many different places.
const LONGEST: usize = 1 << 20;
/// Neighbours among the ids have pages far apart.
const STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;

/// Letters, of which each page is a part: nothing is allocated for it, and a page of another id is seen at its first bytes.
fn letters() -> Bytes {
    thread_local!(static LETTERS: OnceCell<Bytes> = const { OnceCell::new() });
    let make = || {
        let mut rng = Rng::with_seed(1);
        std::iter::repeat_with(|| rng.lowercase() as u8).take(2 * LONGEST).collect()
    };
    LETTERS.with(|letters| letters.get_or_init(make).clone())
}

pub(super) fn page(id: u64, size: usize) -> Bytes {
    let start = (id.wrapping_mul(STRIDE) >> 44) as usize;
    letters().slice(start..start + size)
}

/// The page in pieces that become smaller and smaller, down to a byte, with a pause behind each.
pub(super) fn pieces(mut page: Bytes) -> impl Stream<Item = Bytes> {
    generator(async move |y| {
        while !page.is_empty() {
            y.yield_(page.split_to(page.len().div_ceil(4))).await;
            yield_now().await;
        }
    })
}
