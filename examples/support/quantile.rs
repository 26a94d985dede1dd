//! Turns many durations into the few that describe them.

use std::time::Duration;

/// The duration that `share` of all are no longer than: 0.5 is the median, 0.99 what one in a hundred exceeds.
///
/// Zero, if there are none.
///
/// ```
/// # use std::time::Duration;
/// let waits: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
/// assert_eq!(support::quantile::of(&waits, 0.99), Duration::from_millis(99));
/// ```
pub fn of(durations: &[Duration], share: f64) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Duration, of};

    #[test]
    fn a_quantile_is_one_of_the_durations() {
        let few: Vec<Duration> = [3, 1, 2].map(Duration::from_secs).to_vec();
        assert_eq!(of(&few, 0.5), Duration::from_secs(2));
        assert_eq!(of(&few, 0.99), Duration::from_secs(3));
        assert_eq!(of(&few, 0.0), Duration::from_secs(1));
        assert_eq!(of(&[], 0.5), Duration::ZERO);
    }
}
