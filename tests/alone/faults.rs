//! Turns each fault of a server into what a crowd of calls must see of it, and into the check that nothing is left behind.
//!
//! Every fault befalls one call, a hundred and a thousand at once. Afterwards descriptors, tasks, timers, sockets and the
//! permits of the host are as before, and the same host answers again through the same client. No time is asserted but that a
//! limit never fires early; ten times the stated bound is a hang.

mod cancels; // calls dropped anywhere
mod connecting; // no connection, or one that is closed at once
mod exhausted; // no descriptors
mod hostile; // the server
mod names; // no address
mod pools; // idle connections, and permits
mod replies; // no reply, or half of one
mod threads; // none free

pub(crate) use cancels::{hundred_thousand, up_to};
pub(crate) use connecting::{closed_at_the_door, refused, unanswered};
pub(crate) use exhausted::{SERVER, longest_idle, on_the_client, on_the_server, with_a_server, with_a_server_for};
pub(crate) use names::{slow_resolver, unknown_name};
pub(crate) use pools::{full, full_at_once, restarted, second_request};
pub(crate) use replies::{dripping, half_closed, reset_in_the_body, reset_in_the_head, silent};
pub(crate) use threads::no_thread_free;

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{block_on, inspect, join_all, race};
use wheelwright_http::{Body, Client, ClientBuilder, Error, ErrorKind, RequestBuilder};

use hostile::{Hostile, page};

/// So many calls meet a fault at once.
const SIZES: [u64; 3] = [1, 100, 1_000];
/// So long, and no longer, a client waits where it is to wait in vain.
const LIMIT: Duration = Duration::from_millis(100);
/// The bound of what has no limit of its own to wait for.
const AT_ONCE: Duration = Duration::from_millis(100);
/// All is as before within so long.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// What came of a call.
struct Outcome {
    id: u64,
    /// Bytes of the body, with or without the rest.
    body: Vec<u8>,
    /// `None` if all went well.
    end: Option<ErrorKind>,
    after: Duration,
}

/// What a process and its loop hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Held(pub(crate) usize, pub(crate) inspect::Live);

impl Held {
    pub(crate) fn now() -> Self {
        let descriptors = std::fs::read_dir("/proc/self/fd").expect("Linux lists them").count();
        Self(descriptors, inspect::live())
    }

    /// Waits until no more is held than this.
    pub(crate) async fn regained(&self) {
        let begin = now();
        while Self::now() != *self {
            assert!(now() - begin < 10 * SOON, "{:?} are left of what began as {self:?}", Self::now());
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Runs a fault at each size, with ids that no other size has, on a client of its own whose permits are as many as the calls.
fn under_load(
    server: &Hostile,
    options: impl Fn(ClientBuilder) -> ClientBuilder,
    fault: impl AsyncFn(&Client, Range<u64>),
) {
    raise_descriptor_limit();
    block_on(async {
        for count in SIZES {
            let before = Held::now();
            let builder = options(Client::builder().max_connections_per_host(count as usize));
            let client = builder.build().expect("the settings are good");
            let ids = count * 10..count * 11;
            fault(&client, ids.clone()).await;
            before.regained().await;
            is_unhurt(&client, count);
            let next = client.get(server.url("whole", ids.end)).expect("a URL").header("connection", "close");
            assert_eq!(ask(next, ids.end).await.end, None, "the host answers again");
            before.regained().await;
        }
    });
}

/// No host keeps a connection, and each has all its permits.
fn is_unhurt(client: &Client, permits: u64) {
    let hosts = format!("{client:?}");
    assert_eq!(hosts.matches("name:").count(), hosts.matches("idle: 0,").count(), "{hosts}");
    has_all_permits(client, permits);
}

pub(crate) fn has_all_permits(client: &Client, permits: u64) {
    let hosts = format!("{client:?}");
    let free = format!("permits: Some({permits})");
    assert_eq!(hosts.matches("name:").count(), hosts.matches(&free).count(), "{hosts}");
}

/// Makes all the calls at once: GET, POST and PUT in turn.
async fn crowd(bound: Duration, client: &Client, ids: Range<u64>, url: impl Fn(u64) -> String) -> Vec<Outcome> {
    let calls = ids.map(|id| {
        let request = match id % 3 {
            0 => client.get(url(id)),
            1 => client.post(url(id)).map(|request| request.body(page(id))),
            _ => client.put(url(id)).map(|request| request.body(page(id))),
        };
        ask(request.expect("a URL"), id)
    });
    timeout(10 * bound, join_all(calls)).await.expect("it hangs: ten times the bound have passed")
}

/// Makes one call, and holds what comes against its id.
async fn ask(request: RequestBuilder, id: u64) -> Outcome {
    let (begin, mut body) = (now(), Vec::new());
    let end = read(request, id, &mut body).await.err().map(|error| error.kind());
    let whole = page(id).into_bytes();
    assert!(whole.starts_with(&body), "{id} was given {}", String::from_utf8_lossy(&body));
    assert!(end.is_some() || body == whole, "{id} was told that {} bytes are all", body.len());
    Outcome { id, body, end, after: now() - begin }
}

async fn read(request: RequestBuilder, id: u64, body: &mut Vec<u8>) -> Result<(), Error> {
    let mut response = request.send().await?;
    assert_eq!(response.headers()["x-id"], id.to_string(), "a reply to another request");
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(()),
            Err(error) => {
                let again = response.chunk().await.expect_err("a body that failed is never whole");
                assert_eq!(again.kind(), error.kind());
                return Err(error);
            }
        }
    }
}

/// Every call ended so.
fn all_end(outcomes: &[Outcome], kind: ErrorKind) {
    for outcome in outcomes {
        assert_eq!(outcome.end, Some(kind), "call {}", outcome.id);
    }
}

/// No call ended before its limit had passed.
fn none_is_early(outcomes: &[Outcome], limit: Duration) {
    for outcome in outcomes {
        assert!(limit <= outcome.after, "call {} ended after {:?}", outcome.id, outcome.after);
    }
}

/// Runs `work`, which waits for a limit in vain, beside a task that wakes each millisecond, and checks that this one had at
/// least a tenth of its turns: one for each millisecond in which the system let this thread run or had nothing to ask of it.
async fn beside_a_heart<T>(work: impl Future<Output = T>) -> T {
    let beats = Cell::new(0);
    let heart = async {
        loop {
            sleep(Duration::from_millis(1)).await;
            beats.set(beats.get() + 1);
        }
    };
    let before = kept_waiting();
    let output = race(work, heart).await;
    let turns = LIMIT.saturating_sub(kept_waiting() - before).as_millis();
    assert!(turns / 10 <= beats.get(), "{} beats while {turns} ms were ours", beats.get());
    output
}

/// How long this thread could have run so far and was not let, by the kernel's account.
fn kept_waiting() -> Duration {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = account.split_ascii_whitespace().nth(1).and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(waited.unwrap_or_default())
}

/// A thousand connections have two thousand ends.
pub(crate) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, raised).expect("a soft limit may be raised up to the hard one");
}

/// A body of which nothing comes for as long as `hold` waits.
fn held_back(hold: impl Future<Output = ()> + 'static) -> Body {
    let late = async {
        hold.await;
        Ok::<_, std::io::Error>("late")
    };
    Body::stream(futures_lite::stream::once_future(late))
}
