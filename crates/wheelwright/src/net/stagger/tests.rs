//! Turns the rules of RFC 8305 into facts, over attempts that are no connections, in virtual time.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::{HEAD_START, Stagger, interleave};
use crate::inspect;
use crate::time::{now, sleep, timeout};

type Attempt = Pin<Box<dyn Future<Output = io::Result<u16>>>>;

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter().map(|text| text.parse().expect("an address")).collect()
}

/// Ports 1, 2, … of one host.
fn ports(count: u16) -> Vec<SocketAddr> {
    (1..=count).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect()
}

async fn first_of(addresses: Vec<SocketAddr>, mut dial: impl FnMut(u16) -> Attempt) -> io::Result<u16> {
    let mut attempts = Stagger::new(addresses);
    poll_fn(|cx| attempts.poll(cx, |address| dial(address.port()))).await
}

fn after(delay: Duration, outcome: io::Result<u16>) -> Attempt {
    Box::pin(async move {
        sleep(delay).await;
        outcome
    })
}

fn refused() -> io::Error {
    ErrorKind::ConnectionRefused.into()
}

#[test]
fn the_families_take_turns_beginning_with_the_first() {
    let mixed = ["[::1]:1", "[::1]:2", "[::1]:3", "127.0.0.1:1", "127.0.0.1:2"];
    let turns = ["[::1]:1", "127.0.0.1:1", "[::1]:2", "127.0.0.1:2", "[::1]:3"];
    assert_eq!(interleave(addresses(&mixed)), addresses(&turns));
    let reversed = ["127.0.0.1:1", "[::1]:1", "127.0.0.1:2"];
    assert_eq!(interleave(addresses(&["127.0.0.1:1", "127.0.0.1:2", "[::1]:1"])), addresses(&reversed));
    assert_eq!(interleave(ports(3)), ports(3));
    assert_eq!(interleave(Vec::new()), Vec::new());
}

#[test]
fn a_lack_of_descriptors_is_told_by_its_number_though_there_were_several_addresses() {
    crate::test(async || {
        const EMFILE: i32 = 24;
        let error = first_of(ports(3), |port| match port {
            2 => Box::pin(async { Err(io::Error::from_raw_os_error(EMFILE)) }),
            _ => Box::pin(async { Err(refused()) }),
        });
        assert_eq!(error.await.expect_err("all have failed").raw_os_error(), Some(EMFILE));
    });
}

#[test]
fn an_attempt_without_an_answer_is_joined_by_the_next_after_its_head_start() {
    crate::test(async || {
        let begin = now();
        let begun = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&begun);
        let winner = first_of(ports(4), move |port| {
            log.borrow_mut().push((port, now() - begin));
            // The second answers a little after the third has begun.
            if port == 2 { after(HEAD_START + HEAD_START / 10, Ok(port)) } else { Box::pin(pending()) }
        });
        assert_eq!(winner.await.expect("the second answers"), 2);
        assert_eq!(*begun.borrow(), [(1, Duration::ZERO), (2, HEAD_START), (3, HEAD_START * 2)]);
    });
}

#[test]
fn an_attempt_that_fails_is_followed_at_once() {
    crate::test(async || {
        let (begin, early) = (now(), HEAD_START / 5);
        let begun = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&begun);
        let winner = first_of(ports(4), move |port| {
            log.borrow_mut().push((port, now() - begin));
            match port {
                1 => after(early, Err(refused())),
                2 => Box::pin(async { Err(refused()) }),
                3 => Box::pin(pending()),
                _ => Box::pin(async move { Ok(port) }),
            }
        });
        assert_eq!(winner.await.expect("the last answers"), 4);
        assert_eq!(*begun.borrow(), [(1, Duration::ZERO), (2, early), (3, early), (4, early + HEAD_START)]);
    });
}

#[test]
fn the_losers_are_dropped_with_the_first_success_and_the_timer_too() {
    crate::test(async || {
        let before = inspect::live();
        let living = Rc::new(Cell::new(0));
        let mut attempts: Stagger<Attempt> = Stagger::new(ports(5));
        let winner = poll_fn(|cx| {
            attempts.poll(cx, |address| {
                let guard = Living::new(&living);
                Box::pin(async move {
                    let _guard = guard;
                    if address.port() == 2 {
                        sleep(HEAD_START * 2).await;
                        return Ok(2);
                    }
                    pending().await
                })
            })
        });
        assert_eq!(winner.await.expect("the second answers"), 2);
        assert_eq!((living.get(), inspect::live()), (0, before), "while the race itself is still there");
        drop(attempts);
    });
}

/// Counts those that are there.
struct Living(Rc<Cell<i32>>);

impl Living {
    fn new(count: &Rc<Cell<i32>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[test]
fn when_all_fail_the_error_names_each_and_when_there_is_one_it_is_its_own() {
    crate::test(async || {
        let kinds = [ErrorKind::NetworkUnreachable, ErrorKind::TimedOut, ErrorKind::ConnectionRefused];
        let fail = |port: u16| after(Duration::ZERO, Err(kinds[usize::from(port) - 1].into()));
        let error = first_of(ports(3), fail).await.expect_err("all failed");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "that of the last");
        let text = error.to_string();
        assert!(ports(3).iter().all(|address| text.contains(&address.to_string())), "{text}");
        let raw = first_of(ports(1), |_| after(Duration::ZERO, Err(io::Error::from_raw_os_error(111)))).await;
        assert_eq!(raw.expect_err("it failed").raw_os_error(), Some(111));
        let none = first_of(Vec::new(), |_| unreachable!("nobody is called")).await;
        assert_eq!(none.expect_err("there is none").kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_race_that_is_dropped_leaves_nothing_behind() {
    crate::test(async || {
        // The limit's own timer is there from the first wait on, and gone with it.
        let before = inspect::live();
        for limit in 0..8 {
            let race = first_of(ports(3), |_| after(HEAD_START * 10, Err(refused())));
            assert!(timeout(HEAD_START / 2 * limit, race).await.is_err());
            assert_eq!(inspect::live(), before);
        }
    });
}
