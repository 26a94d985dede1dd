//! Turns servers that cannot be reached, or close at once, into one error for each call.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use wheelwright_http::ErrorKind::{Closed, Connect, Timeout};
use wheelwright_http::Phase;

use super::hostile::Hostile;
use super::{AT_ONCE, LIMIT, all_end, beside_a_heart, crowd, none_is_early, under_load};

/// Nobody listens: every call is told so, and nothing was opened.
pub(crate) fn refused() {
    let server = Hostile::start();
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|gone| gone.local_addr()).expect("a port");
    under_load(
        &server,
        |options| options,
        async |client, ids| {
            let outcomes = crowd(AT_ONCE, client, ids, |id| format!("http://{gone}/whole/{id}")).await;
            all_end(&outcomes, Connect);
            assert_eq!(client.connections_opened(), 0);
        },
    );
}

/// The backlog of a listener is full: the limit of connecting passes, for all at the same time.
pub(crate) fn unanswered() {
    let server = Hostile::start();
    let (silent, _held) = full_backlog();
    under_load(
        &server,
        |options| options.connect_timeout(LIMIT),
        async |client, ids| {
            let bound = LIMIT + Duration::from_millis(50);
            let calls = crowd(bound, client, ids, |id| format!("http://{silent}/whole/{id}"));
            let outcomes = beside_a_heart(calls).await;
            all_end(&outcomes, Timeout(Phase::Connect));
            none_is_early(&outcomes, LIMIT);
            assert_eq!(client.connections_opened(), 0);
        },
    );
}

/// An address that answers nothing, and what keeps it so.
fn full_backlog() -> (SocketAddr, impl Sized) {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    listener.listen(0).expect("it is bound");
    let address = listener.local_addr().expect("an address").as_socket().expect("it is numbers");
    let knock = || TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok();
    let held: Vec<_> = std::iter::from_fn(knock).collect();
    (address, (listener, held))
}

/// Accepted and closed: the connection was fresh, so that nothing is tried again, whatever the method.
pub(crate) fn closed_at_the_door() {
    let server = Hostile::start();
    under_load(
        &server,
        |options| options,
        async |client, ids| {
            let (count, accepted) = (ids.clone().count(), server.accepted());
            server.shut();
            let outcomes = crowd(AT_ONCE, client, ids, |id| server.url("whole", id)).await;
            server.open();
            all_end(&outcomes, Closed);
            assert_eq!(server.accepted() - accepted, count, "each call was made once");
            assert_eq!(client.connections_opened(), count as u64);
        },
    );
}
