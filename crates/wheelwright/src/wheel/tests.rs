//! Turns the wheel's promises into facts that are checked one by one.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use super::{FEW, TICK, TimerKey, TimerWheel};

#[cfg(test)]
mod oracle;

/// A waker that writes its number down when it is woken.
struct Numbered {
    number: usize,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Numbered {
    fn wake(self: Arc<Self>) {
        self.log.lock().unwrap().push(self.number);
    }
}

/// A wheel beside the log of its wakers.
struct Bench {
    wheel: TimerWheel,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Bench {
    fn new() -> Self {
        Self { wheel: TimerWheel::new(), log: Arc::default() }
    }

    fn waker(&self, number: usize) -> Waker {
        Waker::from(Arc::new(Numbered { number, log: Arc::clone(&self.log) }))
    }

    fn insert(&mut self, deadline: u64, number: usize) -> TimerKey {
        let waker = self.waker(number);
        self.wheel.insert(deadline, waker)
    }

    /// The numbers of the timers that fire at `now`.
    fn advance(&mut self, now: u64) -> Vec<usize> {
        let mut expired = Vec::new();
        self.wheel.advance(now, &mut expired);
        assert!(self.log.lock().unwrap().is_empty(), "the wheel wakes nobody itself");
        expired.into_iter().for_each(Waker::wake);
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    /// Advances from expiry to expiry until nothing is left: the moments, and who fired at each.
    fn run_out(&mut self) -> Vec<(u64, Vec<usize>)> {
        let mut moments = Vec::new();
        while let Some(now) = self.wheel.next_expiry() {
            moments.push((now, self.advance(now)));
            assert!(moments.len() < 1_000, "next_expiry comes to no end");
        }
        moments
    }
}

/// One distance for each level, and two beyond the last.
fn distances() -> impl Iterator<Item = u64> {
    (0..8).map(|level| 64_u64.pow(level).saturating_mul(3 * TICK) + 1)
}

#[test]
fn a_timer_is_never_early_and_less_than_a_tick_late() {
    for deadline in distances() {
        let mut bench = Bench::new();
        bench.insert(deadline, 7);
        assert_eq!(bench.advance(deadline - 1), []);
        assert_eq!(bench.advance(deadline.saturating_add(TICK - 1)), [7]);
        assert!(bench.wheel.is_empty());
    }
}

#[test]
fn a_deadline_on_a_tick_fires_at_that_very_tick() {
    let mut bench = Bench::new();
    bench.insert(5 * TICK, 0);
    assert_eq!(bench.advance(5 * TICK - 1), []);
    assert_eq!(bench.advance(5 * TICK), [0]);
}

#[test]
fn a_lone_timer_needs_one_look_however_far_it_is() {
    for deadline in distances().take(7) {
        let mut bench = Bench::new();
        bench.insert(deadline, 0);
        let moments = bench.run_out();
        assert_eq!(moments.len(), 1, "deadline {deadline}");
        assert_eq!(moments[0].0, deadline.next_multiple_of(TICK));
    }
}

#[test]
fn a_crowd_in_one_slot_cascades_at_most_five_times() {
    let deadline = 64_u64.pow(5) * 3 * TICK + 64_u64.pow(4) * 5 * TICK + 17 * TICK;
    let mut bench = Bench::new();
    let crowd: Vec<usize> = (0..FEW * 10).collect();
    crowd.iter().for_each(|number| _ = bench.insert(deadline, *number));
    let moments = bench.run_out();
    assert!(moments.len() <= 6, "{moments:?}");
    assert_eq!(moments.last(), Some(&(deadline, crowd)));
}

#[test]
fn a_crowd_at_the_very_edge_of_a_slot_is_on_time() {
    for level in 1..=6 {
        let deadline = 64_u64.pow(level) * TICK;
        let mut bench = Bench::new();
        (0..=FEW).for_each(|number| _ = bench.insert(deadline, number));
        assert_eq!(bench.run_out(), [(deadline, (0..=FEW).collect())]);
    }
}

#[test]
fn timers_beyond_the_last_level_come_back() {
    let range = 64_u64.pow(6) * TICK;
    let mut bench = Bench::new();
    bench.insert(range + 5 * TICK, 1);
    bench.insert(3 * range + 7, 3);
    bench.insert(range + 4 * TICK, 0);
    bench.insert(2 * range, 2);
    let fired: Vec<usize> = bench.run_out().into_iter().flat_map(|(_, numbers)| numbers).collect();
    assert_eq!(fired, [0, 1, 2, 3]);
}

#[test]
fn timers_of_one_tick_fire_by_deadline_then_by_insertion() {
    let mut bench = Bench::new();
    for (number, nanoseconds) in [900, 100, 500, 100, 900].into_iter().enumerate() {
        bench.insert(40 * TICK + nanoseconds, number);
    }
    // From here on the same tick is in another level's reach; the order must not depend on it.
    assert_eq!(bench.advance(39 * TICK), []);
    bench.insert(40 * TICK + 100, 5);
    assert_eq!(bench.advance(41 * TICK), [1, 3, 5, 2, 0, 4]);
}

#[test]
fn a_cascade_keeps_the_order_of_insertion() {
    let mut bench = Bench::new();
    let deadline = 64 * 64 * 2 * TICK;
    let crowd: Vec<usize> = (0..30).collect();
    for number in &crowd {
        bench.insert(deadline, *number);
        assert_eq!(bench.advance(*number as u64 * 270 * TICK), []);
    }
    assert_eq!(bench.advance(deadline), crowd);
}

#[test]
fn a_past_deadline_fires_at_the_next_look_even_at_the_same_time() {
    let mut bench = Bench::new();
    assert_eq!(bench.advance(10 * TICK), []);
    bench.insert(3 * TICK, 0);
    bench.insert(10 * TICK, 1);
    assert!(bench.wheel.next_expiry().unwrap() <= 10 * TICK);
    assert_eq!(bench.advance(10 * TICK), [0, 1]);
}

#[test]
fn time_that_goes_back_changes_nothing() {
    let mut bench = Bench::new();
    bench.insert(20 * TICK, 0);
    assert_eq!(bench.advance(10 * TICK), []);
    assert_eq!(bench.advance(2 * TICK), []);
    assert_eq!(bench.wheel.next_expiry(), Some(20 * TICK));
    assert_eq!(bench.advance(20 * TICK), [0]);
}

#[test]
fn a_deadline_at_the_end_of_time_is_accepted() {
    let mut bench = Bench::new();
    let key = bench.insert(u64::MAX, 0);
    assert_eq!(bench.wheel.next_expiry(), Some(u64::MAX));
    assert_eq!(bench.advance(u64::MAX - TICK), []);
    assert!(bench.wheel.cancel(key).is_some());
    assert_eq!(bench.wheel.next_expiry(), None);
}

#[test]
fn a_cancelled_timer_does_not_fire() {
    for deadline in distances() {
        let mut bench = Bench::new();
        let key = bench.insert(deadline, 0);
        assert!(bench.wheel.cancel(key).is_some());
        assert!(bench.wheel.cancel(key).is_none());
        assert!(bench.wheel.is_empty());
        assert_eq!(bench.wheel.next_expiry(), None);
        assert_eq!(bench.advance(u64::MAX), []);
    }
}

#[test]
fn cancelling_one_of_several_leaves_the_others() {
    for victim in 0..3 {
        let mut bench = Bench::new();
        let keys: Vec<TimerKey> = (0..3).map(|number| bench.insert(5 * TICK, number)).collect();
        assert!(bench.wheel.cancel(keys[victim]).is_some());
        assert_eq!(bench.wheel.len(), 2);
        let others: Vec<usize> = (0..3).filter(|number| *number != victim).collect();
        assert_eq!(bench.advance(5 * TICK), others);
    }
}

#[test]
fn an_entry_used_again_has_a_new_generation() {
    let mut bench = Bench::new();
    let old = bench.insert(TICK, 0);
    bench.advance(TICK);
    let new = bench.insert(2 * TICK, 1);
    assert_eq!(old.slot, new.slot, "entries are used again");
    assert!(bench.wheel.has_fired(old));
    assert!(!bench.wheel.has_fired(new));
    assert!(bench.wheel.waker(old).is_none());
    assert!(bench.wheel.cancel(old).is_none());
    assert_eq!(bench.advance(2 * TICK), [1]);
}

#[test]
fn a_timer_wakes_the_waker_it_was_given_last() {
    let mut bench = Bench::new();
    let key = bench.insert(TICK, 0);
    let other = bench.waker(1);
    assert!(!bench.wheel.waker(key).unwrap().will_wake(&other));
    assert!(bench.wheel.set_waker(key, other.clone()).is_some());
    assert!(bench.wheel.waker(key).unwrap().will_wake(&other));
    assert_eq!(bench.advance(TICK), [1]);
}

#[test]
fn a_stale_key_gives_the_new_waker_back() {
    let mut bench = Bench::new();
    let key = bench.insert(TICK, 0);
    bench.advance(TICK);
    let other = bench.waker(1);
    let returned = bench.wheel.set_waker(key, other.clone());
    assert!(returned.unwrap().will_wake(&other));
}

thread_local! {
    /// The wheel that `Reentrant` wakers use while they are dropped.
    static WHEEL: Rc<RefCell<TimerWheel>> = Rc::new(RefCell::new(TimerWheel::new()));
}

/// A waker that uses the wheel while it is dropped, which panics if the wheel is borrowed.
struct Reentrant;

impl Wake for Reentrant {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        WHEEL.with(|wheel| {
            let key = wheel.borrow_mut().insert(TICK, Waker::noop().clone());
            let waker = wheel.borrow_mut().cancel(key);
            assert!(waker.is_some());
        });
    }
}

#[test]
fn drop_of_a_waker_never_happens_inside_the_wheel() {
    let wheel = WHEEL.with(Rc::clone);
    let hostile = || Waker::from(Arc::new(Reentrant));
    let cancelled = wheel.borrow_mut().insert(TICK, hostile());
    let replaced = wheel.borrow_mut().insert(64 * TICK, hostile());
    wheel.borrow_mut().insert(64 * 64 * TICK, hostile());

    let waker = wheel.borrow_mut().cancel(cancelled);
    drop(waker);
    let waker = wheel.borrow_mut().set_waker(replaced, hostile());
    drop(waker);
    let waker = wheel.borrow_mut().set_waker(cancelled, hostile());
    drop(waker);
    let mut expired = Vec::new();
    wheel.borrow_mut().advance(64 * 64 * TICK, &mut expired);
    assert_eq!(expired.len(), 2);
    drop(expired);
    assert!(wheel.borrow().is_empty());
}
