//! Section F: a handshake, and a connection that comes back first.

use std::sync::Arc;
use std::time::Duration;

use wheelwright::{JoinHandle, spawn, yield_now};
use wheelwright_http::ErrorKind::Timeout;
use wheelwright_http::{Client, ClientBuilder, Error, ErrorKind, Phase, Response};

use crate::script::{Server, run};
use crate::secure::{NAME, Secure, anywhere, authority};

/// A server that shakes hands on its second connection when the test says `shake`, or closes it then. It answers `/held` once
/// the test says `go`, `/stall` once it says `end`, and all else at once, with the number of the connection.
fn hesitating(closes: bool) -> Server {
    let config = Arc::new(authority().identity(&[NAME]).config());
    Server::start(move |connection| {
        if connection.number == 2 {
            connection.mark("hesitating");
            connection.wait_for("shake");
            if closes {
                return connection.mark("closed");
            }
        }
        let Some(mut secure) = Secure::accept(connection, &config) else { return };
        while let Some((head, _)) = secure.request() {
            if head.starts_with("GET /held") {
                secure.wait_for("go", 1);
            }
            if head.starts_with("GET /stall") {
                secure.wait_for("end", 1);
            }
            let number = secure.number;
            secure.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}"));
        }
    })
}

fn built(builder: ClientBuilder) -> Client {
    builder.add_root_certificate(authority().der()).build().expect("it is a certificate")
}

async fn get(client: &Client, server: &Server, path: &str) -> Result<String, ErrorKind> {
    let call = client.get(format!("https://{NAME}:{}{path}", server.addr.port())).expect("the URL is good").send();
    call.await.map_err(|error| error.kind())?.text().await.map_err(|error| error.kind())
}

/// Has one connection in the pool, and one whose handshake was begun in vain.
async fn overtake(client: &Client, server: &Server) {
    let task = |path: &'static str| -> JoinHandle<_> {
        let call = client.get(format!("https://{NAME}:{}{path}", server.addr.port())).expect("the URL is good").send();
        spawn(async move { call.await.expect("the server answers").text().await.expect("it comes whole") })
    };
    let held = task("/held");
    server.marks().reached("request", 1).await;
    let second = task("/second");
    server.marks().reached("hesitating", 1).await;
    server.marks().mark("go");
    let texts = (held.await.expect("it ends well"), second.await.expect("it ends well"));
    assert_eq!((texts.0.as_str(), texts.1.as_str()), ("1", "1"), "F 126");
}

/// Takes the connection that is kept, and does not give it back before the test says `end`.
async fn occupy(client: &Client, server: &Server) -> JoinHandle<Result<Response, Error>> {
    let url = format!("https://{NAME}:{}/stall", server.addr.port());
    let taken = spawn(client.get(url).expect("the URL is good").send());
    server.marks().reached("request", 3).await;
    taken
}

#[test]
fn a_handshake_that_was_begun_in_vain_is_gone_on_with() {
    let server = hesitating(false);
    run(async {
        let client = built(anywhere());
        overtake(&client, &server).await;
        let taken = occupy(&client, &server).await;
        server.marks().mark("shake");
        assert_eq!(get(&client, &server, "/third").await.as_deref(), Ok("2"), "F 126");
        server.marks().mark("end");
        assert!(taken.await.unwrap().is_ok());
        assert_eq!(client.connections_opened(), 2);
    });
    assert_eq!(server.connections(), 2, "F 126: nobody dialed a third time");
}

#[test]
fn a_handshake_that_was_cut_while_it_lay_is_begun_anew() {
    let server = hesitating(true);
    run(async {
        let client = built(anywhere());
        overtake(&client, &server).await;
        let taken = occupy(&client, &server).await;
        server.marks().mark("shake");
        server.marks().reached("closed", 1).await;
        assert_eq!(get(&client, &server, "/third").await.as_deref(), Ok("3"), "F 126: nobody is told of the second");
        taken.abort();
        server.marks().mark("end");
    });
}

#[test]
fn who_goes_on_with_a_handshake_has_the_time_of_one() {
    let server = hesitating(false);
    run(async {
        let client = built(anywhere().tls_timeout(Duration::from_millis(100)));
        overtake(&client, &server).await;
        let taken = occupy(&client, &server).await;
        assert_eq!(get(&client, &server, "/third").await, Err(Timeout(Phase::Tls)), "F 126, J 168");
        taken.abort();
        server.marks().mark("end");
    });
}

#[test]
fn two_callers_soon_have_two_connections_however_long_one_takes_to_make() {
    let config = Arc::new(authority().identity(&[NAME]).config());
    let server = Server::start(move |connection| {
        if connection.number != 1 {
            std::thread::sleep(Duration::from_millis(100));
        }
        let Some(mut secure) = Secure::accept(connection, &config) else { return };
        while secure.request().is_some() {
            std::thread::sleep(Duration::from_millis(2));
            secure.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", secure.number));
        }
    });
    run(async {
        let client = built(anywhere());
        assert_eq!(get(&client, &server, "/").await.as_deref(), Ok("1"));
        let caller = async || {
            let (mut first, mut second) = (0, 0);
            while second < 20 {
                // Else the next call would begin, and take the connection, before anybody who was told of it has a turn.
                yield_now().await;
                match get(&client, &server, "/").await.as_deref() {
                    Ok("1") => first += 1,
                    _ => second += 1,
                }
            }
            first
        };
        let first = wheelwright::race(caller(), caller()).await;
        assert!(0 < first, "F 126: until there were two, they shared one");
    });
    assert_eq!(server.connections(), 2, "F 126: the dial that was begun first is the only one");
}
