//! Turns the exercise of chapter 8 into facts about when the outputs are there, and who is left.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use exercises::ch08::{both, first_answer};
use wheelwright::time::{now, sleep, timeout};

/// So much passes only for somebody who hangs.
const FOR_EVER: Duration = Duration::from_secs(3600);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The output of a future that waits until it is woken: each of these has two or three wakes.
async fn in_few_polls<F: Future>(future: F) -> F::Output {
    let (mut future, mut polls) = (pin!(future), 0);
    poll_fn(|cx| {
        polls += 1;
        assert!(polls < 10, "it wakes itself all the time, and nobody else has come further");
        future.as_mut().poll(cx)
    })
    .await
}

async fn after(time: u64, output: &'static str) -> &'static str {
    sleep(ms(time)).await;
    output
}

#[test]
fn ch08_both_take_the_time_of_the_slower() {
    wheelwright::test(async || {
        for (left, right) in [(100, 200), (200, 100)] {
            let begun = now();
            let outputs = in_few_polls(both(after(left, "left"), after(right, "right"))).await;
            assert_eq!((outputs, now() - begun), (("left", "right"), ms(200)));
        }
    });
}

/// A mirror, which counts as alive until it is dropped.
async fn mirror(
    alive: Rc<()>,
    time: u64,
    answer: Result<&'static str, &'static str>,
) -> Result<&'static str, &'static str> {
    let _alive = alive;
    sleep(ms(time)).await;
    answer
}

#[test]
fn ch08_the_first_good_answer_comes_as_soon_as_it_is_there_and_ends_the_others() {
    wheelwright::test(async || {
        let (alive, begun) = (Rc::new(()), now());
        let mirrors = [(300, Ok("slow")), (100, Err("broken")), (200, Ok("fast"))];
        let mirrors = mirrors.map(|(time, answer)| mirror(Rc::clone(&alive), time, answer));
        assert_eq!(in_few_polls(first_answer(Vec::from(mirrors))).await, Ok("fast"));
        assert_eq!((now() - begun, Rc::strong_count(&alive)), (ms(200), 1));
    });
}

#[test]
fn ch08_if_none_answers_well_all_errors_come_in_the_order_of_the_failures() {
    wheelwright::test(async || {
        let (alive, begun) = (Rc::new(()), now());
        let mirrors = [(200, Err("second")), (100, Err("first"))];
        let mirrors = mirrors.map(|(time, answer)| mirror(Rc::clone(&alive), time, answer));
        assert_eq!(first_answer(Vec::from(mirrors)).await, Err(vec!["first", "second"]));
        assert_eq!(now() - begun, ms(200));
        let nobody = Vec::<std::future::Ready<Result<(), ()>>>::new();
        let errors =
            timeout(FOR_EVER, first_answer(nobody)).await.expect("nobody is asked, and so nobody is waited for");
        assert_eq!(errors, Err(vec![]));
    });
}
