//! Section F: a call that dials, and a connection that comes back first.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{pending, ready};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::sync::Event;
use wheelwright::time::sleep;
use wheelwright::{JoinHandle, inspect, spawn, yield_now};
use wheelwright_http::{Client, ClientBuilder};

use crate::connect::Full;
use crate::limits::Polls;
use crate::script::{Server, run};

/// A server that answers `/held` once the test says `go`, `/slow` in two pieces, `/stalled` never to its end and all else at
/// once, each with the path and the number of its connection.
fn holding() -> Server {
    Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let path = request.split(' ').nth(1).expect("a request has a path");
            if path == "/held" {
                connection.wait_for("go");
            }
            let text = format!("{path} {}", connection.number);
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len()));
            match path {
                "/stalled" => connection.wait_for_close(),
                "/slow" => std::thread::sleep(Duration::from_millis(20)),
                _ => {}
            }
            connection.send(text);
        }
        connection.mark("closed");
    })
}

/// A client that is sent to these addresses, one lookup after another, and to the last of them ever after.
fn sent_to(builder: ClientBuilder, addresses: &[SocketAddr]) -> (Client, Rc<Cell<usize>>) {
    let (addresses, asked) = (RefCell::new(VecDeque::from(addresses.to_vec())), Rc::new(Cell::new(0)));
    let count = Rc::clone(&asked);
    let resolve = move |_, _| {
        count.set(count.get() + 1);
        let mut addresses = addresses.borrow_mut();
        let next = if 1 < addresses.len() { addresses.pop_front() } else { addresses.front().copied() };
        ready(Ok(vec![next.expect("there is always one")]))
    };
    (builder.resolver(resolve).build().expect("the settings are good"), asked)
}

async fn get(client: &Client, path: &str) -> String {
    let response = client.get(format!("http://h.test{path}")).expect("the URL is good").send().await;
    response.expect("the server answers").text().await.expect("the body comes whole")
}

fn task(client: &Client, path: &'static str) -> JoinHandle<String> {
    let client = client.clone();
    spawn(async move { get(&client, path).await })
}

/// Lets all that is ready go as far as it can.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

/// How many connections lie in the pool, and how many that somebody began to make.
fn lying(client: &Client) -> (usize, usize) {
    let shown = format!("{client:?}");
    let number = |name: &str| {
        let rest = shown.split(name).nth(1).expect("a client shows its pool");
        rest.split(',').next().and_then(|digits| digits.parse().ok()).expect("a number")
    };
    (number("idle: "), number("begun: "))
}

#[test]
fn a_connection_that_comes_back_serves_a_call_that_dials_in_vain() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        let (client, asked) = sent_to(Client::builder(), &[server.addr, dead.addr]);
        let first = task(&client, "/held");
        server.marks().reached("request", 1).await;
        let second = task(&client, "/second");
        settle().await;
        assert_eq!((asked.get(), second.is_finished()), (2, false), "F 126: it dials");
        server.marks().mark("go");
        assert_eq!(first.await.unwrap(), "/held 1");
        assert_eq!(second.await.unwrap(), "/second 1", "F 126");
        assert_eq!(lying(&client), (1, 1), "F 126: what was begun lies beside what is idle");
        // Two at once again: the second goes on with what was begun, and looks nothing up.
        assert_eq!(get(&client, "/third").await, "/third 1");
        let (fourth, fifth) = (task(&client, "/fourth"), task(&client, "/fifth"));
        assert_eq!((fourth.await.unwrap(), fifth.await.unwrap()), ("/fourth 1".into(), "/fifth 1".into()));
        assert_eq!((asked.get(), client.connections_opened(), lying(&client)), (2, 1, (1, 1)), "F 126");
    });
}

#[test]
fn what_was_begun_in_vain_ends_with_the_idle_limit_and_with_its_client() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        yield_now().await;
        let before = inspect::live();
        for limit in [Duration::from_millis(20), Duration::from_secs(3_600)] {
            let (client, _) = sent_to(Client::builder().pool_idle_timeout(limit), &[server.addr, dead.addr]);
            let first = task(&client, "/held");
            settle().await;
            let second = task(&client, "/second");
            settle().await;
            server.marks().mark("go");
            let texts = (first.await.unwrap(), second.await.unwrap());
            assert_eq!(texts.0.split(' ').nth(1), texts.1.split(' ').nth(1), "F 126: one connection served both");
            match limit < Duration::from_secs(1) {
                true => {
                    while lying(&client) != (0, 0) {
                        sleep(Duration::from_millis(1)).await;
                    }
                    assert_eq!(inspect::live(), before, "F 126: the limit of what is idle");
                }
                false => assert_eq!(lying(&client), (1, 1)),
            }
            drop(client);
            settle().await;
            assert_eq!(inspect::live(), before, "F 126: nothing outlives the client");
        }
    });
}

