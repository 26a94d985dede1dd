//! Turns the exercise of chapter 11 into facts about permits, and about a task that must not wait for itself.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use exercises::ch11::{fetch_or_note, limited};
use wheelwright::sync::Semaphore;
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{join, join_all, join_all_settled};

const MOMENT: Duration = Duration::from_millis(100);
/// So much passes only for somebody who hangs; the clock is paused.
const FOR_EVER: Duration = Duration::from_secs(3600);

type Answer = Result<&'static str, &'static str>;

async fn call(time: Duration, answer: Answer) -> Answer {
    sleep(time).await;
    answer
}

async fn panics() -> Answer {
    sleep(MOMENT).await;
    panic!("out of paper");
}

/// Calls through a limit that waits for its permits, and does not ask for them all the time.
async fn through<T, E>(limit: &Semaphore, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let (mut call, mut polls) = (pin!(limited(limit, call)), 0);
    let counted = poll_fn(|cx| {
        polls += 1;
        assert!(polls < 10_000, "it is polled again and again, and keeps the thread from the others");
        call.as_mut().poll(cx)
    });
    counted.await
}

#[test]
fn ch11_a_call_that_fails_gives_its_permit_back() {
    wheelwright::test(async || {
        let limit = Semaphore::new(2);
        assert_eq!(through(&limit, call(MOMENT, Err("refused"))).await, Err("refused"));
        assert_eq!(limit.available_permits(), 2, "free permits, of two, after a call that failed");
    });
}

#[test]
fn ch11_a_call_that_panics_gives_its_permit_back() {
    wheelwright::test(async || {
        let limit = Semaphore::new(2);
        let outcomes = join_all_settled([through(&limit, panics())]).await;
        assert!(outcomes[0].as_ref().is_err_and(|error| error.is_panic()), "the panic comes out");
        assert_eq!(limit.available_permits(), 2, "free permits, of two, after a call that panicked");
    });
}

#[test]
fn ch11_a_call_that_is_given_up_gives_its_permit_back() {
    wheelwright::test(async || {
        let limit = Semaphore::new(2);
        assert!(timeout(MOMENT, through(&limit, call(FOR_EVER, Ok("late")))).await.is_err());
        assert_eq!(limit.available_permits(), 2, "free permits, of two, after a call was given up");
    });
}

#[test]
fn ch11_a_call_that_is_given_up_in_the_line_gives_nothing_back() {
    wheelwright::test(async || {
        let limit = Semaphore::new(1);
        let holder = through(&limit, call(MOMENT * 3, Err("refused")));
        let waiters = async {
            sleep(MOMENT / 2).await;
            assert!(timeout(MOMENT, through(&limit, call(MOMENT, Ok("")))).await.is_err(), "the only permit is held");
            assert_eq!(limit.available_permits(), 0, "free permits, of one that is held");
            // The permit comes back in the very moment in which this one is given up.
            let _ = timeout(MOMENT * 3 / 2, through(&limit, call(FOR_EVER, Ok("")))).await;
        };
        let (refused, ()) = join(holder, waiters).await;
        assert_eq!(refused, Err("refused"));
        assert_eq!(limit.available_permits(), 1, "free permits, of one, when nobody calls any more");
    });
}

/// Makes twenty calls over three permits, each of which asks a little after the one before; every third one fails.
///
/// Who began, in this order, and how many were in flight at most.
async fn twenty_calls() -> (Vec<u32>, usize) {
    let (limit, begun) = (Semaphore::new(3), RefCell::new(Vec::new()));
    let (in_flight, most) = (Cell::new(0), Cell::new(0));
    let calls = (0..20).map(async |number| {
        sleep(Duration::from_millis(1) * number).await;
        let counted = async {
            begun.borrow_mut().push(number);
            in_flight.set(in_flight.get() + 1);
            most.set(most.get().max(in_flight.get()));
            let answer = call(MOMENT, if number % 3 == 0 { Err("refused") } else { Ok("") }).await;
            in_flight.set(in_flight.get() - 1);
            answer
        };
        through(&limit, counted).await
    });
    let all = timeout(FOR_EVER, join_all(calls)).await;
    assert!(all.is_ok(), "only {} of twenty calls had a permit, the others wait for ever", begun.borrow().len());
    (begun.take(), most.get())
}

