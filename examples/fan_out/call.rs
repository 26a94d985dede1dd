//! Turns one URL into its outcome, after one try or several.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use wheelwright::sync::{Permit, Semaphore};
use wheelwright::time::{RateLimiter, now, sleep, timeout_at};
use wheelwright_http::{Client, Error, ErrorKind, Phase};

use crate::arguments::Options;
use crate::backoff::Backoff;
use crate::interrupt::Ends;
use crate::lines::Line;
use crate::saved::{self, Saved};

/// What became of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<ErrorKind>,
    /// Of the last try's body.
    pub(crate) bytes: u64,
    pub(crate) attempts: u32,
}

/// What all calls have in common.
pub(crate) struct Caller<'a> {
    options: &'a Options,
    client: Client,
    /// One for each call in flight. A call that waits to try again holds none.
    permits: Semaphore,
    /// Held while a line waits for its first permit: a call that comes back to try again finds one newcomer before it at most.
    newcomer: Semaphore,
    hosts: RefCell<BTreeMap<String, Rc<Semaphore>>>,
    rate: Option<RateLimiter>,
    ends: Ends,
    pub(crate) in_flight: Cell<u64>,
    pub(crate) most_in_flight: Cell<u64>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(options: &'a Options, ends: Ends) -> Result<Self, Error> {
        let limit = options.timeout;
        let client = Client::builder().dns_timeout(limit).connect_timeout(limit).first_byte_timeout(limit);
        // The whole may take a little longer than each part, so that a part which took all of the time is named.
        let client = client.read_timeout(limit).timeout(limit + limit / 20).build()?;
        Ok(Self {
            options,
            client,
            permits: Semaphore::new(options.concurrency),
            newcomer: Semaphore::new(1),
            hosts: RefCell::default(),
            rate: options.rate.map(RateLimiter::per_second),
            ends,
            in_flight: Cell::new(0),
            most_in_flight: Cell::new(0),
        })
    }

    /// Tries a line until it succeeds, cannot succeed, or must end.
    pub(crate) async fn fetch(&self, line: Line<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        if let Err(error) = self.client.get(line.url) {
            outcome.error = Some(error.kind());
            return outcome;
        }
        let host = self.host(line);
        let mut backoff = None;
        loop {
            let permit = self.ends.starting.run_until_cancelled(self.permit(host.as_deref(), outcome.attempts));
            let Some(permit) = permit.await else { return outcome.cancelled() };
            let backoff =
                backoff.get_or_insert_with(|| Backoff::new(now(), self.options.timeout, self.options.retries));
            outcome = self.try_once(line, outcome.attempts + 1, backoff.deadline).await;
            drop(permit);
            let pause = backoff.pause(now(), outcome.attempts).filter(|_| outcome.may_pass());
            let Some(pause) = pause else { return outcome };
            if self.ends.starting.run_until_cancelled(sleep(pause)).await.is_none() {
                return outcome.cancelled();
            }
        }
    }

    fn host(&self, line: Line<'_>) -> Option<Rc<Semaphore>> {
        let limit = self.options.per_host?;
        let mut hosts = self.hosts.borrow_mut();
        Some(Rc::clone(hosts.entry(line.host()).or_insert_with(|| Rc::new(Semaphore::new(limit)))))
    }

    /// The host's permit first: whoever waits for a busy host must not keep others from theirs.
    async fn permit<'p>(&'p self, host: Option<&'p Semaphore>, attempts: u32) -> (Option<Permit<'p>>, Permit<'p>) {
        let of_host = match host {
            Some(host) => Some(host.acquire().await),
            None => None,
        };
        let newcomer = match attempts {
            0 => Some(self.newcomer.acquire().await),
            _ => None,
        };
        let permit = self.permits.acquire().await;
        drop(newcomer);
        if let Some(rate) = &self.rate {
            rate.acquire().await;
        }
        (of_host, permit)
    }

    async fn try_once(&self, line: Line<'_>, attempts: u32, deadline: Instant) -> Outcome {
        self.in_flight.set(self.in_flight.get() + 1);
        self.most_in_flight.set(self.most_in_flight.get().max(self.in_flight.get()));
        let mut outcome = Outcome { attempts, ..Outcome::default() };
        // In a box, for a thousand others wait, and need no room for a call.
        let exchange = timeout_at(deadline, Box::pin(self.exchange(line, &mut outcome)));
        let error = match self.ends.calling.run_until_cancelled(exchange).await {
            Some(Ok(Ok(()))) => None,
            Some(Ok(Err(kind))) => Some(kind),
            Some(Err(_)) => Some(ErrorKind::Timeout(Phase::Total)),
            None => Some(ErrorKind::Cancelled),
        };
        outcome.error = error;
        if let (Some(_), Some(directory)) = (error, &self.options.body) {
            saved::discard(directory, line.number).await;
        }
        self.in_flight.set(self.in_flight.get() - 1);
        outcome
    }

    async fn exchange(&self, line: Line<'_>, outcome: &mut Outcome) -> Result<(), ErrorKind> {
        let kind = |error: Error| error.kind();
        let mut response = self.client.get(line.url).map_err(kind)?.send().await.map_err(kind)?;
        outcome.status = Some(response.status().as_u16());
        let mut file = self.options.body.as_deref().map(|directory| Saved::new(directory, line.number));
        while let Some(chunk) = response.chunk().await.map_err(kind)? {
            outcome.bytes += chunk.len() as u64;
            if let Some(file) = &mut file {
                file.write(&chunk).await.map_err(in_file)?;
            }
        }
        match file {
            Some(file) => file.finish().await.map_err(in_file),
            None => Ok(()),
        }
    }
}

fn in_file(_: io::Error) -> ErrorKind {
    ErrorKind::Io
}

impl Outcome {
    pub(crate) fn is_ok(&self) -> bool {
        self.error.is_none() && self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the same call may succeed a little later.
    fn may_pass(&self) -> bool {
        match self.error {
            None => matches!(self.status, Some(429 | 500 | 502 | 503 | 504)),
            Some(kind) => matches!(
                kind,
                ErrorKind::Dns
                    | ErrorKind::Connect
                    | ErrorKind::Timeout(_)
                    | ErrorKind::Closed
                    | ErrorKind::Incomplete
                    | ErrorKind::Io
            ),
        }
    }

    fn cancelled(self) -> Self {
        Self { status: None, error: Some(ErrorKind::Cancelled), ..self }
    }
}
