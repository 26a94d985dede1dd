//! Turns a request into a response: a permit, a connection, the request out, the response's head in.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{HeaderMap, Method};
use wheelwright::sync::OwnedPermit;

use super::dial::dial;
use super::exchange::{Answer, Exchange, broken, is_closed};
use super::limits::Limits;
use super::pool::{Host, Lease, Pool};
use super::response::Response;
use super::upload::{Step, Upload};
use crate::body::Body;
use crate::buffers::{keep_output, take_output};
use crate::proto::{BodyEncoder, RequestParts, framing};
use crate::{Error, ErrorKind, Phase};

/// A body up to this size is copied behind its head, so that both leave in one piece.
const SMALL: usize = 16 * 1024;

/// A request in its parts.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) pool: Rc<Pool>,
    pub(crate) host: Rc<Host>,
    pub(crate) method: Method,
    /// In origin-form.
    pub(crate) target: Box<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) total: Option<Duration>,
}

impl Call {
    pub(crate) async fn perform(mut self) -> Result<Response, Error> {
        if self.host.secure {
            return Err(Error::new(ErrorKind::Tls, "https is not built in yet"));
        }
        let mut limits = Limits::new(self.total);
        let replayable = self.body.bytes().is_some();
        let mut permit = self.wait_for_permit(&mut limits).await?;
        let mut lease = match self.host.take_idle(&mut permit) {
            Some(lease) => lease,
            None => self.dial(permit, &mut limits).await?,
        };
        loop {
            let mut exchange = Exchange::new(lease, &self.method, self.pool.options.max_head);
            let error = match self.exchange(&mut exchange, &mut limits).await {
                Ok(answer) => return Ok(self.respond(exchange, answer, limits)),
                Err(error) => error,
            };
            if !replayable || !self.may_repeat(&exchange, &error) {
                return Err(error);
            }
            // On a fresh connection: another idle one may be as stale as this one was.
            let permit = exchange.lease.give_up();
            lease = self.dial(permit, &mut limits).await?;
        }
    }

    async fn wait_for_permit(&self, limits: &mut Limits) -> Result<Option<OwnedPermit>, Error> {
        let Some(permits) = self.host.permits() else { return Ok(None) };
        limits.enter(Phase::Pool, self.pool.options.pool);
        limits.keep(permits.acquire_owned()).await.map(Some)
    }

    async fn dial(&self, permit: Option<OwnedPermit>, limits: &mut Limits) -> Result<Lease, Error> {
        // Boxed, since most calls find a connection: their futures need not have room for this.
        let stream = Box::pin(dial(&self.pool, &self.host, limits)).await?;
        Ok(self.host.lease(stream, permit))
    }

    /// Whether the connection was stale, and the request can be sent as if it never had been.
    fn may_repeat(&self, exchange: &Exchange, error: &Error) -> bool {
        let unheard = exchange.lease.reused && !exchange.begun && error.kind() == ErrorKind::Closed;
        let harmless = exchange.written == 0 || self.method.is_idempotent();
        unheard && harmless
    }

    async fn exchange(&mut self, exchange: &mut Exchange, limits: &mut Limits) -> Result<Answer, Error> {
        let mut out = take_output();
        let mut encoder = self.write_head(&mut out)?;
        let small = self.body.bytes().filter(|body| body.len() <= SMALL);
        if let Some(body) = small {
            encoder.write(body, &mut out)?;
        }
        if small.is_some() {
            match exchange.lease.stream.try_write(&out) {
                Ok(count) => exchange.written = count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                // Perhaps it answered before it went away.
                Err(error) if is_closed(&error) => return self.receive(exchange, limits).await,
                Err(error) => return Err(broken(error, false)),
            }
            exchange.sent = exchange.written == out.len();
        }
        if exchange.sent {
            keep_output(out);
            return self.receive(exchange, limits).await;
        }
        let rest = match small {
            Some(_) => Body::empty(),
            None => self.body.replica().unwrap_or_else(|| std::mem::take(&mut self.body)),
        };
        let upload = Upload::new(exchange, out, encoder);
        match Box::pin(self.upload(upload, rest, limits)).await? {
            Some(answer) => Ok(answer),
            None => self.receive(exchange, limits).await,
        }
    }

    fn write_head(&self, out: &mut Vec<u8>) -> Result<BodyEncoder, Error> {
        let parts = RequestParts {
            method: &self.method,
            target: &self.target,
            host: &self.host.field,
            headers: &self.headers,
            body: self.body.size(),
        };
        parts.write_head(out)
    }

    /// Sends what one write did not take; returns the answer of a server that did not wait for the end.
    async fn upload(
        &self,
        mut upload: Upload<'_>,
        mut body: Body,
        limits: &mut Limits,
    ) -> Result<Option<Answer>, Error> {
        loop {
            limits.enter(Phase::Send, self.pool.options.send);
            match limits.keep(poll_fn(|cx| upload.poll_step(&mut body, cx))).await?? {
                Step::On => {}
                Step::Done => return Ok(None),
                Step::Answered(answer) => return Ok(Some(*answer)),
            }
        }
    }

    async fn receive(&self, exchange: &mut Exchange, limits: &mut Limits) -> Result<Answer, Error> {
        let options = &self.pool.options;
        loop {
            match exchange.begun {
                false => limits.enter(Phase::FirstByte, options.first_byte),
                true => limits.enter(Phase::Gap, options.gap),
            }
            if let Some(answer) = limits.keep(poll_fn(|cx| exchange.poll_head(cx))).await?? {
                return Ok(answer);
            }
        }
    }

    fn respond(&self, exchange: Exchange, mut answer: Answer, limits: Limits) -> Response {
        let closes = !self.headers.is_empty()
            && framing::asks_to_close(self.headers.get_all(CONNECTION).iter().map(HeaderValue::as_bytes));
        answer.keep_alive &= exchange.sent && !closes;
        Response::new(answer, exchange.lease, limits, self.pool.options.gap)
    }
}
