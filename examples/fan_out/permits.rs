//! Turns limits into a wait for one's turn: so many calls at once, so many to a host, so many a second.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wheelwright::sync::{Permit, Semaphore};
use wheelwright::time::RateLimiter;

use crate::arguments::Options;
use crate::lines::Line;

/// Why an `acquire` succeeds.
const OPEN: &str = "nobody closes a limit";

/// What a call must have before it starts.
pub(crate) struct Permits {
    /// One for each call in flight.
    calls: Semaphore,
    /// Held while a line waits for its first permit: a call that comes back to try again finds one newcomer before it at most.
    newcomer: Semaphore,
    per_host: Option<usize>,
    hosts: RefCell<BTreeMap<String, Rc<Semaphore>>>,
    rate: Option<RateLimiter>,
}

impl Permits {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            calls: Semaphore::new(options.concurrency),
            newcomer: Semaphore::new(1),
            per_host: options.per_host,
            hosts: RefCell::default(),
            rate: options.rate.map(RateLimiter::per_second),
        }
    }

    /// The permits of the line's host, if they are limited.
    pub(crate) fn of_host(&self, line: Line<'_>) -> Option<Rc<Semaphore>> {
        let limit = self.per_host?;
        let mut hosts = self.hosts.borrow_mut();
        Some(Rc::clone(hosts.entry(line.host()).or_insert_with(|| Rc::new(Semaphore::new(limit)))))
    }

    /// Waits for the host's permit first: whoever waits for a busy host must not keep others from theirs.
    pub(crate) async fn acquire<'p>(
        &'p self,
        host: Option<&'p Semaphore>,
        attempts: u32,
    ) -> (Option<Permit<'p>>, Permit<'p>) {
        let of_host = match host {
            Some(host) => Some(host.acquire().await.expect(OPEN)),
            None => None,
        };
        let newcomer = match attempts {
            0 => Some(self.newcomer.acquire().await.expect(OPEN)),
            _ => None,
        };
        let permit = self.calls.acquire().await.expect(OPEN);
        drop(newcomer);
        if let Some(rate) = &self.rate {
            rate.acquire().await;
        }
        (of_host, permit)
    }
}
