//! Turns the exercise of chapter 10 into facts about outcomes, and about who is alive.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use exercises::ch10::gather_settled;
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{spawn, yield_now};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Counts as alive until it is dropped.
async fn child(alive: Rc<()>, time: u64) -> Result<u64, String> {
    let _alive = alive;
    sleep(ms(time)).await;
    match time {
        200 => Err("refused".to_owned()),
        101 => panic!("out of paper"),
        _ => Ok(time),
    }
}

fn children(alive: &Rc<()>) -> Vec<impl Future<Output = Result<u64, String>> + use<>> {
    [300, 101, 200, 100].map(|time| child(Rc::clone(alive), time)).into()
}

#[test]
fn ch10_every_outcome_is_in_its_place_be_it_an_error_or_a_panic() {
    wheelwright::test(async || {
        let (alive, begun) = (Rc::new(()), now());
        let outcomes = gather_settled(children(&alive)).await;
        assert_eq!((now() - begun, Rc::strong_count(&alive)), (ms(300), 1), "all have ended, the slowest too");
        let shown = outcomes.into_iter().map(|outcome| match outcome {
            Ok(Ok(time)) => time.to_string(),
            Ok(Err(error)) => error,
            Err(error) => format!("panicked: {}", error.is_panic()),
        });
        assert_eq!(Vec::from_iter(shown), ["300", "panicked: true", "refused", "100"]);
    });
}

#[test]
fn ch10_no_child_outlives_a_wait_that_is_given_up() {
    wheelwright::test(async || {
        let alive = Rc::new(());
        assert!(timeout(ms(50), gather_settled(children(&alive))).await.is_err());
        yield_now().await; // who is aborted is dropped in the next lap
        assert_eq!(Rc::strong_count(&alive), 1);

        let is_over = Rc::new(Cell::new(false));
        let note = Rc::clone(&is_over);
        let waits = gather_settled(children(&alive));
        let parent = spawn(async move {
            waits.await;
            note.set(true);
        });
        sleep(ms(150)).await;
        parent.abort();
        assert!(parent.await.is_err_and(|error| error.is_cancelled()));
        yield_now().await;
        assert_eq!((is_over.get(), Rc::strong_count(&alive)), (false, 1), "be it that its task is cancelled");
    });
}
