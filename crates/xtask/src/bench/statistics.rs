//! Turns repeated figures into a median with its quartiles, and two peers into first, second or tie.

/// The middle of some figures, and the two quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
}

impl Spread {
    /// The quartiles, interpolated between the figures on both sides.
    ///
    /// # Panics
    ///
    /// Panics if there are no figures.
    pub(super) fn of(figures: impl Iterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = figures.collect();
        sorted.sort_by(f64::total_cmp);
        let quantile = |part: f64| {
            let place = part * (sorted.len() - 1) as f64;
            let (below, above) = (place.floor() as usize, place.ceil() as usize);
            sorted[below] + (sorted[above] - sorted[below]) * place.fract()
        };
        Spread { low: quantile(0.25), median: quantile(0.5), high: quantile(0.75) }
    }

    /// For a ratio: whether its spread lies on both sides of one.
    pub(super) fn is_tie(self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn quartiles_stand_between_the_figures_in_order() {
        let spread = Spread::of([5.0, 1.0, 3.0, 2.0, 4.0].into_iter());
        assert_eq!(spread, Spread { low: 2.0, median: 3.0, high: 4.0 });
        let even = Spread::of([1.0, 2.0, 3.0, 4.0].into_iter());
        assert_eq!(even, Spread { low: 1.75, median: 2.5, high: 3.25 });
        assert_eq!(Spread::of([7.0].into_iter()), Spread { low: 7.0, median: 7.0, high: 7.0 });
    }

    #[test]
    fn a_ratio_whose_spread_holds_one_is_a_tie() {
        assert!(Spread { low: 0.98, median: 0.99, high: 1.01 }.is_tie());
        assert!(!Spread { low: 0.95, median: 0.97, high: 0.99 }.is_tie());
    }
}
