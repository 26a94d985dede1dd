//! Turns the wait list's promises into facts that are checked, one by one and against a naive oracle.

use std::collections::VecDeque;
use std::task::Waker;

use proptest::prelude::*;

use super::{WaitKey, WaitList};
use crate::test_waker::CountingWaker;

fn push(list: &mut WaitList<usize>, wants: usize) -> WaitKey {
    list.push_back(wants, Waker::noop().clone())
}

fn drain(list: &mut WaitList<usize>) -> Vec<usize> {
    std::iter::from_fn(|| list.pop_front()).map(|waiter| waiter.wants).collect()
}

#[test]
fn who_came_first_leaves_first() {
    let mut list = WaitList::new();
    (0..4).for_each(|wants| _ = push(&mut list, wants));
    assert_eq!(list.len(), 4);
    assert_eq!(drain(&mut list), [0, 1, 2, 3]);
    assert!(list.is_empty());
}

#[test]
fn the_first_stays_if_it_does_not_pass_the_test() {
    let mut list = WaitList::new();
    (0..2).for_each(|wants| _ = push(&mut list, wants));
    assert!(list.pop_front_if(|wants| *wants == 1).is_none(), "the second is not asked");
    assert_eq!(list.pop_front_if(|wants| *wants == 0).map(|waiter| waiter.wants), Some(0));
    assert_eq!(drain(&mut list), [1]);
}

#[test]
fn leaving_the_queue_keeps_the_order_of_the_others() {
    for victim in 0..4 {
        let mut list = WaitList::new();
        let keys: Vec<WaitKey> = (0..4).map(|wants| push(&mut list, wants)).collect();
        assert_eq!(list.remove(keys[victim]).map(|waiter| waiter.wants), Some(victim));
        push(&mut list, 4);
        let others: Vec<usize> = (0..5).filter(|wants| *wants != victim).collect();
        assert_eq!(drain(&mut list), others);
    }
}

#[test]
fn a_key_is_stale_for_ever_once_its_wait_is_over() {
    let mut list = WaitList::new();
    let old = push(&mut list, 0);
    list.pop_front();
    let new = push(&mut list, 1);
    assert_eq!(old.node, new.node, "nodes are used again");
    assert!(!list.is_waiting(old));
    assert!(list.remove(old).is_none());
    assert!(list.waker(old).is_none());
    assert!(list.is_waiting(new));
}

#[test]
fn a_waiter_is_woken_through_the_waker_it_left_last() {
    let mut list = WaitList::new();
    let (first, first_count) = CountingWaker::new();
    let (second, second_count) = CountingWaker::new();
    let key = list.push_back((), first);
    let unneeded = list.replace_waker(key, second);
    unneeded.wake();
    assert_eq!((first_count.wakes(), second_count.wakes()), (1, 0));
    list.pop_front().expect("one waits").waker.wake();
    assert_eq!((first_count.wakes(), second_count.wakes()), (1, 1));
}

#[test]
fn a_stale_key_gives_the_new_waker_back() {
    let mut list = WaitList::new();
    let key = push(&mut list, 0);
    list.pop_front();
    let (waker, _count) = CountingWaker::new();
    assert!(list.replace_waker(key, waker.clone()).will_wake(&waker));
}

#[derive(Clone, Debug)]
enum Step {
    Push,
    Pop,
    Remove(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => Just(Step::Push), 2 => Just(Step::Pop), 2 => any::<prop::sample::Index>().prop_map(Step::Remove)]
}

proptest! {
    #[test]
    fn the_list_does_what_a_naive_queue_does(steps in prop::collection::vec(step(), 1..200)) {
        let mut list = WaitList::new();
        let mut oracle: VecDeque<usize> = VecDeque::new();
        let mut keys: Vec<(WaitKey, usize)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push => {
                    keys.push((push(&mut list, number), number));
                    oracle.push_back(number);
                }
                Step::Pop => prop_assert_eq!(list.pop_front().map(|waiter| waiter.wants), oracle.pop_front()),
                Step::Remove(index) if !keys.is_empty() => {
                    let (key, number) = keys[index.index(keys.len())];
                    let place = oracle.iter().position(|waiting| *waiting == number);
                    let expected = place.and_then(|place| oracle.remove(place));
                    prop_assert_eq!(list.remove(key).map(|waiter| waiter.wants), expected);
                }
                Step::Remove(_) => {}
            }
            prop_assert_eq!(list.len(), oracle.len());
            for (key, number) in &keys {
                prop_assert_eq!(list.is_waiting(*key), oracle.contains(number));
            }
        }
        prop_assert_eq!(drain(&mut list), Vec::from(oracle));
    }
}
