//! Turns connections that died while they were idle, and a host that has no more to give, into retries and errors.

use std::cell::RefCell;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::maybe_done;
use http::Method;
use wheelwright::time::{sleep, timeout};
use wheelwright::{block_on, join, join_all};
use wheelwright_http::ErrorKind::{Closed, Timeout};
use wheelwright_http::{Client, ClientBuilder, Phase};

use super::hostile::{Hostile, page};
use super::{
    AT_ONCE, Held, LIMIT, Outcome, SIZES, SOON, all_end, ask, beside_a_heart, crowd, has_all_permits, is_unhurt,
    none_is_early, raise_descriptor_limit, under_load,
};

type Crowd<'c> = Pin<Box<dyn Future<Output = Vec<Outcome>> + 'c>>;

/// Runs a case on a client that has as many idle connections as there are calls. It is dropped afterwards.
fn with_idle(options: impl Fn(u64) -> ClientBuilder, fault: impl AsyncFn(&mut Hostile, &Client, Range<u64>)) {
    raise_descriptor_limit();
    block_on(async {
        for count in SIZES {
            let before = Held::now();
            let mut server = Hostile::start();
            let client = options(count).build().expect("the settings are good");
            gather(&server, &client, 0..count).await;
            assert_eq!(client.connections_opened(), count);
            fault(&mut server, &client, count * 10..count * 11).await;
            drop((client, server));
            before.regained().await;
        }
    });
}

/// Makes so many calls that are answered together, and so leave as many idle connections.
async fn gather(server: &Hostile, client: &Client, ids: Range<u64>) {
    let count = ids.end - ids.start;
    let outcomes = crowd(SOON, client, ids, |id| format!("{}/{count}", server.url("gather", id))).await;
    assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "they were there at the same time");
}

/// Makes the calls, all of which have begun before the loop looks at the kernel again.
async fn blindly(client: &Client, ids: Range<u64>, method: &Method, url: impl Fn(u64) -> String) -> Vec<Outcome> {
    let call = |id| {
        let request = client.method(method.clone(), url(id)).expect("a URL");
        ask(if *method == Method::POST { request.body(page(id)) } else { request }, id)
    };
    let mut calls: Vec<_> = ids.map(|id| Box::pin(maybe_done(call(id)))).collect();
    let once = poll_fn(|cx| {
        for call in &mut calls {
            let _ = call.as_mut().poll(cx);
        }
        Poll::Ready(())
    });
    once.await;
    let rest = join_all(calls.iter_mut().map(|call| call.as_mut()));
    timeout(10 * SOON, rest).await.expect("it hangs: ten times the bound have passed");
    calls.iter_mut().map(|call| call.as_mut().take_output().expect("all are done")).collect()
}

/// The server is another one by now, and the loop has not seen it: each GET is tried again once, on a fresh connection. A
/// POST may have been acted on by the old one, so it is told that the connection was closed, and never sent to the new one.
pub(crate) fn restarted() {
    with_idle(
        |_| Client::builder(),
        async |server, client, ids| {
            let count = ids.end - ids.start;
            // The loop is blocked meanwhile, so that it knows of no end.
            server.restart();
            let outcomes = blindly(client, ids.clone(), &Method::GET, |id| server.url("whole", id)).await;
            assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "each GET succeeds");
            assert_eq!(client.connections_opened(), 2 * count, "by one retry");
            assert_eq!((server.accepted(), server.requests()), (count as usize, count as usize));

            gather(server, client, ids.end..ids.end + count).await;
            server.restart();
            let outcomes = blindly(client, ids.clone(), &Method::POST, |id| server.url("whole", id)).await;
            all_end(&outcomes, Closed);
            assert_eq!((server.accepted(), server.requests()), (0, 0), "the new server heard of no POST");

            gather(server, client, ids.end..ids.end + count).await;
            server.restart();
            // Now the loop sees it, and none of the old connections is tried.
            sleep(LIMIT).await;
            let outcomes = crowd(SOON, client, ids, |id| server.url("whole", id)).await;
            assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "each POST succeeds too");
            assert_eq!((server.accepted(), server.requests()), (count as usize, count as usize), "sent once each");
        },
    );
}

/// The server reads the second request of a connection and closes it then: it heard each GET twice and each POST once.
pub(crate) fn second_request() {
    let options = |count| Client::builder().max_connections_per_host(count as usize);
    with_idle(options, async |server, client, ids| {
        let count = ids.end - ids.start;
        let outcomes = blindly(client, ids.clone(), &Method::POST, |id| server.url("once", id)).await;
        all_end(&outcomes, Closed);
        assert!(ids.clone().all(|id| server.heard(&format!("POST /once/{id}")) == 1), "each was sent once");
        is_unhurt(client, count);

        gather(server, client, ids.end..ids.end + count).await;
        let outcomes = blindly(client, ids.clone(), &Method::GET, |id| server.url("once", id)).await;
        assert!(outcomes.iter().all(|outcome| outcome.end.is_none()), "each GET succeeds");
        assert!(ids.clone().all(|id| server.heard(&format!("GET /once/{id}")) == 2), "by one retry");
        has_all_permits(client, count);
    });
}

/// All the connections of a host are in use: whoever waits for one gives up after the limit, and those who use them never
/// notice.
pub(crate) fn full() {
    with_all_in_use(LIMIT, async |crowd| beside_a_heart(crowd).await);
}

/// The same where nobody is to wait.
pub(crate) fn full_at_once() {
    with_all_in_use(Duration::ZERO, async |crowd| crowd.await);
}

fn with_all_in_use(limit: Duration, waiting: impl AsyncFn(Crowd<'_>) -> Vec<Outcome>) {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options.pool_timeout(limit),
        async |client, ids| {
            let (count, requests) = (ids.end - ids.start, server.requests());
            let ended = RefCell::new(Vec::new());
            let hold = |client: &Client, id| {
                let url = format!("{}/{}", server.url("gather", id), count + 1);
                ask(client.get(url).expect("a URL").header("connection", "close"), id)
            };
            let holders = join_all((0..count).map(async |id| {
                let outcome = hold(client, ids.end + id).await;
                assert_eq!(outcome.end, None, "it held its connection all the time");
                ended.borrow_mut().push("holder");
            }));
            let waiters = async {
                while server.requests() < requests + count as usize {
                    sleep(Duration::from_millis(1)).await;
                }
                let crowd = crowd(limit + AT_ONCE, client, ids.clone(), |id| server.url("whole", id));
                let outcomes = waiting(Box::pin(crowd)).await;
                all_end(&outcomes, Timeout(Phase::Pool));
                none_is_early(&outcomes, limit);
                ended.borrow_mut().push("waiters");
                // Another client is the last to come, and lets the holders go.
                assert_eq!(hold(&Client::new(), ids.end + count).await.end, None);
            };
            join(holders, waiters).await;
            assert_eq!(ended.borrow()[0], "waiters", "nobody waited for the holders");
            assert_eq!(server.requests() - requests, count as usize + 1, "no waiter was heard of");
        },
    );
}
