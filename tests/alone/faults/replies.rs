//! Turns servers that owe a reply, or the rest of one, into an error for each call, with what came before it.

use std::rc::Rc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wheelwright::join_all;
use wheelwright::sync::Event;
use wheelwright::time::{now, sleep, timeout};
use wheelwright_http::ErrorKind::{self, Closed, Incomplete, Timeout};
use wheelwright_http::{Client, Phase};

use super::hostile::{DRIP, Hostile, half_page};
use super::{
    AT_ONCE, LIMIT, Outcome, SOON, all_end, beside_a_heart, crowd, held_back, is_unhurt, none_is_early, under_load,
};

/// Makes the calls; each must reach the server once, on a connection of its own.
async fn each_once(
    server: &Hostile,
    bound: Duration,
    client: &Client,
    ids: std::ops::Range<u64>,
    act: &str,
) -> Vec<Outcome> {
    let before = (server.accepted(), server.requests());
    let outcomes = crowd(bound, client, ids, |id| server.url(act, id)).await;
    let count = outcomes.len();
    // A client that gave up may be ahead of the server.
    reached(server, before.1 + count).await;
    assert_eq!((server.accepted(), server.requests()), (before.0 + count, before.1 + count), "each call was made once");
    is_unhurt(client, count as u64);
    outcomes
}

/// Waits until so many requests have come.
async fn reached(server: &Hostile, requests: usize) {
    let begin = now();
    while server.requests() < requests {
        assert!(now() - begin < 10 * SOON, "{} of {requests} requests have come", server.requests());
        sleep(Duration::from_millis(1)).await;
    }
}

/// The request is read and never answered.
pub(crate) fn silent() {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options.first_byte_timeout(LIMIT),
        async |client, ids| {
            let bound = LIMIT + Duration::from_millis(50);
            let outcomes = beside_a_heart(each_once(&server, bound, client, ids, "silent")).await;
            all_end(&outcomes, Timeout(Phase::FirstByte));
            none_is_early(&outcomes, LIMIT);
        },
    );
}

/// The connection is reset in the middle of the head: nothing of it is told.
pub(crate) fn reset_in_the_head() {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options,
        async |client, ids| {
            let outcomes = each_once(&server, AT_ONCE, client, ids, "reset-head").await;
            all_end(&outcomes, Incomplete);
            assert!(outcomes.iter().all(|outcome| outcome.body.is_empty()));
        },
    );
}

/// The connection is reset in the middle of the body: what came before is handed out, then the error.
pub(crate) fn reset_in_the_body() {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options,
        async |client, ids| {
            let outcomes = each_once(&server, AT_ONCE, client, ids, "reset-body").await;
            all_end(&outcomes, Incomplete);
            have_half(&outcomes);
        },
    );
}

fn have_half(outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert_eq!(String::from_utf8_lossy(&outcome.body), half_page(outcome.id), "the bytes so far");
    }
}

/// The server closes its half in the middle of the body. Read at once, it is a body cut short. Left unread, or met in the
/// middle of a request's body, it costs nothing until somebody looks.
pub(crate) fn half_closed() {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options,
        async |client, ids| {
            let outcomes = each_once(&server, AT_ONCE, client, ids.clone(), "half").await;
            all_end(&outcomes, Incomplete);
            have_half(&outcomes);
            unread(client, &server, ids.clone()).await;
            uploading(client, &server, ids.clone(), "half", Incomplete).await;
            uploading(client, &server, ids, "half-mute", Closed).await;
        },
    );
}

async fn unread(client: &Client, server: &Hostile, ids: std::ops::Range<u64>) {
    let sent = ids.map(async |id| (id, client.get(server.url("half", id)).expect("a URL").send().await));
    let responses = timeout(10 * AT_ONCE, join_all(sent)).await.expect("it hangs");
    costs_nothing().await;
    for (id, response) in responses {
        let mut response = response.expect("the head came whole");
        let chunk = response.chunk().await.expect("there are bytes").expect("it is not the end");
        assert_eq!(chunk, half_page(id), "the bytes so far");
        assert_eq!(response.chunk().await.expect_err("the body is cut").kind(), Incomplete);
    }
}

/// The rest of the request is late, and the server has closed its half meanwhile.
async fn uploading(client: &Client, server: &Hostile, ids: std::ops::Range<u64>, act: &str, kind: ErrorKind) {
    let (late, requests, count) = (Rc::new(Event::new()), server.requests(), ids.clone().count());
    let calls = ids.map(|id| {
        let late = Rc::clone(&late);
        let body = held_back(async move { late.wait().await });
        let call = client.post(server.url(act, id)).expect("a URL").body(body).send();
        async move { call.await?.bytes().await }
    });
    let release = async {
        reached(server, requests + count).await;
        costs_nothing().await;
        late.set();
    };
    let both = wheelwright::join(join_all(calls), release);
    let (outcomes, ()) = timeout(10 * SOON, both).await.expect("it hangs");
    for outcome in outcomes {
        assert_eq!(outcome.expect_err("the server has cut the reply").kind(), kind);
    }
}

/// Catalogue 172: while nobody looks at what is there, the process takes less than a twentieth of a processor, as soon as
/// everything has come.
async fn costs_nothing() {
    for _ in 0..20 {
        let (begin, used) = (now(), processor_time());
        sleep(LIMIT / 2).await;
        if (processor_time() - used) * 20 < now() - begin {
            return;
        }
    }
    panic!("the process never rests");
}

/// What all the threads of this process have used.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("it is not negative")
}

/// Each byte comes in time, and all of them too late: the limit of a gap never passes, that of the whole does.
pub(crate) fn dripping() {
    let server = Hostile::start();
    let (gap, total) = (10 * DRIP, 15 * DRIP);
    under_load(
        &server,
        |options| options.read_timeout(gap).timeout(total),
        async |client, ids| {
            let outcomes = beside_a_heart(each_once(&server, total, client, ids, "drip")).await;
            all_end(&outcomes, Timeout(Phase::Total));
            none_is_early(&outcomes, total);
            assert!(outcomes.iter().all(|outcome| 1 < outcome.body.len()), "what came was handed out as it came");
        },
    );
}