#[test]
fn a_resolver_that_is_overtaken_is_dropped() {
    struct Told(Rc<Cell<usize>>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let server = holding();
    run(async {
        let (addr, asked, dropped) = (server.addr, Cell::new(0), Rc::new(Cell::new(0)));
        let told = Rc::clone(&dropped);
        let resolve = move |_, _| {
            asked.set(asked.get() + 1);
            let (count, told) = (asked.get(), Told(Rc::clone(&told)));
            async move {
                let _told = told;
                if 1 < count {
                    pending::<()>().await;
                }
                Ok(vec![addr])
            }
        };
        let client = Client::builder().resolver(resolve).build().unwrap();
        let first = task(&client, "/held");
        server.marks().reached("request", 1).await;
        let second = task(&client, "/second");
        settle().await;
        assert_eq!(dropped.get(), 1);
        server.marks().mark("go");
        assert_eq!((first.await.unwrap().as_str(), second.await.unwrap().as_str()), ("/held 1", "/second 1"), "F 126");
        assert_eq!((dropped.get(), lying(&client)), (2, (1, 0)), "F 126: it may hold what others wait for");
    });
}

#[test]
fn connections_that_come_back_go_to_those_who_dial_and_wait_in_their_order() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        let limit = Client::builder().max_connections_per_host(3);
        let (client, asked) = sent_to(limit, &[server.addr, dead.addr]);
        let held = task(&client, "/held");
        server.marks().reached("request", 1).await;
        let order = Rc::new(RefCell::new(Vec::new()));
        // Two that dial, and three that wait for a permit.
        let calls: Vec<_> = (1..=5)
            .map(|number| {
                let (client, order) = (client.clone(), Rc::clone(&order));
                spawn(async move {
                    let text = get(&client, &format!("/{number}")).await;
                    order.borrow_mut().push(number);
                    text
                })
            })
            .collect();
        settle().await;
        assert_eq!(asked.get(), 3);
        server.marks().mark("go");
        assert_eq!(held.await.unwrap(), "/held 1");
        for (number, call) in (1..).zip(calls) {
            assert_eq!(call.await.unwrap(), format!("/{number} 1"), "F 126: one connection serves them all");
        }
        assert_eq!(*order.borrow(), [1, 2, 3, 4, 5], "F 125, F 126: each in its turn");
        assert_eq!(
            (asked.get(), lying(&client)),
            (3, (1, 2)),
            "F 126: all together there are three, as many as permits"
        );
        assert!(format!("{client:?}").contains("permits: Some(3)"), "F 127");
    });
}

#[test]
fn a_call_that_is_told_of_a_connection_and_dropped_leaves_it_to_the_next() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        let (client, _) = sent_to(Client::builder(), &[server.addr, dead.addr]);
        let told = Rc::new(RefCell::new(None::<JoinHandle<String>>));
        let (aborted, held) = (Rc::clone(&told), client.clone());
        let held = spawn(async move {
            let text = get(&held, "/held").await;
            // The connection has just come back; the one that is told of it ends before its turn.
            aborted.take().expect("it dials by now").abort();
            text
        });
        server.marks().reached("request", 1).await;
        told.replace(Some(task(&client, "/second")));
        settle().await;
        let third = task(&client, "/third");
        settle().await;
        server.marks().mark("go");
        assert_eq!(held.await.unwrap(), "/held 1");
        assert_eq!(third.await.unwrap(), "/third 1", "F 126");
    });
}

#[test]
fn a_dial_that_comes_first_leaves_the_connection_that_comes_back_to_others() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        let (addr, dead, asked, found) = (server.addr, dead.addr, Rc::new(Cell::new(0)), Rc::new(Event::new()));
        let (count, release) = (Rc::clone(&asked), Rc::clone(&found));
        let resolve = move |_, _| {
            count.set(count.get() + 1);
            let (number, release) = (count.get(), Rc::clone(&release));
            async move {
                if number == 2 {
                    release.wait().await;
                }
                Ok(vec![if number == 3 { dead } else { addr }])
            }
        };
        let client = Client::builder().resolver(resolve).build().unwrap();
        let first = task(&client, "/held");
        server.marks().reached("request", 1).await;
        let (second, third) = (task(&client, "/second"), task(&client, "/third"));
        settle().await;
        assert_eq!(asked.get(), 3);
        found.set();
        assert_eq!(second.await.unwrap(), "/second 2", "F 126: its dial was first");
        assert_eq!(third.await.unwrap(), "/third 2", "F 126: and its connection serves the other one");
        server.marks().mark("go");
        assert_eq!(first.await.unwrap(), "/held 1");
    });
}

