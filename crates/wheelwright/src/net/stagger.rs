//! Turns several addresses into one connection: the next attempt begins while the last ones are still under way.
//!
//! The rules are those of RFC 8305, section 5: an attempt that has no answer after 250 ms is joined by the next one, one
//! that fails is followed by it at once, and the first to succeed ends the others. It knows nothing of sockets.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use super::platform::is_exhausted;
use crate::time::{Sleep, sleep};

/// So long an attempt has the field to itself (RFC 8305, section 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// Attempts under way.
#[derive(Debug)]
pub(super) struct Stagger<A> {
    /// Those that were not tried yet.
    addresses: vec::IntoIter<SocketAddr>,
    attempts: Vec<(SocketAddr, A)>,
    /// When the next one begins, though none has failed.
    next: Option<Sleep>,
    failures: Vec<(SocketAddr, io::Error)>,
}

impl<T, A: Future<Output = io::Result<T>> + Unpin> Stagger<A> {
    pub(super) fn new(addresses: Vec<SocketAddr>) -> Self {
        let addresses = interleave(addresses).into_iter();
        // Most hosts have one address.
        Self { addresses, attempts: Vec::with_capacity(1), next: None, failures: Vec::new() }
    }

    /// Gives the first connection, or why there is none; `dial` begins an attempt.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, mut dial: impl FnMut(SocketAddr) -> A) -> Poll<io::Result<T>> {
        loop {
            let mut index = 0;
            while let Some((_, attempt)) = self.attempts.get_mut(index) {
                match Pin::new(attempt).poll(cx) {
                    Poll::Pending => index += 1,
                    Poll::Ready(Ok(winner)) => {
                        self.attempts.clear();
                        self.next = None;
                        return Poll::Ready(Ok(winner));
                    }
                    Poll::Ready(Err(error)) => {
                        let (address, _) = self.attempts.remove(index);
                        self.failures.push((address, error));
                        // Its successor begins at once.
                        self.next = None;
                    }
                }
            }
            if let Some(next) = &mut self.next
                && Pin::new(next).poll(cx).is_pending()
            {
                return Poll::Pending;
            }
            match self.addresses.next() {
                Some(address) => {
                    self.attempts.push((address, dial(address)));
                    self.next = (0 < self.addresses.len()).then(|| sleep(HEAD_START));
                }
                None if self.attempts.is_empty() => return Poll::Ready(Err(self.failure())),
                None => {
                    self.next = None;
                    return Poll::Pending;
                }
            }
        }
    }

    /// What came of it all, once every attempt has failed.
    fn failure(&mut self) -> io::Error {
        let mut failures = std::mem::take(&mut self.failures);
        let Some((_, last)) = failures.last() else {
            return io::Error::new(io::ErrorKind::NotFound, "there is no address to connect to");
        };
        // A lack of descriptors is the process's own, whatever the address: who can mend it knows it by its number.
        let lack = failures.iter().position(|(_, error)| is_exhausted(error));
        if let Some(at) = lack.or((failures.len() == 1).then_some(0)) {
            return failures.swap_remove(at).1;
        }
        let each: Vec<_> = failures.iter().map(|(address, error)| format!("{address}: {error}")).collect();
        io::Error::new(last.kind(), format!("no address could be connected to: {}", each.join("; ")))
    }
}

/// The two families in turn, beginning with that of the first address; within a family in the order given.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let begins_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    if addresses.iter().all(|one| one.is_ipv6() == begins_with_v6) {
        return addresses;
    }
    let (firsts, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|one| one.is_ipv6() == begins_with_v6);
    let (mut firsts, mut others) = (firsts.into_iter(), others.into_iter());
    let pairs = std::iter::from_fn(|| Some([firsts.next(), others.next()]).filter(|pair| *pair != [None, None]));
    pairs.flatten().flatten().collect()
}

#[cfg(test)]
mod tests;
