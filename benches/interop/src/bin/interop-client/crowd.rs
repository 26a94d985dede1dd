//! Turns two thousand requests, some at once, into replies that each belong to their own, over connections that are kept.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wheelwright::for_each_concurrent;
use wheelwright_benches_interop::agreement::page;

use crate::asking::Asking;

const AT_ONCE: usize = 20;
const REQUESTS: usize = 2_000;

/// Lengths of pages that a server of files has as well.
const LENGTHS: [usize; 4] = [1_000, 0, 65_536, 1];

/// Against a server that lets each connection be used so many times, or for ever.
pub(crate) async fn many(asking: &Asking, most: Option<usize>) {
    let before = asking.client.connections_opened();
    // How often each connection was used, as the server tells them apart.
    let uses: RefCell<BTreeMap<String, usize>> = RefCell::default();
    for_each_concurrent(AT_ONCE, 0..REQUESTS, async |number| {
        let length = LENGTHS[number % LENGTHS.len()];
        let headers = asking.get(&format!("/bytes/{length}"), &page(length)).await;
        let connection = headers["x-connection"].to_str().expect("it is a number").to_owned();
        *uses.borrow_mut().entry(connection).or_default() += 1;
    })
    .await;
    let uses = uses.into_inner();
    let opened = asking.client.connections_opened() - before;
    // The first may have been kept since an earlier part.
    assert!((uses.len() as u64).abs_diff(opened) <= 1, "{opened} were opened, and {} seen", uses.len());
    match most {
        None => assert!(uses.len() <= AT_ONCE + 1, "{} connections", uses.len()),
        Some(most) => assert!(uses.values().all(|uses| *uses <= most), "at most {most} each: {uses:?}"),
    }
}
