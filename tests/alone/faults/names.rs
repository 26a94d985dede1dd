//! Turns names without an address, or with one that comes too late, into errors that hold up nobody else.

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::time::sleep;
use wheelwright_http::ErrorKind::{Dns, Timeout};
use wheelwright_http::{ClientBuilder, Phase};

use super::hostile::Hostile;
use super::{AT_ONCE, LIMIT, all_end, ask, beside_a_heart, crowd, none_is_early, under_load};

/// How a resolver is.
#[derive(Clone, Copy)]
enum Mood {
    /// It takes a moment, and knows the name.
    Good,
    /// It takes a moment, and knows nothing.
    Failing,
    /// It answers after the limit, or never.
    Slow,
}

fn moody(options: ClientBuilder, mood: &Rc<Cell<Mood>>) -> ClientBuilder {
    let mood = Rc::clone(mood);
    options.resolver(move |_, port| {
        let mood = mood.get();
        async move {
            sleep(Duration::from_millis(1)).await;
            match mood {
                Mood::Good => Ok(vec![([127, 0, 0, 1], port).into()]),
                Mood::Failing => Err(io::Error::other("no such name")),
                Mood::Slow if port % 2 == 0 => pending().await,
                Mood::Slow => {
                    sleep(100 * LIMIT).await;
                    Ok(Vec::new())
                }
            }
        }
    })
}

/// The name is unknown to all; once it is known, the same host answers.
pub(crate) fn unknown_name() {
    let (server, mood) = (Hostile::start(), Rc::new(Cell::new(Mood::Failing)));
    let url = |id| format!("http://shop.test:{}/whole/{id}", server.addr.port());
    under_load(
        &server,
        |options| moody(options, &mood),
        async |client, ids| {
            mood.set(Mood::Failing);
            let outcomes = crowd(AT_ONCE, client, ids.clone(), url).await;
            all_end(&outcomes, Dns);
            assert_eq!(client.connections_opened(), 0);
            mood.set(Mood::Good);
            let again = client.get(url(ids.start)).expect("a URL").header("connection", "close");
            assert_eq!(ask(again, ids.start).await.end, None, "the name is known by now");
        },
    );
}

/// The limit of the lookup passes for all at once, and the loop goes on meanwhile.
pub(crate) fn slow_resolver() {
    let (server, mood) = (Hostile::start(), Rc::new(Cell::new(Mood::Slow)));
    let port = server.addr.port();
    under_load(
        &server,
        |options| moody(options, &mood).dns_timeout(LIMIT),
        async |client, ids| {
            mood.set(Mood::Slow);
            // Half of them ask for a name that comes late, and half for one that never comes.
            let url = |id| format!("http://shop.test:{}/whole/{id}", 2 + id % 2);
            let outcomes = beside_a_heart(crowd(LIMIT, client, ids.clone(), url)).await;
            all_end(&outcomes, Timeout(Phase::Dns));
            none_is_early(&outcomes, LIMIT);
            assert_eq!(client.connections_opened(), 0);
            mood.set(Mood::Good);
            let again = format!("http://shop.test:{port}/whole/{}", ids.start);
            let again = client.get(again).expect("a URL").header("connection", "close");
            assert_eq!(ask(again, ids.start).await.end, None, "the resolver is quick by now");
        },
    );
}