#[test]
fn ch11_calls_are_never_more_than_the_permits_and_all_have_their_turn() {
    wheelwright::test(async || {
        let (begun, most) = twenty_calls().await;
        assert_eq!((begun.len(), most), (20, 3), "calls that were made, and how many at once");
    });
}

#[test]
fn ch11_calls_begin_in_the_order_in_which_they_asked() {
    wheelwright::test(async || {
        let (begun, _) = twenty_calls().await;
        assert!(begun.is_sorted(), "they asked in the order of their numbers, and began in this one: {begun:?}");
    });
}

#[test]
fn ch11_whoever_asks_again_at_once_stands_behind_those_who_wait() {
    wheelwright::test(async || {
        let (limit, begun) = (Semaphore::new(1), RefCell::new(Vec::new()));
        let told = async |name, answer| {
            begun.borrow_mut().push(name);
            call(MOMENT, answer).await
        };
        let stubborn = async {
            let refused = through(&limit, told("one", Err("refused"))).await;
            refused.or(through(&limit, told("one again", Ok("at last"))).await)
        };
        let patient = async {
            sleep(MOMENT / 2).await;
            through(&limit, told("two", Ok(""))).await
        };
        let both = timeout(FOR_EVER, join(stubborn, patient)).await;
        assert_eq!(begun.take(), ["one", "two", "one again"], "who began, one after another");
        assert_eq!(both, Ok((Ok("at last"), Ok(""))));
    });
}

/// What `fetch_or_note` gives, and when; and what the journal says then, and since when. All times are in moments.
type Told = (Option<(&'static str, f64)>, Vec<(&'static str, f64)>);

/// Fetches and notes over `connections`, one of which somebody else has for the first moment; to note takes a moment.
async fn over(connections: usize, fetch_takes: f64, patience: f64) -> Told {
    let (free, journal, begun) = (Semaphore::new(connections), RefCell::new(Vec::new()), now());
    let moments = || (now() - begun).div_duration_f64(MOMENT);
    let over_one = async |moments, what| {
        let _permit = free.acquire().await.expect("nobody closes it");
        sleep(MOMENT.mul_f64(moments)).await;
        what
    };
    let somebody = over_one(1.0, "else");
    let note = async |line| {
        let written = over_one(1.0, line).await;
        journal.borrow_mut().push((written, moments()));
    };
    let ours = async {
        let ours = fetch_or_note(over_one(fetch_takes, "answer"), MOMENT.mul_f64(patience), note);
        timeout(FOR_EVER, ours).await.ok().map(|answer| (answer, moments()))
    };
    let (_, answer) = join(somebody, ours).await;
    (answer, journal.take())
}

#[test]
fn ch11_who_waits_long_writes_a_note_meanwhile_and_has_the_answer() {
    wheelwright::test(async || {
        let (answer, journal) = over(1, 1.0, 3.0).await;
        assert_eq!((answer, journal), (Some(("answer", 2.0)), vec![]), "two moments are not long");
        let (answer, journal) = over(1, 1.0, 0.5).await;
        assert!(answer.is_some(), "it hangs: it waits for what a future of its own has, and does not poll that one");
        // It waits for a moment and fetches for another one; the note stands in line behind it, and takes a third.
        assert_eq!(journal, [("it takes long", 3.0)], "the note, and when it is written over a shared connection");
        let (answer, journal) = over(2, 5.0, 1.5).await;
        assert_eq!(journal, [("it takes long", 2.5)], "over a connection of its own the note waits for no answer");
        assert_eq!(answer, Some(("answer", 5.0)), "and the answer comes as soon as without a note");
    });
}
