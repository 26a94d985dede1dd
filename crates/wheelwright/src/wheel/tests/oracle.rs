//! Turns random operations into a comparison of the wheel with a sorted map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Bench;
use crate::wheel::{TICK, TimerKey};

#[derive(Clone, Debug)]
enum Step {
    Insert { distance: u64, past: bool },
    Cancel(prop::sample::Index),
    SetWaker(prop::sample::Index),
    Advance(u64),
    AdvanceToNextExpiry,
}

/// Nanoseconds of every size, from a part of a tick to several times the range of the wheel.
fn distance() -> impl Strategy<Value = u64> {
    (0..58_u32, any::<u64>()).prop_map(|(bits, seed)| seed % (1 << bits)).prop_map(|distance| {
        // Half of them on a tick, so that many share one.
        if distance % 2 == 0 { distance / TICK * TICK } else { distance }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (distance(), prop::bool::weighted(0.1)).prop_map(|(distance, past)| Step::Insert { distance, past }),
        2 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        1 => any::<prop::sample::Index>().prop_map(Step::SetWaker),
        2 => distance().prop_map(Step::Advance),
        2 => Just(Step::AdvanceToNextExpiry),
    ]
}

/// The same timers in a sorted map.
#[derive(Default)]
struct Oracle {
    /// By deadline, then by order of insertion: what the waker of the timer says.
    timers: BTreeMap<(u64, usize), usize>,
    now: u64,
}

impl Oracle {
    fn advance(&mut self, now: u64) -> Vec<usize> {
        self.now = self.now.max(now);
        let tick = self.now / TICK * TICK;
        let later = self.timers.split_off(&(tick + 1, 0));
        std::mem::replace(&mut self.timers, later).into_values().collect()
    }
}

/// The wheel and the oracle, side by side.
struct Both {
    bench: Bench,
    oracle: Oracle,
    /// Every timer there ever was, by its key here and by its key there.
    timers: Vec<(TimerKey, (u64, usize))>,
}

impl Both {
    fn take(&mut self, step: Step, number: usize) -> Result<(), TestCaseError> {
        let (bench, oracle) = (&mut self.bench, &mut self.oracle);
        match step {
            Step::Insert { distance, past } => {
                let deadline = if past { oracle.now.saturating_sub(distance) } else { oracle.now + distance };
                self.timers.push((bench.insert(deadline, number), (deadline, number)));
                oracle.timers.insert((deadline, number), number);
            }
            Step::Cancel(index) if !self.timers.is_empty() => {
                let (key, timer) = self.timers[index.index(self.timers.len())];
                prop_assert_eq!(bench.wheel.cancel(key).is_some(), oracle.timers.remove(&timer).is_some());
            }
            Step::SetWaker(index) if !self.timers.is_empty() => {
                let (key, timer) = self.timers[index.index(self.timers.len())];
                let waker = bench.waker(number);
                let returned = bench.wheel.set_waker(key, waker.clone()).expect("one waker is always left over");
                let live = oracle.timers.get_mut(&timer).map(|says| *says = number).is_some();
                prop_assert_eq!(returned.will_wake(&waker), !live);
            }
            Step::Advance(distance) => {
                let now = oracle.now + distance;
                prop_assert_eq!(bench.advance(now), oracle.advance(now));
            }
            Step::AdvanceToNextExpiry => {
                let now = bench.wheel.next_expiry().unwrap_or(oracle.now);
                prop_assert_eq!(bench.advance(now), oracle.advance(now));
            }
            Step::Cancel(_) | Step::SetWaker(_) => {}
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let (wheel, oracle) = (&self.bench.wheel, &self.oracle);
        prop_assert_eq!(wheel.len(), oracle.timers.len());
        for (key, timer) in &self.timers {
            prop_assert_eq!(wheel.has_fired(*key), !oracle.timers.contains_key(timer));
        }
        let first = oracle.timers.keys().next().map(|(deadline, _)| deadline.next_multiple_of(TICK));
        prop_assert_eq!(wheel.next_expiry().is_some(), first.is_some());
        prop_assert!(wheel.next_expiry() <= first.map(|first| first.max(oracle.now / TICK * TICK)));
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_wheel_does_what_a_sorted_map_does(steps in prop::collection::vec(step(), 1..200)) {
        let mut both = Both { bench: Bench::new(), oracle: Oracle::default(), timers: Vec::new() };
        for (number, step) in steps.into_iter().enumerate() {
            both.take(step, number)?;
            both.compare()?;
        }
        let left: Vec<usize> = both.bench.run_out().into_iter().flat_map(|(_, numbers)| numbers).collect();
        prop_assert_eq!(left, both.oracle.advance(u64::MAX));
    }
}
