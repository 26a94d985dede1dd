//! Turns a request into a response: a permit, a connection, the request out, the response's head in.
//!
//! One future with one stage after another, written by hand: ten thousand of them wait at once, so each is as small as its
//! largest stage, and what is large or rare is in a box.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{HeaderMap, Method};
use wheelwright::sync::{AcquireOwned, OwnedPermit};
use wheelwright::time::{Sleep, now};

use super::Dialing;
use super::discard::discard;
use super::exchange::{Answer, Exchange, broken, is_closed};
use super::limits::Limits;
use super::pool::{Host, Lease, Pool, fresh};
use super::redirect::Trail;
use super::response::Response;
use super::upload::{Step, Upload};
use crate::body::Body;
use crate::buffers::{OUTPUT, keep, take};
use crate::proto::{BodyEncoder, RequestParts, framing};
use crate::{Error, ErrorKind, Phase};

/// A body up to this size is copied behind its head, so that both leave in one piece.
const SMALL: usize = 16 * 1024;

/// A dial that lay there for longer than this and is not done is not waited for: its first packet was lost (RFC 6298).
const STUCK: Duration = Duration::from_secs(1);

/// A request in its parts.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) pool: Rc<Pool>,
    pub(crate) host: Rc<Host>,
    pub(crate) method: Method,
    /// The host's origin and the target, as it is asked for.
    pub(crate) url: String,
    /// There if any were set.
    pub(crate) headers: Option<Box<HeaderMap>>,
    pub(crate) body: Body,
    pub(crate) trail: Option<Box<Trail>>,
    /// The server was told, and not by the caller, that it may pack the body.
    #[cfg(feature = "gzip")]
    pub(crate) unpacks: bool,
}

/// The future of [`RequestBuilder::send`](super::RequestBuilder::send) and [`Client::request`](super::Client::request).
#[must_use = "a request is not sent until it is awaited"]
pub struct Sending {
    /// Gone where there is only a fault to tell.
    call: Option<Call>,
    limits: Limits,
    stage: Stage,
}

enum Stage {
    Fault(Option<Error>),
    Start,
    Permit(AcquireOwned),
    Dial {
        dial: Box<Dialing>,
        begun: Begun,
        /// The wait for another connection, where one that was used may do.
        returned: Option<AcquireOwned>,
        permit: Option<OwnedPermit>,
    },
    Upload(Box<Upload>),
    Receive(Exchange),
    /// Before another try.
    Pause(Sleep),
    Done,
}

/// When a dial was begun.
#[derive(Clone, Copy, PartialEq)]
enum Begun {
    Now,
    /// By another call, a moment before.
    Before,
    /// By another call, so that it should be done.
    LongBefore,
}

impl Sending {
    /// A call that may take so long.
    pub(crate) fn new(call: Call, total: Option<Duration>) -> Self {
        call.pool.calls.set(call.pool.calls.get() + 1);
        Self { limits: Limits::new(total), call: Some(call), stage: Stage::Start }
    }

    pub(crate) fn fault(error: Error) -> Self {
        Self { call: None, limits: Limits::new(None), stage: Stage::Fault(Some(error)) }
    }

    /// Goes on from one stage to the next; ready with a response at the end of the last.
    fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Response>, Error>> {
        match &mut self.stage {
            Stage::Start => Poll::Ready(self.start()),
            Stage::Permit(wait) => {
                let permit = ready!(Pin::new(wait).poll(cx)).expect("nobody closes the permits of a host");
                Poll::Ready(self.connect(Some(permit)))
            }
            Stage::Dial { .. } => self.poll_dial(cx),
            Stage::Upload(upload) => match ready!(upload.poll_step(cx)) {
                Ok(step) => Poll::Ready(self.advance(step)),
                Err(error) => Poll::Ready(self.fail(error)),
            },
            Stage::Receive(exchange) => match ready!(exchange.poll_head(cx)) {
                Ok(Some(answer)) => Poll::Ready(self.respond(answer)),
                Ok(None) => {
                    let gap = self.call().pool.options.gap;
                    self.limits.enter(Phase::Gap, gap);
                    Poll::Ready(Ok(None))
                }
                Err(error) => Poll::Ready(self.fail(error)),
            },
            Stage::Pause(pause) => {
                ready!(Pin::new(pause).poll(cx));
                self.stage = Stage::Start;
                Poll::Ready(Ok(None))
            }
            Stage::Fault(error) => {
                Poll::Ready(Err(error.take().expect("a request is polled no more after it told its error")))
            }
            Stage::Done => panic!("a request was polled after it gave its response"),
        }
    }

    fn call(&self) -> &Call {
        self.call.as_ref().expect("every stage but a fault has a call")
    }

