//! Turns a try that failed into the time of the next one, or into giving up.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// How often one URL may be tried, and until when.
pub(crate) struct Backoff {
    retries: u32,
    /// No pause ends later.
    deadline: Instant,
}

impl Backoff {
    /// From the first try on, pauses may last for as long as all tries together could take.
    pub(crate) fn new(begun: Instant, timeout: Duration, retries: u32) -> Self {
        Self { retries, deadline: begun + timeout.saturating_mul(retries.saturating_add(1)) }
    }

    /// How long to wait after so many tries; `None` if there should be no further one.
    pub(crate) fn pause(&self, now: Instant, attempts: u32) -> Option<Duration> {
        let pause = jittered(attempts, random());
        (attempts <= self.retries && now + pause < self.deadline).then_some(pause)
    }
}

/// Full jitter: anything from nothing to a bound that doubles with each try, so that those who failed together do not come
/// back together.
fn jittered(attempts: u32, random: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST).mul_f64(random)
}

/// From 0 up to 1: the standard library seeds each of its hashers anew.
fn random() -> f64 {
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration, Instant, jittered, random};

    #[test]
    fn the_bound_of_the_pause_doubles_up_to_a_limit() {
        let bounds = [1, 2, 3, 4].map(|attempts| jittered(attempts, 1.0).as_millis());
        assert_eq!(bounds, [100, 200, 400, 800]);
        assert_eq!(jittered(u32::MAX, 1.0), Duration::from_secs(10));
        assert_eq!(jittered(3, 0.25), Duration::from_millis(100));
    }

    #[test]
    fn pauses_differ() {
        let some: Vec<f64> = (0..8).map(|_| random()).collect();
        assert!(some.iter().all(|random| (0.0..1.0).contains(random)) && some.iter().any(|random| *random != some[0]));
    }

    #[test]
    fn there_are_as_many_tries_as_allowed_and_none_beyond_the_deadline() {
        let now = Instant::now();
        let backoff = Backoff::new(now, Duration::from_secs(10), 2);
        assert_eq!(backoff.deadline, now + Duration::from_secs(30));
        assert!(backoff.pause(now, 1).is_some() && backoff.pause(now, 2).is_some());
        assert!(backoff.pause(now, 3).is_none(), "the first try and two more are three");
        assert!(backoff.pause(backoff.deadline, 1).is_none());
        assert!(Backoff::new(now, Duration::from_secs(10), 0).pause(now, 1).is_none());
    }
}
