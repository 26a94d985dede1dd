//! Turns a body that nobody wants into a connection that may serve again.

use super::inflow::Inflow;
use super::pool::Lease;
use crate::buffers::with_input;

/// So much of an unwanted body is read for the connection's sake.
const DRAINED: usize = 256 * 1024;

/// Reads over what is there of a body that nobody wants, for the connection's sake.
pub(super) fn discard(mut lease: Lease, inflow: &mut Inflow) {
    let mut left = DRAINED;
    let worthwhile = inflow.decoder.remaining().is_none_or(|rest| rest <= DRAINED as u64);
    while worthwhile && 0 < left && !inflow.ended {
        // Only what is there: nobody waits for a body that nobody wants.
        let read = with_input(|input| {
            let count = lease.stream.try_read(input).ok().filter(|count| 0 < *count)?;
            inflow.data.clear();
            inflow.take(&input[..count]).ok().map(|()| count)
        });
        let Some(count) = read else { break };
        left = left.saturating_sub(count);
    }
    if inflow.ended && !inflow.surplus {
        lease.park();
    }
}
