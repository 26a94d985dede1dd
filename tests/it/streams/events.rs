//! Turns the promises of `Events` into facts: who comes first, what is kept, who has left.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use proptest::prelude::*;
use wheelwright::stream::{self, Events, StreamExt};
use wheelwright::sync::CancellationToken;
use wheelwright::time::{interval, now, sleep};
use wheelwright::{block_on, inspect, yield_now};

use super::SECOND;
use crate::support::{OnDrop, dropped_at_every_step};

#[test]
fn fair_arms_take_turns_though_all_are_always_ready() {
    block_on(async {
        let mut events = Events::fair();
        for name in ['a', 'b', 'c'] {
            events.on(stream::iter(0..), move |_| name);
        }
        assert_eq!(events.take(7).collect::<String>().await, "abcabca");
    });
}

#[test]
fn biased_arms_are_asked_in_the_order_in_which_they_were_added() {
    block_on(async {
        let mut events = Events::biased();
        for (name, count) in [('a', 2), ('b', 3), ('c', 1)] {
            events.on(stream::iter(0..count), move |_| name);
        }
        assert_eq!(events.collect::<String>().await, "aabbbc");
    });
}

#[test]
fn a_stop_signal_is_heard_beside_an_arm_that_is_always_ready() {
    block_on(async {
        for mut events in [Events::fair(), Events::biased()] {
            let stop = CancellationToken::new();
            let heard = stop.clone();
            events.once(async move { heard.cancelled().await }, |()| true);
            events.on(stream::iter(0..), |_| false);
            let mut jobs = 0;
            while let Some(false) = events.next().await {
                jobs += 1;
                if jobs == 10 {
                    stop.cancel();
                }
                assert!(jobs < 100, "it was not heard");
            }
            assert!(jobs <= 11, "{jobs} events before it was heard");
        }
    });
}

#[test]
fn an_arm_keeps_what_it_has_done_when_another_one_brings_an_event() {
    wheelwright::test(async || {
        let (began, ended) = (Cell::new(0), Cell::new(0));
        let long = async {
            began.set(began.get() + 1);
            for _ in 0..10 {
                sleep(SECOND).await;
            }
            ended.set(ended.get() + 1);
        };
        let mut events = Events::fair();
        events.on(interval(SECOND / 4), |_| false);
        events.once(long, |()| true);
        let begun = now();
        let mut ticks = 0;
        while let Some(false) = events.next().await {
            ticks += 1;
        }
        assert_eq!((began.get(), ended.get(), (now() - begun).as_secs()), (1, 1, 10));
        assert!(39 <= ticks, "{ticks}");
    });
}

