//! Turns a failure that may pass into another try, as long as the budget lasts.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use http::header::RETRY_AFTER;
use wheelwright::time::{Sleep, sleep};

use super::call::Call;
use super::exchange::Answer;
use super::limits::Limits;
use crate::proto::response::header_map;
use crate::{Phase, date};

/// What one retry costs, in the account's coin.
const RETRY: u64 = 1_000_000;

/// A new client's account allows so many retries.
const RESERVE: u64 = 10;

/// The account holds what so many calls bring, besides the reserve.
const REMEMBERED: u64 = 1_000;

/// Says when a client asks again, how often, and at what price.
///
/// A request is sent again if its method is idempotent and its body, if any, is there to be sent again, and either no
/// response began (the name was not found, no connection came about in time, the connection closed before the first byte)
/// or the status is 429, 502, 503 or 504. Before it a random time passes: between nothing and [`base`](Self::base), which
/// doubles with each try, but not beyond [`cap`](Self::cap). A `Retry-After` is waited for besides. A wait that would outlast
/// the call's total timeout is not begun. When there is no further try, the caller gets the last one's response or error.
///
/// All of a client's calls pay their retries from one account. It begins with ten, each call brings the share as it is sent,
/// each retry takes one, and there is never more in it than ten and what a thousand calls bring. So while any `n` calls in a row are made there are at most `10 + share * (1_000 + n)` retries, and in the
/// long run there are no more than the share.
///
/// ```
/// use std::time::Duration;
/// use wheelwright_http::{Client, Retry};
///
/// let retry = Retry::budget(0.1).base(Duration::from_millis(50)).max_tries(4);
/// let client = Client::builder().timeout(Duration::from_secs(10)).retry(retry).build()?;
/// # drop(client);
/// # Ok::<(), wheelwright_http::Error>(())
/// ```
#[doc(alias("backoff", "tenacity", "ExponentialBackoff"))]
#[derive(Debug)]
#[must_use = "a client retries only if it is built with this"]
pub struct Retry {
    /// What one call brings, in the account's coin.
    share: u64,
    account: Cell<u64>,
    /// How many calls have paid their share.
    paid: Cell<u64>,
    base: Duration,
    cap: Duration,
    max_tries: u32,
}

impl Retry {
    /// Allows so many retries for each call: 0.1 is one for ten of them.
    ///
    /// ```
    /// let client = wheelwright_http::Client::builder().retry(wheelwright_http::Retry::budget(0.1)).build()?;
    /// # drop(client);
    /// # Ok::<(), wheelwright_http::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the share is not from 0 to 1.
    pub fn budget(share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "a share is from 0 to 1");
        Self {
            share: (share * RETRY as f64).round() as u64,
            account: Cell::new(RESERVE * RETRY),
            paid: Cell::new(0),
            base: Duration::from_millis(100),
            cap: Duration::from_secs(10),
            max_tries: 3,
        }
    }

    /// Waits at most so long before the first retry.
    ///
    /// It is 100 ms unless it is set.
    pub fn base(mut self, wait: Duration) -> Self {
        self.base = wait;
        self
    }

    /// Limits the random wait, and the `Retry-After` that is waited for.
    ///
    /// It is 10 s unless it is set. After a response that asks for a longer wait there is no further try.
    pub fn cap(mut self, wait: Duration) -> Self {
        self.cap = wait;
        self
    }

    /// Tries a call at most so often in all, whatever redirects there are.
    ///
    /// It is 3 unless it is set.
    pub fn max_tries(mut self, count: u32) -> Self {
        self.max_tries = count;
        self
    }

    /// Puts into the account what the calls since the last time have brought, and returns what would be left after a retry.
    fn settle(&self, calls: u64) -> Option<u64> {
        let brought = self.share.saturating_mul(calls - self.paid.replace(calls));
        let full = RESERVE * RETRY + REMEMBERED * self.share;
        self.account.set(self.account.get().saturating_add(brought).min(full));
        self.account.get().checked_sub(RETRY)
    }

    /// Anything between nothing and the most there is to wait after so many failures.
    fn draw(&self, failed: u32) -> Duration {
        let most = self.base.saturating_mul(1_u32.checked_shl(failed).unwrap_or(u32::MAX)).min(self.cap);
        // Each hasher of the standard library has random keys of its own.
        let random = RandomState::new().hash_one(()) >> 32;
        most.mul_f64(random as f64 / 2_f64.powi(32))
    }
}

impl Call {
    /// Pays for another try after an answer or none, and begins the wait before it.
    pub(super) fn next_try(&mut self, limits: &mut Limits, answer: Option<&Answer>) -> Option<Sleep> {
        let retry = self.pool.options.retry.as_ref()?;
        let left = retry.settle(self.pool.calls.get())?;
        let trail = self.trail.get_or_insert_default();
        let repeatable = self.method.is_idempotent() && self.body.bytes().is_some();
        let asked = answer.map_or(Duration::ZERO, asked);
        let wait = retry.draw(trail.failed).saturating_add(asked);
        trail.failed += 1;
        if !repeatable || retry.max_tries <= trail.failed || retry.cap < asked || !limits.leave(wait) {
            return None;
        }
        retry.account.set(left);
        limits.enter(Phase::Total, None);
        Some(sleep(wait))
    }
}

/// How long the server asks to be left alone (RFC 9110 section 10.2.3).
fn asked(answer: &Answer) -> Duration {
    let headers = header_map(&answer.head.clone().into()).expect("the head was read before");
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = date::seconds();
    let seconds = match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().unwrap_or(u64::MAX),
        false => date::parse(text, now).map_or(0, |then| then.saturating_sub(now)),
    };
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_drawn_from_all_that_is_allowed() {
        let retry = Retry::budget(0.1).base(Duration::from_millis(100)).cap(Duration::from_secs(1));
        for (failed, most) in [(0, 100), (1, 200), (3, 800), (4, 1_000), (31, 1_000), (32, 1_000), (u32::MAX, 1_000)] {
            let most = Duration::from_millis(most);
            let drawn: Vec<Duration> = (0..1_000).map(|_| retry.draw(failed)).collect();
            assert!(drawn.iter().all(|wait| *wait <= most), "{failed}");
            let below = |part: u32| drawn.iter().filter(|wait| **wait < most / 4 * part).count();
            assert!(150 < below(1) && below(1) < 350 && 650 < below(3) && below(3) < 850, "{failed}: not even");
        }
        assert_eq!(retry.base(Duration::ZERO).draw(9), Duration::ZERO);
        let endless = Retry::budget(0.1).base(Duration::MAX).cap(Duration::MAX);
        assert!(endless.draw(u32::MAX) <= Duration::MAX, "no overflow");
    }
}