    fn start(&mut self) -> Result<Option<Response>, Error> {
        #[cfg(feature = "gzip")]
        self.call.iter_mut().for_each(super::gzip::ask);
        let call = self.call();
        if call.host.secure && cfg!(not(feature = "tls")) {
            return Err(Error::new(ErrorKind::Tls, "https needs the feature `tls`, which is not built in"));
        }
        let Some(permits) = &call.host.permits else { return self.connect(None) };
        let (limit, wait) = (call.pool.options.pool, permits.acquire_owned());
        self.limits.enter(Phase::Pool, limit);
        self.stage = Stage::Permit(wait);
        Ok(None)
    }

    fn connect(&mut self, mut permit: Option<OwnedPermit>) -> Result<Option<Response>, Error> {
        let call = self.call.as_ref().expect("every stage but a fault has a call");
        if let Some(lease) = call.host.take_idle(&mut permit) {
            return self.exchange(lease);
        }
        let returned = Some(call.host.returned.acquire_owned());
        let (dial, begun) = match call.host.take_begun() {
            None => (Box::default(), Begun::Now),
            Some((dial, since)) if now() - since < STUCK => (dial, Begun::Before),
            Some((dial, _)) => (dial, Begun::LongBefore),
        };
        dial.enter(&call.pool.options, &mut self.limits);
        self.stage = Stage::Dial { dial, begun, returned, permit };
        Ok(None)
    }

    /// Dials, unless another connection comes back that was used before and may do all the same.
    fn dial(&mut self, returned: Option<AcquireOwned>, permit: Option<OwnedPermit>) -> Option<Response> {
        self.stage = Stage::Dial { dial: Box::default(), begun: Begun::Now, returned, permit };
        None
    }

    fn poll_dial(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Response>, Error>> {
        let call = self.call.as_ref().expect("every stage but a fault has a call");
        let (pool, host) = (&call.pool, &call.host);
        let Stage::Dial { dial, begun, returned, permit } = &mut self.stage else { unreachable!("it dials") };
        let stream = match dial.poll(pool, host, &mut self.limits, cx) {
            Poll::Pending if *begun != Begun::LongBefore => return self.poll_returned(cx),
            Poll::Ready(dialed) if *begun == Begun::Now => Some(dialed?),
            // What lay there is as doubtful as a connection that did: if it fails, that is nobody's fault.
            Poll::Ready(dialed) => dialed.ok().and_then(fresh),
            Poll::Pending => None,
        };
        let (permit, returned) = (permit.take(), returned.take());
        let Some(stream) = stream else { return Poll::Ready(Ok(self.dial(returned, permit))) };
        pool.opened.set(pool.opened.get() + 1);
        let lease = Lease { stream, reused: *begun != Begun::Now, host: Rc::clone(host), permit };
        self.stage = Stage::Done;
        Poll::Ready(self.exchange(lease))
    }

    /// Looks for a connection that another call gave back while this one dials.
    fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Response>, Error>> {
        let host = &self.call.as_ref().expect("every stage but a fault has a call").host;
        let Stage::Dial { dial, returned, permit, .. } = &mut self.stage else { unreachable!("it dials") };
        while let Some(wait) = returned {
            ready!(Pin::new(&mut *wait).poll(cx)).expect("nobody closes it").forget();
            // Who was quicker may have taken it.
            *wait = host.returned.acquire_owned();
            if let Some(lease) = host.take_idle(permit) {
                host.put_begun(std::mem::take(dial));
                self.stage = Stage::Done;
                return Poll::Ready(self.exchange(lease));
            }
        }
        Poll::Pending
    }

    /// Writes what one write takes, which is the whole of most requests.
    fn exchange(&mut self, lease: Lease) -> Result<Option<Response>, Error> {
        let call = self.call.as_mut().expect("every stage but a fault has a call");
        let earlier_heads = call.trail.as_ref().map_or(0, |trail| trail.heads);
        let max_head = call.pool.options.max_head.saturating_sub(earlier_heads);
        let mut exchange = Exchange::new(lease, &call.method, max_head);
        let mut out = take(&OUTPUT);
        let mut encoder = call.write_head(&mut out)?;
        let small = call.body.bytes().filter(|body| body.len() <= SMALL);
        if let Some(body) = small {
            encoder.write(body, &mut out)?;
            match exchange.lease.stream.try_write(&out) {
                Ok(count) => exchange.written = count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Perhaps it answered before it went away.
                Err(error) if is_closed(&error) => return Ok(self.receive(exchange)),
                Err(error) => return Err(broken(error, exchange.gone())),
            }
            exchange.sent = exchange.written == out.len();
        }
        if exchange.sent {
            keep(&OUTPUT, out);
            return Ok(self.receive(exchange));
        }
        let rest = if small.is_some() { Body::empty() } else { call.body.hand_out() };
        self.limits.enter(Phase::Send, call.pool.options.send);
        self.stage = Stage::Upload(Box::new(Upload::new(exchange, out, encoder, rest)));
        Ok(None)
    }

    fn advance(&mut self, step: Step) -> Result<Option<Response>, Error> {
        let limit = self.call().pool.options.send;
        self.limits.enter(Phase::Send, limit);
        match (step, std::mem::replace(&mut self.stage, Stage::Done)) {
            (Step::Done, Stage::Upload(upload)) => Ok(self.receive(upload.exchange)),
            (Step::Answered(answer), Stage::Upload(upload)) => {
                self.stage = Stage::Receive(upload.exchange);
                self.respond(*answer)
            }
            (_, stage) => {
                self.stage = stage;
                Ok(None)
            }
        }
    }

    fn receive(&mut self, exchange: Exchange) -> Option<Response> {
        let options = &self.call.as_ref().expect("every stage but a fault has a call").pool.options;
        match exchange.begun {
            false => self.limits.enter(Phase::FirstByte, options.first_byte),
            true => self.limits.enter(Phase::Gap, options.gap),
        }
        self.stage = Stage::Receive(exchange);
        None
    }

    /// Tries once more where that is as if the first time had never been.
    fn fail(&mut self, error: Error) -> Result<Option<Response>, Error> {
        let exchange = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Receive(exchange) => exchange,
            Stage::Upload(upload) => upload.exchange,
            _ => return Err(error),
        };
        if !exchange.may_repeat(self.call(), &error) {
            return Err(error);
        }
        // On a fresh connection: another idle one may be as stale as this one was.
        Ok(self.dial(None, exchange.lease.permit))
    }