#[test]
fn waiting_for_an_event_can_be_given_up_without_loss() {
    wheelwright::test(async || {
        let mut events = Events::fair();
        events.on(super::timed(vec![3, 3, 3]), |(number, _)| number);
        let mut numbers = Vec::new();
        loop {
            match wheelwright::time::timeout(SECOND, events.next()).await {
                Ok(Some(number)) => numbers.push(number),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        assert_eq!(numbers, [0, 1, 2]);
    });
}

#[test]
fn an_arm_that_has_ended_is_dropped_while_the_others_wait() {
    block_on(async {
        let is_dropped = Cell::new(false);
        let mut events = Events::fair();
        let guard = OnDrop(|| is_dropped.set(true));
        let holds = move |_| {
            let _held = &guard;
        };
        events.on(stream::iter(0..2).map(holds), |()| ());
        events.once(pending::<()>(), |()| ());
        assert_eq!((events.next().await, events.next().await), (Some(()), Some(())));
        assert!(!is_dropped.get());
        assert!(poll_fn(|cx| Poll::Ready(pin!(events.next()).poll(cx))).await.is_pending());
        assert!(is_dropped.get());
    });
}

#[test]
fn an_arm_may_say_that_it_has_ended() {
    block_on(async {
        let mut events = Events::biased();
        events.on_or_end(stream::iter([1, 2]), |item| item);
        assert_eq!(events.collect::<Vec<_>>().await, [Some(1), Some(2), None]);
    });
}

#[test]
fn a_removed_arm_is_dropped_at_once_and_its_key_is_stale() {
    block_on(async {
        let is_dropped = Cell::new(false);
        let guard = OnDrop(|| is_dropped.set(true));
        let mut events = Events::fair();
        let first = events.once(
            async move {
                let _guard = guard;
                pending::<()>().await;
            },
            |()| 1,
        );
        let second = events.once(ready(()), |()| 2);
        assert!(events.remove(first) && is_dropped.get());
        assert!(!events.remove(first), "its place was not given to another");
        events.pause(first);
        assert_ne!(first, second);
        assert_eq!((events.next().await, events.next().await), (Some(2), None));
    });
}

#[test]
fn a_paused_arm_keeps_its_state_and_is_not_polled() {
    wheelwright::test(async || {
        let polls = Cell::new(0);
        let mut waiting = Box::pin(sleep(SECOND * 3));
        let counted = poll_fn(|cx| {
            polls.set(polls.get() + 1);
            waiting.as_mut().poll(cx)
        });
        let mut events = Events::fair();
        let slow = events.once(counted, |()| "slow");
        let ticks = events.on(interval(SECOND), |_| "tick");
        assert_eq!((events.next().await, polls.get()), (Some("tick"), 1));
        events.pause(slow);
        for _ in 0..10 {
            assert_eq!(events.next().await, Some("tick"));
        }
        assert_eq!(polls.get(), 1);
        events.pause(ticks);
        assert_eq!(events.next().await, None, "all that are left are paused");
        events.resume(slow);
        let begun = now();
        assert_eq!((events.next().await, now()), (Some("slow"), begun), "its time has passed meanwhile");
    });
}

#[test]
fn a_replaced_arm_keeps_its_place_also_in_the_body_of_its_own_event() {
    block_on(async {
        let mut events = Events::biased();
        let first = events.once(ready(()), |()| "first");
        events.on(stream::iter(0..), |_| "always");
        for _ in 0..3 {
            assert_eq!(events.next().await, Some("first"));
            events.replace(first, ready(()), |()| "first");
        }
        assert!(events.remove(first));
        assert_eq!(events.next().await, Some("always"));
        events.replace(first, ready(()), |()| "last");
        assert_eq!(events.next().await, Some("always"), "it has left, and so stands behind the others");
        assert!(events.remove(first), "but its key is good again");
    });
}

#[test]
fn arms_added_in_the_loop_are_waited_for() {
    wheelwright::test(async || {
        let mut events = Events::fair();
        events.once(ready(3_u64), |n| n);
        let mut order = Vec::new();
        while let Some(n) = events.next().await {
            order.push(n);
            if 0 < n {
                let wait = async move {
                    sleep(SECOND).await;
                    n - 1
                };
                events.once(wait, |n| n);
            }
        }
        assert_eq!(order, [3, 2, 1, 0]);
    });
}

#[test]
fn the_body_of_the_loop_may_change_what_the_arms_do_not_borrow() {
    block_on(async {
        let log = RefCell::new(Vec::new());
        let mut queue = stream::iter(1..=3);
        let mut sum = 0;
        {
            let mut events = Events::fair();
            events.on(&mut queue, |n| n);
            while let Some(n) = events.next().await {
                sum += n;
                log.borrow_mut().push(sum);
                if n == 2 {
                    break;
                }
            }
        }
        assert_eq!((queue.next().await, log.into_inner()), (Some(3), vec![1, 3]));
    });
}

#[test]
fn an_arm_that_panics_is_gone_and_the_others_stay() {
    block_on(async {
        let mut events = Events::fair();
        events.on(stream::iter(0..3), |n| n);
        let bad = events.once(
            async {
                yield_now().await;
                panic!("on purpose");
            },
            |()| 9,
        );
        let (mut numbers, mut panics) = (Vec::new(), 0);
        loop {
            let next = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| pin!(events.next()).poll(cx))) {
                Ok(polled) => polled.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            });
            match next.await {
                Ok(Some(number)) => numbers.push(number),
                Ok(None) => break,
                Err(_) => {
                    panics += 1;
                    events.resume(bad);
                }
            }
        }
        assert_eq!((numbers, panics), (vec![0, 1, 2], 1));
    });
}

#[test]
fn events_dropped_at_any_step_leave_neither_timers_nor_waits() {
    wheelwright::test(async || {
        let loops = || async {
            let stop = CancellationToken::new();
            let mut events = Events::fair();
            events.on(interval(SECOND), |_| false);
            events.once(stop.cancelled(), |()| true);
            events.once(sleep(SECOND * 3), |()| true);
            while let Some(false) = events.next().await {}
        };
        let before = inspect::live();
        loops().await;
        assert_eq!(inspect::live(), before);
        assert!(3 < dropped_at_every_step(loops).await);
    });
}

proptest! {
    #[test]
    fn a_fair_arm_waits_for_no_more_than_one_event_of_each_other(counts in prop::collection::vec(0_usize..30, 1..8)) {
        let order = block_on(async {
            let mut events = Events::fair();
            for (arm, count) in counts.iter().enumerate() {
                events.on(stream::iter(0..*count), move |_| arm);
            }
            events.collect::<Vec<_>>().await
        });
        for (arm, count) in counts.iter().enumerate() {
            let places: Vec<usize> = (0..order.len()).filter(|place| order[*place] == arm).collect();
            prop_assert_eq!(places.len(), *count);
            let mut since = 0;
            for place in places {
                prop_assert!(place < since + counts.len());
                since = place + 1;
            }
        }
    }

    #[test]
    fn biased_arms_that_are_ready_come_one_after_the_other(counts in prop::collection::vec(0_usize..9, 1..6)) {
        let mut events = Events::biased();
        for (arm, count) in counts.iter().enumerate() {
            events.on(stream::iter(0..*count), move |_| arm);
        }
        let order = block_on(events.collect::<Vec<_>>());
        prop_assert!(order.is_sorted() && order.len() == counts.iter().sum::<usize>());
    }
}
