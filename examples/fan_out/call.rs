//! Turns one URL into its outcome, after one try or several.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use wheelwright::time::{now, sleep};
use wheelwright_http::{Client, Error, ErrorKind};

use crate::arguments::Options;
use crate::backoff::Backoff;
use crate::interrupt::Ends;
use crate::lines::Line;
use crate::outcome::Outcome;
use crate::permits::Permits;
use crate::saved::{self, Saved};

/// What all calls have in common.
pub(crate) struct Caller<'a> {
    options: &'a Options,
    /// The longest that a try may take.
    limit: Duration,
    client: Client,
    permits: Permits,
    ends: Ends,
    pub(crate) in_flight: Cell<u64>,
    pub(crate) most_in_flight: Cell<u64>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(options: &'a Options, ends: Ends) -> Result<Self, Error> {
        let part = options.timeout;
        // The whole may take a little longer than each part, so that a part which took all of the time is named.
        let limit = part + part / 10;
        let client =
            Client::builder().dns_timeout(part).connect_timeout(part).first_byte_timeout(part).read_timeout(part);
        Ok(Self {
            options,
            limit,
            client: client.timeout(limit).build()?,
            permits: Permits::new(options),
            ends,
            in_flight: Cell::new(0),
            most_in_flight: Cell::new(0),
        })
    }

    pub(crate) fn connections_opened(&self) -> u64 {
        self.client.connections_opened()
    }

    /// Tries a line until it succeeds, cannot succeed, or must end.
    pub(crate) async fn fetch(&self, line: Line<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        if let Err(error) = self.client.get(line.url) {
            outcome.error = Some(error.kind());
            return outcome;
        }
        let host = self.permits.of_host(line);
        let starting = &self.ends.starting;
        loop {
            let permit = self.permits.acquire(host.as_deref(), outcome.attempts);
            let Some(permit) = starting.run_until_cancelled(permit).await else { return outcome.cancelled() };
            let begun = outcome.begun.unwrap_or_else(now);
            let backoff = Backoff::new(begun, self.limit, self.options.retries);
            let next = self.try_once(line, outcome.attempts + 1).await;
            outcome = Outcome { begun: Some(begun), ..next };
            // Others may use it while this line waits to try again.
            drop(permit);
            let pause = backoff.pause(now(), outcome.attempts).filter(|_| outcome.may_pass());
            let Some(pause) = pause else { return outcome };
            if starting.run_until_cancelled(sleep(pause)).await.is_none() {
                return outcome.cancelled();
            }
        }
    }

    async fn try_once(&self, line: Line<'_>, attempts: u32) -> Outcome {
        self.in_flight.set(self.in_flight.get() + 1);
        self.most_in_flight.set(self.most_in_flight.get().max(self.in_flight.get()));
        let mut outcome = Outcome { attempts, ..Outcome::default() };
        // In a box, for a thousand others wait, and need no room for a call.
        let exchange = Box::pin(self.exchange(line, &mut outcome));
        let error = match self.ends.calling.run_until_cancelled(exchange).await {
            Some(Ok(())) => None,
            Some(Err(kind)) => Some(kind),
            None => Some(ErrorKind::Cancelled),
        };
        outcome.error = error;
        // Without a status no body came, and no file.
        if let (Some(_), Some(_), Some(directory)) = (error, outcome.status, &self.options.body) {
            saved::discard(directory, line.number).await;
        }
        self.in_flight.set(self.in_flight.get() - 1);
        outcome
    }

    async fn exchange(&self, line: Line<'_>, outcome: &mut Outcome) -> Result<(), ErrorKind> {
        let of_call = |error: Error| error.kind();
        let of_file = |_: io::Error| ErrorKind::Io;
        let mut response = self.client.get(line.url).map_err(of_call)?.send().await.map_err(of_call)?;
        outcome.status = Some(response.status().as_u16());
        let mut file = self.options.body.as_deref().map(|directory| Saved::new(directory, line.number));
        while let Some(chunk) = response.chunk().await.map_err(of_call)? {
            outcome.bytes += chunk.len() as u64;
            if let Some(file) = &mut file {
                file.write(&chunk).await.map_err(of_file)?;
            }
        }
        match file {
            Some(file) => file.finish().await.map_err(of_file),
            None => Ok(()),
        }
    }
}