#[test]
fn what_was_begun_and_came_to_nothing_is_begun_anew() {
    let (server, closing) = (holding(), Full::listen());
    run(async {
        let (client, asked) = sent_to(Client::builder(), &[server.addr, closing.addr, server.addr]);
        let (held, second) = (task(&client, "/held"), task(&client, "/second"));
        server.marks().reached("request", 1).await;
        server.marks().mark("go");
        assert_eq!((held.await.unwrap(), second.await.unwrap()), ("/held 1".into(), "/second 1".into()));
        assert_eq!(lying(&client), (1, 1));
        drop(closing);
        // The kernel sends its SYN again, and is refused.
        sleep(Duration::from_millis(1_200)).await;
        let both = wheelwright::join(get(&client, "/third"), get(&client, "/fourth")).await;
        assert_eq!(both, ("/third 1".into(), "/fourth 2".into()), "F 126: nobody is told");
        assert_eq!(asked.get(), 3);
    });
}

#[test]
fn a_new_loop_goes_on_with_nothing_that_another_began() {
    let (server, dead) = (holding(), Full::listen());
    let (client, asked) = sent_to(Client::builder(), &[server.addr, dead.addr, server.addr]);
    run(async {
        let (held, second) = (task(&client, "/held"), task(&client, "/second"));
        server.marks().reached("request", 1).await;
        server.marks().mark("go");
        assert_eq!((held.await.unwrap(), second.await.unwrap()), ("/held 1".into(), "/second 1".into()));
        assert_eq!(lying(&client), (1, 1));
    });
    run(async {
        assert_eq!(get(&client, "/third").await, "/third 2", "F 126, F 128");
        assert_eq!(asked.get(), 3);
    });
}

#[test]
fn a_dial_that_lay_for_long_and_is_stuck_is_begun_anew() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        let (client, asked) = sent_to(Client::builder(), &[server.addr, dead.addr, server.addr]);
        let (held, second) = (task(&client, "/held"), task(&client, "/second"));
        server.marks().reached("request", 1).await;
        server.marks().mark("go");
        assert_eq!((held.await.unwrap(), second.await.unwrap()), ("/held 1".into(), "/second 1".into()));
        sleep(Duration::from_millis(1_050)).await;
        let stalled = client.get("http://h.test/stalled").unwrap().send().await.unwrap();
        // By its connect timeout the test would hang, were the dial gone on with.
        assert_eq!(get(&client, "/third").await, "/third 2", "F 126");
        assert_eq!((asked.get(), lying(&client)), (3, (1, 0)), "F 126");
        drop(stalled);
    });
}

// J 170
#[test]
fn a_call_dropped_while_it_dials_and_another_comes_back_leaves_all_as_it_was() {
    let (server, dead) = (holding(), Full::listen());
    run(async {
        yield_now().await;
        let before = inspect::live();
        let (mut begun, mut whole) = (0, 0);
        for polls in 0..12 {
            let limit = Client::builder().max_connections_per_host(2).timeout(Duration::from_secs(20));
            let (client, _) = sent_to(limit, &[server.addr, dead.addr, server.addr]);
            let slow = client.get("http://h.test/slow").unwrap().send().await.unwrap();
            let second = Polls { future: Box::pin(get(&client, "/second")), left: polls };
            let (second, first) = wheelwright::join(second, slow.text()).await;
            assert!(first.unwrap().starts_with("/slow "));
            whole += usize::from(second.is_some());
            let (idle, lie) = lying(&client);
            assert!(idle <= 1 && lie <= 1, "J 170: after {polls} polls");
            begun += lie;
            assert!(format!("{client:?}").contains("permits: Some(2)"), "J 170: after {polls} polls");
            drop(client);
            settle().await;
            assert_eq!(inspect::live(), before, "J 170: after {polls} polls");
        }
        assert!(0 < begun && 0 < whole && whole < 12, "J 170: {begun} were overtaken, {whole} came to their end");
    });
}
