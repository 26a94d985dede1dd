//! Turns the exercise of chapter 6 into facts about when ticks come. The clock is paused, so hours take no time.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use exercises::ch06::Ticker;
use wheelwright::time::{now, sleep, timeout};

const PERIOD: Duration = Duration::from_secs(10);

#[test]
fn ch06_ticks_stay_at_multiples_of_the_period_whatever_the_work_takes() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticker = Ticker::new(PERIOD);
        for (count, work) in (1..).zip([7, 1, 10, 0, 5]) {
            assert_eq!(ticker.tick().await - begun, count * PERIOD, "when tick {count} was due");
            assert_eq!(now() - begun, count * PERIOD, "when tick {count} came");
            sleep(Duration::from_secs(work)).await;
        }
    });
}

#[test]
fn ch06_what_was_missed_is_left_out() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticker = Ticker::new(PERIOD);
        ticker.tick().await;
        sleep(Duration::from_secs(25)).await; // until 35: the ticks of 20 and 30 are missed
        assert_eq!(ticker.tick().await - begun, 4 * PERIOD, "two were missed, the third is to come");
        assert_eq!(now() - begun, 4 * PERIOD, "and it is waited for");
        assert_eq!(ticker.tick().await - begun, 5 * PERIOD, "from there on none is missed");
    });
}

#[test]
fn ch06_a_tick_whose_wait_was_dropped_is_not_lost() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticker = Ticker::new(PERIOD);
        for _ in 0..3 {
            assert!(timeout(Duration::from_secs(3), ticker.tick()).await.is_err());
        }
        assert_eq!(ticker.tick().await - begun, PERIOD, "three waits for the first tick were dropped");
        assert_eq!(now() - begun, PERIOD, "and the time that they had waited counts");
    });
}

#[test]
fn ch06_a_tick_that_is_seen_late_does_not_shift_the_next() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticker = Ticker::new(PERIOD);
        {
            let mut tick = pin!(ticker.tick());
            assert!(poll_fn(|cx| Poll::Ready(tick.as_mut().poll(cx).is_pending())).await);
            sleep(Duration::from_secs(13)).await; // nobody looks at it meanwhile
            assert_eq!(tick.await - begun, PERIOD, "when it was due, which was earlier");
        }
        assert_eq!(
            ticker.tick().await - begun,
            2 * PERIOD,
            "it counts from when the last was due, not from when it was seen"
        );
        assert_eq!(now() - begun, 2 * PERIOD, "and waits for it");
    });
}
