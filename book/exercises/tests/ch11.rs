//! Turns the exercise of chapter 11 into a verdict.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use exercises::ch11::{fetch_or_note, limited};
use wheelwright::sync::Semaphore;
use wheelwright::time::{sleep, timeout};
use wheelwright::{Runtime, join, join_all};

const MOMENT: Duration = Duration::from_millis(100);
/// So much passes only for somebody who hangs.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Under the paused clock.
fn run<T>(future: impl Future<Output = T>) -> T {
    Runtime::builder().paused().build().expect("this thread has no other").block_on(future)
}

#[test]
fn ch11_a_call_that_fails_gives_its_permit_back() {
    run(async {
        let limit = Semaphore::new(2);
        let failed = limited(&limit, async { Err::<(), _>("refused") }).await;
        assert_eq!(failed, Err("refused"));
        assert_eq!(limit.available_permits(), 2);
    });
}

#[test]
fn ch11_a_call_that_is_given_up_gives_its_permit_back() {
    run(async {
        let limit = Semaphore::new(2);
        let slow = limited(&limit, async {
            sleep(FOR_EVER).await;
            Ok::<(), ()>(())
        });
        assert!(timeout(MOMENT, slow).await.is_err());
        assert_eq!(limit.available_permits(), 2);
    });
}

#[test]
fn ch11_calls_are_never_more_than_the_permits_and_all_have_their_turn() {
    let (limit, in_flight, most) = (Semaphore::new(3), Cell::new(0), Cell::new(0));
    let call = async |number| {
        in_flight.set(in_flight.get() + 1);
        most.set(most.get().max(in_flight.get()));
        sleep(MOMENT).await;
        in_flight.set(in_flight.get() - 1);
        if number % 2 == 0 { Err(number) } else { Ok(number) }
    };
    let calls = join_all((0..20).map(|number| limited(&limit, call(number))));
    let answers = run(timeout(FOR_EVER, calls)).expect("twenty calls are over in time");
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    assert_eq!(most.get(), 3);
}

/// Fetches over a connection that somebody else has for a while; how that ends, and what the journal says then.
async fn over_one_connection(patience: Duration) -> (Option<&'static str>, Vec<&'static str>) {
    let (connection, journal) = (Semaphore::new(1), RefCell::new(Vec::new()));
    let over_it = async |what| {
        let _permit = connection.acquire().await.expect("nobody closes it");
        sleep(MOMENT).await;
        what
    };
    let somebody = over_it("else");
    let note = async |line| {
        let written = over_it(line).await;
        journal.borrow_mut().push(written);
    };
    let ours = fetch_or_note(over_it("answer"), patience, note);
    let (_, answer) = join(somebody, timeout(FOR_EVER, ours)).await;
    (answer.ok(), journal.take())
}

#[test]
fn ch11_who_waits_long_writes_a_note_and_has_the_answer() {
    run(async {
        let (answer, journal) = over_one_connection(MOMENT * 3).await;
        assert_eq!((answer, journal.as_slice()), (Some("answer"), [].as_slice()), "two moments are no long time");
        let (answer, journal) = over_one_connection(MOMENT / 2).await;
        assert_eq!(answer, Some("answer"), "it hangs");
        assert_eq!(journal, ["it takes long"]);
    });
}