    fn respond(&mut self, mut answer: Answer) -> Result<Option<Response>, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        let Stage::Receive(exchange) = stage else { unreachable!("an answer comes while it is waited for") };
        let call = self.call.as_mut().expect("every stage but a fault has a call");
        answer.keep_alive &= exchange.sent && !call.asks_to_close();
        // Nearly every answer is the last word.
        if matches!(answer.status.as_u16(), 301..=308 | 429 | 502..=504)
            && let Some(next) = call.go_on(&answer, &mut self.limits)?
        {
            // First of all the connection is free, and its permit: the next request may need them.
            if answer.keep_alive && answer.fault.is_none() {
                discard(exchange.lease, &mut answer.inflow);
            }
            self.stage = next;
            return Ok(None);
        }
        #[cfg(feature = "gzip")]
        let unpacks = call.unpacks;
        let response = Response::new(answer, exchange.lease, &mut self.limits, call);
        #[cfg(feature = "gzip")]
        let response = if unpacks { response.unpacked() } else { response };
        Ok(Some(response))
    }
}

impl Call {
    /// What comes after an answer that points elsewhere, or that may be another one the next time.
    #[cold]
    fn go_on(&mut self, answer: &Answer, limits: &mut Limits) -> Result<Option<Stage>, Error> {
        Ok(match answer.status.as_u16() {
            301 | 302 | 303 | 307 | 308 => self.follow(answer)?.then_some(Stage::Start),
            429 | 502..=504 => self.next_try(limits, Some(answer)).map(Stage::Pause),
            _ => None,
        })
    }

    fn write_head(&self, out: &mut Vec<u8>) -> Result<BodyEncoder, Error> {
        RequestParts {
            method: &self.method,
            target: &self.url[self.host.origin.len()..],
            host: &self.host.field,
            headers: self.headers.as_deref().unwrap_or(&HeaderMap::new()),
            body: self.body.size(),
        }
        .write_head(out)
    }

    fn asks_to_close(&self) -> bool {
        let headers = self.headers.as_deref();
        headers.is_some_and(|map| framing::asks_to_close(map.get_all(CONNECTION).iter().map(HeaderValue::as_bytes)))
    }
}

impl Future for Sending {
    type Output = Result<Response, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let error = match this.poll_stage(cx) {
                Poll::Ready(Ok(None)) => continue,
                Poll::Ready(Ok(Some(response))) => return Poll::Ready(Ok(response)),
                Poll::Ready(Err(error)) => error,
                Poll::Pending => ready!(this.limits.poll_passed(cx)),
            };
            // The connection is closed and the permit free before anybody hears of the error. If no response began, the
            // reason may pass.
            let may_pass = match std::mem::replace(&mut this.stage, Stage::Done) {
                Stage::Dial { .. } => error.kind() != ErrorKind::Tls,
                _ => error.kind() == ErrorKind::Closed,
            };
            let call = this.call.as_mut().filter(|_| may_pass);
            match call.and_then(|call| call.next_try(&mut this.limits, None)) {
                Some(pause) => this.stage = Stage::Pause(pause),
                None => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Fault(_) => "fault",
            Stage::Start => "start",
            Stage::Permit(_) => "permit",
            Stage::Dial { .. } => "dial",
            Stage::Upload(_) => "upload",
            Stage::Receive(_) => "receive",
            Stage::Pause(_) => "pause",
            Stage::Done => "done",
        };
        f.debug_struct("Sending").field("stage", &stage).finish_non_exhaustive()
    }
}
