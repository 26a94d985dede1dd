//! Turns the exercise of chapter 10 into facts about outcomes, about tasks, and about who is alive.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use exercises::ch10::gather_settled;
use wheelwright::inspect::tasks;
use wheelwright::spawn;
use wheelwright::time::{now, sleep, timeout};

const MOMENT: Duration = Duration::from_millis(100);

/// Four children, in this order: one that panics, one that fails a little later, the last to be done, and the first.
fn children(alive: &Rc<()>) -> Vec<impl Future<Output = Result<u32, &'static str>> + use<>> {
    let child = |moments| {
        let alive = Rc::clone(alive);
        async move {
            let _alive = alive; // until it is dropped
            sleep(MOMENT * moments).await;
            match moments {
                2 => panic!("out of paper"),
                3 => Err("refused"),
                _ => Ok(moments),
            }
        }
    };
    [2, 3, 4, 1].map(child).into()
}

/// How many of them live; who is aborted is dropped in the next lap, which this waits for.
async fn living(alive: &Rc<()>) -> usize {
    sleep(Duration::from_millis(1)).await;
    Rc::strong_count(alive) - 1
}

#[test]
fn ch10_every_outcome_is_in_its_place_be_it_an_error_or_a_panic() {
    wheelwright::test(async || {
        let outcomes = gather_settled(children(&Rc::default())).await;
        let shown = outcomes.into_iter().map(|outcome| match outcome {
            Ok(Ok(moments)) => moments.to_string(),
            Ok(Err(error)) => error.to_owned(),
            Err(error) if error.is_panic() => "it panicked".to_owned(),
            Err(error) => format!("{error}, though nobody cancels it"),
        });
        assert_eq!(Vec::from_iter(shown), ["it panicked", "refused", "4", "1"], "in the order of the futures");
    });
}

#[test]
fn ch10_all_run_side_by_side_and_have_ended_when_the_outcomes_are_there() {
    wheelwright::test(async || {
        let (alive, begun) = (Rc::new(()), now());
        let outcomes = gather_settled(children(&alive)).await;
        assert_eq!(now() - begun, MOMENT * 4, "as long as the slowest takes; one after another would take ten moments");
        assert_eq!((outcomes.len(), Rc::strong_count(&alive) - 1), (4, 0), "four outcomes, and nobody alive");
    });
}

#[test]
fn ch10_each_child_is_a_task_and_runs_while_nobody_polls_the_wait() {
    wheelwright::test(async || {
        let (alive, tasks_before) = (Rc::new(()), tasks().len());
        let mut wait = pin!(gather_settled(children(&alive)));
        assert!(poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending())).await, "no child is done at once");
        assert_eq!(tasks().len() - tasks_before, 4, "tasks for four children");
        sleep(MOMENT * 5).await; // nobody polls the wait meanwhile
        assert_eq!(living(&alive).await, 0, "a task needs nobody who polls it, so by now all have ended");
        assert_eq!(wait.await.len(), 4, "their outcomes are kept");
    });
}

#[test]
fn ch10_no_child_outlives_a_wait_that_is_given_up() {
    wheelwright::test(async || {
        let alive = Rc::new(());
        drop(gather_settled(children(&alive)));
        assert_eq!(living(&alive).await, 0, "children live on after a wait was dropped before its first poll");
        for begun in 0..4 {
            // After this, so many have ended, and the others are under way.
            let patience = MOMENT * begun + MOMENT / 2;
            assert!(
                timeout(patience, gather_settled(children(&alive))).await.is_err(),
                "it is over before the slowest child"
            );
            assert_eq!(living(&alive).await, 0, "children live on after a wait was given up after {patience:?}");
        }
    });
}

#[test]
fn ch10_no_child_outlives_a_task_that_is_aborted_in_its_wait() {
    wheelwright::test(async || {
        let alive = Rc::new(());
        let parent = spawn(gather_settled(children(&alive)));
        sleep(MOMENT / 2).await;
        parent.abort();
        assert!(parent.await.is_err_and(|error| error.is_cancelled()), "it was still waiting");
        assert_eq!(living(&alive).await, 0, "children live on after their parent was aborted");
    });
}
